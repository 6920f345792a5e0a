package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPortTaken wants one clear message, exit code 1, and nothing made.
func TestPortTaken(t *testing.T) {
	p := newPlatform(t, "e2e-port")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	p.write("pilot.yaml", fmt.Sprintf("stack: %s\nlocal:\n  ports: {ui: %d}\n  database: {image: %q}\n", p.stack, port, databaseImage))
	out, err := p.try("setup", "--yes")
	if code := exitOf(err); code != exitFailure {
		t.Errorf("exit code %d, want %d", code, exitFailure)
	}
	for _, want := range []string{fmt.Sprintf("port %d for the web interface is taken", port), "ports.ui"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if got := docker(t, "ps", "-aq", "--filter", "label=io.pilot.stack="+p.stack); got != "" {
		t.Errorf("containers were made: %s", got)
	}
}

// TestDockerWithoutPermission asks as somebody who may not use Docker.
func TestDockerWithoutPermission(t *testing.T) {
	const nobody = 65534
	dir, err := os.MkdirTemp("", "pilot-e2e-nobody-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	// The checkout may be closed to others.
	bin := filepath.Join(dir, "pilot")
	copyFile(t, "../../bin/pilot", bin)
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(home, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"doctor"}, {"setup", "--yes"}} {
		cmd := exec.Command(bin, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PILOT_HOME="+home, "NO_COLOR=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		out, err := cmd.CombinedOutput()
		if code := exitOf(err); code != exitFailure {
			t.Errorf("pilot %v: exit code %d, want %d", args, code, exitFailure)
		}
		for _, want := range []string{"no permission to use Docker", "usermod -aG docker"} {
			if !strings.Contains(string(out), want) {
				t.Errorf("pilot %v: no %q in:\n%s", args, want, out)
			}
		}
	}
}

func exitOf(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
}
