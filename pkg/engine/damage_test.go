package engine_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
)

// TestDamagedState refuses a state that was cut off or overwritten, names the
// last good one, and takes it when asked to.
func TestDamagedState(t *testing.T) {
	for name, harm := range map[string]func(whole []byte) []byte{
		"empty":     func([]byte) []byte { return nil },
		"truncated": func(whole []byte) []byte { return whole[:len(whole)/2] },
		"last byte": func(whole []byte) []byte { return whole[:len(whole)-2] },
		"zeroes":    func(whole []byte) []byte { return make([]byte, len(whole)) },
		"other":     func([]byte) []byte { return []byte(`{"version": 99}`) },
		"unsound":   func(whole []byte) []byte { return bytes.ReplaceAll(whole, []byte(parent), []byte(missing)) },
	} {
		t.Run(name, func(t *testing.T) {
			p := &testprovider.Provider{}
			s := spec(t, p, testprovider.Many(3, "x"))
			run(t, open(t, s), infra.VerbUp)
			s.Program = testprovider.Many(5, "x")
			run(t, open(t, s), infra.VerbUp)
			file := filepath.Join(strings.TrimPrefix(s.State, "file://"), ".pulumi", "stacks", "proj", "dev.json")
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			harmed := harm(whole)
			if err := os.WriteFile(file, harmed, 0o600); err != nil {
				t.Fatal(err)
			}
			// A copy that is no better is passed over.
			copied := filepath.Join(strings.TrimPrefix(s.State, "file://"), ".pulumi", "backups", "proj", "dev", "dev.9.json")
			if err := os.WriteFile(copied, harmed, 0o600); err != nil {
				t.Fatal(err)
			}
			stack, err := engine.New().Open(t.Context(), s)
			// What can be read is opened, so that it can be mended by hand.
			want(t, "it was opened", err == nil, name == "unsound")
			if err == nil {
				defer stack.Close()
				if _, err = stack.Run(t.Context(), infra.Operation{Verb: infra.VerbPreview}); !errors.As(err, new(*infra.DamagedStateError)) {
					t.Errorf("the preview got %v", err)
				}
				if err = stack.(infra.Repairer).Repair(t.Context(), infra.Repair{}, nil); err == nil {
					t.Error("there was nothing to repair")
				}
				_, err = stack.Run(t.Context(), infra.Operation{Verb: infra.VerbUp})
			}
			var damage *infra.DamagedStateError
			if !errors.As(err, &damage) || damage.LastGood == "" || damage.Taken.IsZero() || !strings.Contains(err.Error(), "--restore-state") {
				t.Fatalf("got %v, want a DamagedStateError that offers the last good state", err)
			}
			now, err := os.ReadFile(file)
			if err != nil || string(now) != string(harmed) {
				t.Errorf("the damaged state was touched: %v", err)
			}
			s.RestoreState = true
			stack = open(t, s)
			urns, _ := stateURNs(t, stack)
			want(t, "resources in the restored state", len(urns), 5)
			var told []infra.Event
			if _, err := stack.Run(t.Context(), infra.Operation{Verb: infra.VerbUp, Notify: func(e infra.Event) { told = append(told, e) }}); err != nil {
				t.Fatal(err)
			}
			want(t, "things made in all", p.Creates.Load(), int64(5))
			restored, ok := told[0].(infra.StateRestored)
			if !ok {
				t.Fatalf("told %v", told)
			}
			kept, err := os.ReadFile(filepath.Join(strings.TrimPrefix(s.State, "file://"), filepath.FromSlash(restored.Damaged)))
			if err != nil || string(kept) != string(harmed) {
				t.Errorf("the damaged state was not kept: %v", err)
			}
		})
	}
	t.Run("no copy", func(t *testing.T) {
		s := spec(t, &testprovider.Provider{}, testprovider.Many(1, "x"))
		open(t, s)
		dir := strings.TrimPrefix(s.State, "file://")
		if err := os.WriteFile(filepath.Join(dir, ".pulumi", "stacks", "proj", "dev.json"), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		s.RestoreState = true
		_, err := engine.New().Open(t.Context(), s)
		var damage *infra.DamagedStateError
		if !errors.As(err, &damage) || damage.LastGood != "" {
			t.Errorf("got %v", err)
		}
	})
}

// parent is what a checkpoint says of a resource's parent, missing the same of one
// that is not there.
const (
	parent  = `"parent":"urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev"`
	missing = `"parent":"urn:pulumi:dev::proj::pulumi:pulumi:Stack::missing"`
)

// TestUnsoundStateIsMendedByHand exports a state that is not sound, and imports it
// again when it is.
func TestUnsoundStateIsMendedByHand(t *testing.T) {
	s := spec(t, &testprovider.Provider{}, testprovider.Many(3, "x"))
	run(t, open(t, s), infra.VerbUp)
	file := filepath.Join(strings.TrimPrefix(s.State, "file://"), ".pulumi", "stacks", "proj", "dev.json")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.ReplaceAll(whole, []byte(parent), []byte(missing)), 0o600); err != nil {
		t.Fatal(err)
	}
	stack := open(t, s)
	exported, err := stack.Export(t.Context())
	if err != nil || !bytes.Contains(exported.Deployment, []byte(missing)) {
		t.Fatalf("exported %s, %v", exported.Deployment, err)
	}
	exported.Deployment = bytes.ReplaceAll(exported.Deployment, []byte(missing), []byte(parent))
	if err := stack.Import(t.Context(), exported); err != nil {
		t.Fatal(err)
	}
	want(t, "resources without a change", run(t, stack, infra.VerbUp).Changes[apitype.OpSame], 4)
}

// TestDamagedJournal breaks a line in the middle of what a crash left. The stack is
// refused until the journal may be set aside; what stands before the line is kept.
func TestDamagedJournal(t *testing.T) {
	s := spec(t, &testprovider.Provider{}, testprovider.Many(10, "x"))
	crash(t, s.State)
	dir := strings.TrimPrefix(s.State, "file://")
	file := filepath.Join(dir, ".pulumi", "stacks", "proj", "dev.journal")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	middle := len(lines) / 2
	lines[middle] = append(lines[middle][:len(lines[middle])/2:len(lines[middle])/2], '\n')
	broken := bytes.Join(lines, nil)
	if err := os.WriteFile(file, broken, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = engine.New().Open(t.Context(), s)
	var damage *infra.DamagedStateError
	if !errors.As(err, &damage) || damage.LastGood != ".pulumi/stacks/proj/dev.json" || damage.Taken.IsZero() || !strings.Contains(err.Error(), "dev.journal") {
		t.Fatalf("got %v, want a DamagedStateError that names the journal", err)
	}
	if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, broken) {
		t.Errorf("the journal was touched: %v", err)
	}
	s.RestoreState = true
	stack := open(t, s)
	if urns, _ := stateURNs(t, stack); len(urns) == 0 || len(urns) >= 7 {
		t.Errorf("the restored state has %d things, want those of the first half of the journal", len(urns))
	}
	var told []infra.Event
	if _, err := stack.Run(t.Context(), infra.Operation{Verb: infra.VerbUp, Notify: func(e infra.Event) { told = append(told, e) }}); err != nil {
		t.Fatal(err)
	}
	urns, pending := stateURNs(t, stack)
	want(t, "resources in the end", len(urns), 10)
	want(t, "pending operations", pending, 0)
	var restored infra.StateRestored
	for _, e := range told {
		if r, ok := e.(infra.StateRestored); ok {
			restored = r
		}
	}
	if kept, err := os.ReadFile(restored.Damaged); err != nil || !bytes.Equal(kept, broken) {
		t.Errorf("the journal was not kept, told %v: %v", told, err)
	}
}

// smallDisk mounts a disk of this size; more gives it more room.
func smallDisk(t *testing.T, size string) (dir string, more func(size string)) {
	t.Helper()
	dir = t.TempDir()
	mount(t, "tmpfs", dir, "size="+size)
	return dir, func(size string) { mount(t, "", dir, "remount,size="+size) }
}

// TestFullDisk fills the disk at different moments of an operation. It fails
// with the reason, and once there is room again the next one goes on: no thing
// that was made is forgotten.
func TestFullDisk(t *testing.T) {
	for _, size := range []string{"96k", "256k", "512k", "900k"} {
		t.Run(size, func(t *testing.T) {
			dir, more := smallDisk(t, size)
			p := &testprovider.Provider{}
			s := spec(t, p, testprovider.Many(40, strings.Repeat("x", 30_000)))
			s.State = "file://" + dir
			stack, err := engine.New().Open(t.Context(), s)
			if err == nil {
				_, err = stack.Run(t.Context(), infra.Operation{Verb: infra.VerbUp, Parallel: 1})
				stack.Close()
			}
			if err == nil || !strings.Contains(err.Error(), "no space left on device") {
				t.Fatalf("got %v, want the full disk named", err)
			}
			before := p.Creates.Load()
			more("64m")
			stack = open(t, s)
			urns, pending := stateURNs(t, stack)
			if int64(len(urns)+pending) < before {
				t.Errorf("%d things were made, the state knows of %d and %d open steps", before, len(urns), pending)
			}
			run(t, stack, infra.VerbUp)
			urns, pending = stateURNs(t, stack)
			want(t, "resources in the end", len(urns), 40)
			want(t, "pending operations", pending, 0)
			t.Logf("%s: the disk was full after %d of 40", size, before)
		})
	}
}
