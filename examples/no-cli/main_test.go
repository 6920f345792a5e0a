package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// asProgram makes the test binary, started again, be the example.
const asProgram = "NO_CLI_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestNoOtherProgram runs the example under strace, with nothing on its PATH.
// The only program that is executed is the example itself.
func TestNoOtherProgram(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatalf("this test needs strace: %v", err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := exec.Command(strace, "-f", "-qq", "-e", "trace=execve", "-o", trace, exe)
	cmd.Env = []string{asProgram + "=1", "PATH=", "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir()}
	cmd.Dir = t.TempDir()
	var progress strings.Builder
	cmd.Stderr = &progress
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	if want := "to create: 2\nurl: https://www.example.org/\n"; string(out) != want {
		t.Errorf("printed %q, want %q", out, want)
	}
	if !strings.Contains(progress.String(), "example:web:Site") {
		t.Errorf("progress does not tell of the component:\n%s", progress.String())
	}
	data, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), "execve("); n != 1 {
		t.Errorf("%d programs were executed:\n%s", n, data)
	}
}
