package engine_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
			_, err = engine.New().Open(t.Context(), s)
			var damage *infra.DamagedStateError
			if !errors.As(err, &damage) || damage.LastGood == "" || damage.Taken.IsZero() || !strings.Contains(err.Error(), "--restore-state") {
				t.Fatalf("got %v, want a DamagedStateError that offers the last good state", err)
			}
			now, err := os.ReadFile(file)
			if err != nil || string(now) != string(harmed) {
				t.Errorf("the damaged state was touched: %v", err)
			}
			s.RestoreState = true
			stack := open(t, s)
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
