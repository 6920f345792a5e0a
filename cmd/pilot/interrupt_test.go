package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// heard is a buffer that may be read while a process writes to it.
type heard struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.String()
}

// running is a pilot process on a simulated cloud of its own.
type running struct {
	*exec.Cmd
	said heard
	t    *testing.T
}

// start runs this test binary as pilot. latency is the share of their typical
// time that the simulated cloud's calls take.
func start(t *testing.T, home, latency string, args ...string) *running {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// Started by this name, the test binary is pilot.
	pilot := filepath.Join(t.TempDir(), "pilot")
	if err := os.Symlink(exe, pilot); err != nil {
		t.Fatal(err)
	}
	r := &running{Cmd: exec.Command(pilot, args...), t: t}
	r.Env = append(os.Environ(), "PILOT_HOME="+home, envSimulatedLatency+"="+latency, "NO_COLOR=1")
	r.Dir = t.TempDir()
	r.Stdout, r.Stderr = &r.said, &r.said
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Process.Kill() })
	return r
}

// until waits for words in what the process says.
func (r *running) until(words string) {
	r.t.Helper()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(r.said.String(), words); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("pilot did not say %q within a minute, but:\n%s", words, r.said.String())
		}
	}
}

// ends waits for the process's end and gives its exit code.
func (r *running) ends() int {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 2*time.Minute)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = r.Process.Kill() })()
	var exit *exec.ExitError
	if err := r.Wait(); err != nil && !errors.As(err, &exit) {
		r.t.Fatal(err)
	}
	return r.ProcessState.ExitCode()
}

var onAWS = []string{"--aws", "--offline", "--operator-cidr", "203.0.113.7/32", "--yes"}

// pilotEnds runs pilot to its end, and wants it to be a good one.
func pilotEnds(t *testing.T, home string, args ...string) string {
	t.Helper()
	r := start(t, home, "", args...)
	if code := r.ends(); code != 0 {
		t.Fatalf("pilot %s: exit code %d:\n%s", strings.Join(args, " "), code, r.said.String())
	}
	return r.said.String()
}

func noLocks(t *testing.T, home string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(home, "simulated/state/.pulumi/locks/organization/pilot/aws/*"))
	if err != nil || len(left) > 0 {
		t.Errorf("locks left: %v, %v", left, err)
	}
}

// TestFirstInterruptEndsInOrder: what is in flight is finished, saved and
// unlocked, and nothing is left open.
func TestFirstInterruptEndsInOrder(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			home := t.TempDir()
			// The machine takes half a second, the database three.
			r := start(t, home, "0.01", append([]string{"setup"}, onAWS...)...)
			r.until("creating database-instance")
			if err := r.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if code := r.ends(); code != exitCancelled {
				t.Errorf("exit code %d, want %d", code, exitCancelled)
			}
			said := r.said.String()
			if !strings.Contains(said, "created database-instance") || !strings.Contains(said, "press Ctrl-C again") {
				t.Errorf("what was in flight was not finished:\n%s", said)
			}
			noLocks(t, home)
			if out := pilotEnds(t, home, append([]string{"repair"}, onAWS[:4]...)...); !strings.Contains(out, "nothing to repair") {
				t.Errorf("steps were left open:\n%s", out)
			}
			pilotEnds(t, home, append([]string{"setup"}, onAWS...)...)
			pilotEnds(t, home, append([]string{"destroy"}, onAWS...)...)
		})
	}
}

// TestSecondInterruptGivesUp: the process ends soon, the state is valid and
// unlocked, and the next run finds out what came of what was in flight.
func TestSecondInterruptGivesUp(t *testing.T) {
	home := t.TempDir()
	// The database takes a minute and a half.
	r := start(t, home, "0.3", append([]string{"setup"}, onAWS...)...)
	r.until("creating database-instance")
	for _, words := range []string{"press Ctrl-C again", "giving up what is in flight"} {
		if err := r.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		r.until(words)
	}
	began := time.Now()
	if code := r.ends(); code != exitCancelled {
		t.Errorf("exit code %d, want %d", code, exitCancelled)
	}
	if took := time.Since(began); took > abortLimit {
		t.Errorf("giving up took %s", took)
	}
	noLocks(t, home)
	out := pilotEnds(t, home, append([]string{"setup"}, onAWS...)...)
	if !strings.Contains(out, "cleared the interrupted creation of") {
		t.Errorf("the open step is not spoken of:\n%s", out)
	}
	pilotEnds(t, home, append([]string{"destroy"}, onAWS...)...)
}

// TestUnlock names a live owner, removes its lock only when forced, and has the
// owner notice.
func TestUnlock(t *testing.T) {
	home := t.TempDir()
	r := start(t, home, "0.3", append([]string{"setup"}, onAWS...)...)
	r.until("creating database-instance")
	unlock := func(flags ...string) (string, int) {
		u := start(t, home, "", append(append([]string{"unlock"}, onAWS...), flags...)...)
		code := u.ends()
		return u.said.String(), code
	}
	out, code := unlock()
	if code != exitFailure || !strings.Contains(out, "its owner is alive: process") || !strings.Contains(out, "--force") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	// Another setup names the owner too.
	second := start(t, home, "", append([]string{"setup"}, onAWS...)...)
	if code := second.ends(); code != exitFailure || !strings.Contains(second.said.String(), "is locked by") {
		t.Errorf("exit code %d:\n%s", code, second.said.String())
	}
	if out, code := unlock("--force"); code != 0 || !strings.Contains(out, "unlocked") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if code := r.ends(); code != exitFailure || !strings.Contains(r.said.String(), "the stack's lock was removed") {
		t.Errorf("the owner went on: exit code %d:\n%s", code, r.said.String())
	}
	if out, code := unlock(); code != 0 || !strings.Contains(out, "not locked") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	pilotEnds(t, home, append([]string{"setup"}, onAWS...)...)
	pilotEnds(t, home, append([]string{"destroy"}, onAWS...)...)
}
