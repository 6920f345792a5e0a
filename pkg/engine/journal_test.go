package engine

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	pulumi "github.com/pulumi/pulumi/pkg/v3/engine"
	pkgresource "github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/pkg/v3/secrets/b64"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"gocloud.dev/blob/memblob"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// fillingFile is on a disk that takes half of one write and then has room again.
type fillingFile struct {
	*os.File
	full             bool // the next write is cut off
	keeps            bool // and what it left can't be removed then
	entered, release chan struct{}
}

func (f *fillingFile) Write(p []byte) (int, error) {
	if !f.full {
		return f.File.Write(p)
	}
	f.full = false
	close(f.entered)
	<-f.release
	n, err := f.File.Write(p[:len(p)/2])
	return n, errors.Join(err, syscall.ENOSPC)
}

func (f *fillingFile) Truncate(size int64) error {
	if f.keeps {
		f.keeps = false
		return syscall.EIO
	}
	return f.File.Truncate(size)
}

func began(n int64) pulumi.JournalEntry {
	return pulumi.JournalEntry{Kind: pulumi.JournalEntryBegin, SequenceID: n, OperationID: n, Operation: &pkgresource.Operation{
		Type:     pkgresource.OperationTypeCreating,
		Resource: &pkgresource.State{Type: tokens.Type("a:b:C"), URN: "urn:pulumi:dev::proj::a:b:C::x", Custom: true},
	}}
}

// TestJournalOfAFullDisk has a write cut off while the next steps wait behind it.
// None of them is called safe, and the journal can be read and ended all the same.
func TestJournalOfAFullDisk(t *testing.T) {
	for _, c := range []struct {
		name   string
		before int // steps that are safe
		keeps  bool
	}{
		{"first write", 0, false},
		{"later write", 1, false},
		{"half a line stays for a while", 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "dev.journal")
			f, err := createJournal(name)
			if err != nil {
				t.Fatal(err)
			}
			disk := &fillingFile{File: f, keeps: c.keeps, entered: make(chan struct{}), release: make(chan struct{})}
			j := newJournal(t.Context(), b64.NewBase64SecretsManager(), "00", func() (medium, error) { return &fileMedium{f: disk}, nil })
			for n := range c.before {
				if err := j.AddJournalEntry(began(int64(n + 1))); err != nil {
					t.Fatal(err)
				}
			}
			disk.full = true
			told := make(chan error)
			go func() { told <- j.AddJournalEntry(began(11)) }()
			<-disk.entered
			go func() { told <- j.AddJournalEntry(began(12)) }()
			for queued := 0; queued == 0; runtime.Gosched() {
				j.mu.Lock()
				queued = len(j.waiting)
				j.mu.Unlock()
			}
			close(disk.release)
			for range 2 {
				if err := <-told; !errors.Is(err, syscall.ENOSPC) {
					t.Errorf("a step behind the cut was told %v", err)
				}
			}
			if err := j.AddJournalEntry(began(13)); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("a step after the cut was told %v", err)
			}
			if err := j.Close(); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("the journal ended with %v", err)
			}
			if err := markFolded(j.append, []byte("checkpoint")); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			head, entries, folded, err := parseJournal(data)
			if err != nil || head.Base != "00" || len(entries) != c.before || folded != digest([]byte("checkpoint")) {
				t.Errorf("got %+v, %d entries, folded %q, %v from:\n%s", head, len(entries), folded, err, data)
			}
		})
	}
}

// TestBatchThatFailedLeavesNoGap writes a batch anew under the number that failed.
func TestBatchThatFailedLeavesNoGap(t *testing.T) {
	s := &store{bucket: memblob.OpenBucket(nil), ref: infra.Ref{Project: "proj", Stack: "dev"}}
	defer s.Close()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	m := &bucketMedium{ctx: gone, store: s}
	if err := m.append([]byte("lost\n")); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	m.ctx = t.Context()
	for _, line := range []string{"one\n", "two\n"} {
		if err := m.append([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	data, err := s.readJournal(t.Context())
	if err != nil || !bytes.Equal(data, []byte("one\ntwo\n")) {
		t.Errorf("got %q, %v", data, err)
	}
}
