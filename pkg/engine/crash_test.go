package engine_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
)

// childState tells the test binary, started again, to be the process that dies.
const childState = "ENGINE_TEST_CHILD_STATE"

func TestMain(m *testing.M) {
	for variable, be := range map[string]func(state string) error{childState: child, quietState: quietLife, contendState: contend, pluginMark: plugin, applyPanicState: applyPanic} {
		state := os.Getenv(variable)
		if state == "" {
			continue
		}
		if err := be(state); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child makes resources one after another and tells of each on standard
// output. The last one named hangs until the process is killed.
func child(state string) error {
	n := 0
	p := &testprovider.Provider{Hooks: testprovider.Hooks{
		Create: func(ctx context.Context, _ map[string]any) error {
			n++
			fmt.Println("creating", n)
			if n == 8 {
				<-ctx.Done()
			}
			return nil
		},
	}}
	s, err := engine.New().Open(context.Background(), specOn(state, p, testprovider.Many(10, "x")))
	if err != nil {
		return err
	}
	_, err = s.Run(context.Background(), infra.Operation{Verb: infra.VerbUp, Parallel: 1})
	return err
}

// crash starts the child on state and kills it in the middle of its eighth creation.
func crash(t *testing.T, state string) (pid int) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childState+"="+state)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasSuffix(lines.Text(), "creating 8") {
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	return cmd.Process.Pid
}

func TestKillLosesNoFinishedStep(t *testing.T) {
	s := spec(t, &testprovider.Provider{}, testprovider.Many(10, "x"))
	pid := crash(t, s.State)
	journal := filepath.Join(strings.TrimPrefix(s.State, "file://"), ".pulumi", "stacks", "proj", "dev.journal")
	if _, err := os.Stat(journal); err != nil {
		t.Fatalf("no journal: %v", err)
	}

	stack := open(t, s)
	check := func(when string) {
		t.Helper()
		urns, pending := stateURNs(t, stack)
		want(t, when+": finished resources", len(urns), 7)
		want(t, when+": pending operations", pending, 1)
	}
	check("folded as it was opened")
	if _, err := os.Stat(journal); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the journal is still there: %v", err)
	}
	var told []infra.Event
	_, err := stack.Run(t.Context(), infra.Operation{Verb: infra.VerbRefresh, Notify: func(e infra.Event) { told = append(told, e) }})
	if err != nil {
		t.Fatal(err)
	}
	took := slices.IndexFunc(told, func(e infra.Event) bool {
		l, ok := e.(infra.LockTakenOver)
		return ok && l.Owner.PID == pid
	})
	if took < 0 {
		t.Errorf("told %v, want that the lock of process %d was taken over", told, pid)
	}
	run(t, stack, infra.VerbUp)
	urns, _ := stateURNs(t, stack)
	slices.Sort(urns)
	for i := range 10 {
		if !slices.Contains(urns, "thing-"+strconv.Itoa(i)) {
			t.Errorf("thing-%d is missing", i)
		}
	}
}

// TestFoldMayBeCutOff ends the fold of a crashed operation at each of its
// steps and continues from there.
func TestFoldMayBeCutOff(t *testing.T) {
	template := spec(t, &testprovider.Provider{}, testprovider.Many(10, "x"))
	crash(t, template.State)
	dir := strings.TrimPrefix(template.State, "file://")
	stacks := filepath.Join(".pulumi", "stacks", "proj")
	read := func(dir, name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, stacks, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	write := func(dir, name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, stacks, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	journal, base := read(dir, "dev.journal"), read(dir, "dev.json")

	cancelled := func(s infra.EngineSpec) infra.EngineStack {
		stack := open(t, s)
		if err := stack.Cancel(t.Context()); err != nil {
			t.Fatal(err)
		}
		return stack
	}
	check := func(stack infra.EngineStack, finished int) {
		t.Helper()
		urns, _ := stateURNs(t, stack)
		want(t, "finished resources", len(urns), finished)
	}

	t.Run("last line cut off", func(t *testing.T) {
		s := template
		s.State = "file://" + copyDir(t, dir)
		write(strings.TrimPrefix(s.State, "file://"), "dev.journal", append(slices.Clone(journal), `{"version":1,"ki`...))
		check(cancelled(s), 7)
	})
	t.Run("checkpoint written, journal left", func(t *testing.T) {
		s := template
		s.State = "file://" + copyDir(t, dir)
		to := strings.TrimPrefix(s.State, "file://")
		check(cancelled(s), 7)
		// Put back what the journal was after it had been marked.
		done := read(to, "dev.json")
		write(to, "dev.journal", append(slices.Clone(journal), fmt.Sprintf("{\"folded\":%q}\n", sha(done))...))
		check(cancelled(s), 7)
	})
	t.Run("marked, checkpoint not written", func(t *testing.T) {
		s := template
		s.State = "file://" + copyDir(t, dir)
		to := strings.TrimPrefix(s.State, "file://")
		write(to, "dev.journal", append(slices.Clone(journal), "{\"folded\":\"00\"}\n"...))
		check(cancelled(s), 7)
	})
	t.Run("killed before the first line", func(t *testing.T) {
		s := template
		s.State = "file://" + copyDir(t, dir)
		write(strings.TrimPrefix(s.State, "file://"), "dev.journal", nil)
		stack := cancelled(s)
		check(stack, 0)
		run(t, stack, infra.VerbUp)
		check(stack, 10)
	})
	t.Run("state changed by another tool", func(t *testing.T) {
		s := template
		s.State = "file://" + copyDir(t, dir)
		to := strings.TrimPrefix(s.State, "file://")
		write(to, "dev.json", append(slices.Clone(base), '\n'))
		stack := cancelled(s)
		check(stack, 0)
		var warned bool
		_, err := stack.Run(t.Context(), infra.Operation{Verb: infra.VerbUp, Events: func(e apitype.EngineEvent) {
			d := e.DiagnosticEvent
			warned = warned || d != nil && d.Severity == "warning" && strings.Contains(d.Message, "dev.journal-")
		}})
		if err != nil || !warned {
			t.Errorf("warned %t, %v", warned, err)
		}
		aside, err := filepath.Glob(filepath.Join(to, stacks, "dev.journal-*"))
		if err != nil || len(aside) != 1 {
			t.Errorf("journals set aside: %v, %v", aside, err)
		}
	})
}

func copyDir(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "state")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

func sha(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
