package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pilotIn runs pilot in a folder to its end.
func pilotIn(t *testing.T, dir string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "pilot", args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "PILOT_HOME=" + filepath.Join(dir, "home"), "NO_COLOR=1"}
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	return out.String(), errOut.String(), err
}

var simulatedAWS = []string{"--aws", "--offline", "--operator-cidr", "203.0.113.7/32"}

func setupArgs(more ...string) []string {
	return append(append([]string{"setup"}, simulatedAWS...), more...)
}

// TestChangedInBetween has another setup go through while a person thinks about
// a preview: what they said yes to is no longer what would happen, so nothing is
// done.
func TestChangedInBetween(t *testing.T) {
	dir := t.TempDir()
	if _, text, err := pilotIn(t, dir, setupArgs("--yes")...); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	c, cmd := converse(t, dir, []string{"NO_COLOR=1"}, setupArgs("--machine-type", "t3.large")...)
	c.await("t3.large")
	c.await("Apply these changes? [y/N]")
	if _, text, err := pilotIn(t, dir, setupArgs("--machine-type", "t3.xlarge", "--yes")...); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	c.answer("y\n")
	c.await("stopped before the first change")
	c.await("machine-instance")
	if err := cmd.Wait(); err == nil {
		t.Error("setup says that it did what it did not do")
	}
	out, text, err := pilotIn(t, dir, append(append([]string{"preview"}, simulatedAWS...), "--machine-type", "t3.xlarge", "--detailed-exitcode")...)
	if err != nil {
		t.Errorf("the other setup's work was changed: %v\n%s%s", err, out, text)
	}
}

// TestWaitForLock has one process wait for another that holds the stack: it
// says whose lock it is and for how long, and then goes on.
func TestWaitForLock(t *testing.T) {
	dir := t.TempDir()
	first, cmd := converse(t, dir, []string{"NO_COLOR=1", "TERM=dumb", envSimulatedLatency + "=0.01"}, setupArgs("--yes")...)
	// Until the database is there the lock is held for seconds.
	first.await("creating database-instance")
	_, text, err := pilotIn(t, dir, setupArgs("--yes")...)
	if err == nil || !strings.Contains(text, "wait-for-lock") {
		t.Errorf("without waiting: %v\n%s", err, text)
	}
	out, text, err := pilotIn(t, dir, setupArgs("--yes", "--wait-for-lock", "1m")...)
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, text)
	}
	if !strings.Contains(out, "waiting for ") || !strings.Contains(out, "who has had the stack's lock for ") || !strings.Contains(out, "giving up in ") {
		t.Errorf("it does not say whom it waits for:\n%s", out)
	}
	if !strings.Contains(out, "0 changes") {
		t.Errorf("the second setup did something:\n%s", out)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
