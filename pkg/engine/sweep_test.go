package engine

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// TestSweep removes what kills leave behind, and nothing else.
func TestSweep(t *testing.T) {
	s := newStore(t)
	old, fresh := time.Now().Add(-time.Hour), time.Now()
	stacks, locks := filepath.Join(s.dir, ".pulumi/stacks/proj"), filepath.Join(s.dir, ".pulumi/locks/organization/proj/dev")
	files := map[string]struct {
		content string
		when    time.Time
		stays   bool
	}{
		filepath.Join(stacks, "dev.json"):                {"{}", old, true},
		filepath.Join(stacks, "dev.json.attrs"):          {"", old, false},
		filepath.Join(stacks, "dev.json.bak.attrs"):      {`{"user.ca`, old, false},
		filepath.Join(stacks, "dev.json.gz.attrs"):       {`{"user.cache_control":""}`, old, true},
		filepath.Join(stacks, "dev.json.18ab.tmp"):       {"{", old, false},
		filepath.Join(stacks, "dev.json.18ac.tmp"):       {"{", fresh, true},
		filepath.Join(stacks, "other.json.attrs"):        {"", old, true},
		filepath.Join(locks, "0001.json.18ab.tmp"):       {"", old, false},
		filepath.Join(locks, "0002.json.attrs"):          {"", old, false},
		filepath.Join(locks, "0003.json.18ab.tmp"):       {"", fresh, true},
		filepath.Join(locks, "..", "dev2", "a.json.tmp"): {"", old, true},
	}
	for name, f := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(f.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, f.when, f.when); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.sweep(); err != nil {
		t.Fatal(err)
	}
	for name, f := range files {
		if _, err := os.Stat(name); (err == nil) != f.stays {
			t.Errorf("%s: %v, want it to stay: %t", name, err, f.stays)
		}
	}
	// A write of a lock that was cut off locks nobody out.
	h, err := s.acquire(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestNoSidecars: what this package writes has none, which a kill could damage.
func TestNoSidecars(t *testing.T) {
	s := newStore(t)
	b, err := openBackend(t.Context(), "file://"+s.dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := b.ParseStackReference("organization/proj/dev")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.CreateStack(t.Context(), ref, s.dir, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.writeCheckpoint(t.Context(), s.base()+".json", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	h, err := s.acquire(t.Context(), func(infra.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.release(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(s.dir, func(name string, _ os.DirEntry, err error) error {
		if filepath.Ext(name) == sidecarExt && filepath.Base(name) != "meta.yaml.attrs" {
			t.Errorf("a sidecar: %s", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
