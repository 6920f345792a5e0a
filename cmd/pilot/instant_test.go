package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"

	"github.com/pilot-framework/pilot/internal/clidoc"
	"github.com/pilot-framework/pilot/internal/instant"
)

// TestInstant holds the answers that are given without a start-up to those of
// the command line. With -update it writes them.
func TestInstant(t *testing.T) {
	want := map[string]string{}
	var order []string
	add := func(line, text string) {
		if strings.Contains(text, instant.Mark) {
			t.Fatalf("pilot %s prints the mark of another answer", line)
		}
		order, want[line] = append(order, line), text
	}
	var walk func(path []string, commands []*cli.Command)
	walk = func(path []string, commands []*cli.Command) {
		args := append(append([]string{}, path...), "--help")
		add(strings.Join(args, " "), printed(t, args))
		for _, c := range commands {
			if !c.Hidden {
				walk(append(append([]string{}, path...), c.Name), c.Subcommands)
			}
		}
	}
	walk(nil, newApp(os.Stdin, os.Stdout, os.Stderr).Commands)
	for _, shell := range clidoc.Shells {
		add("completion "+shell, printed(t, []string{"completion", shell}))
	}

	if *update {
		var all bytes.Buffer
		for _, line := range order {
			all.WriteString(instant.Mark + line + "\n" + want[line])
		}
		if err := os.WriteFile("../../internal/instant/answers.txt", all.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, line := range order {
		if got, ok := instant.Answer(strings.Fields(line)); !ok || got != want[line] {
			t.Errorf("pilot %s: the answer without a start-up is not the command's: run make docs", line)
		}
	}
	for _, args := range [][]string{{"setup"}, {"engine", "--help"}, {"setup", "--help", "x"}, {"--help", "setup"}, {"completion"}} {
		if text, ok := instant.Answer(args); ok {
			t.Errorf("pilot %s: answered %q, want it left to the command", strings.Join(args, " "), text)
		}
	}
}

// printed is what the command line prints, the long way.
func printed(t *testing.T, args []string) string {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if code := run(append([]string{"pilot"}, args...), os.Stdin, out, os.Stderr); code != 0 {
		t.Fatalf("pilot %s: exit code %d", strings.Join(args, " "), code)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestInstantVersions wants the answer to "version" with stamped versions to be the
// command's own, and none without them.
func TestInstantVersions(t *testing.T) {
	v := readVersions()
	if v.Engine == "" || v.Waypoint == "" {
		t.Fatalf("the build information names no engine or no waypoint: %+v", v)
	}
	stamp := func(release, engine, waypoint string) {
		instant.Release, instant.Engine, instant.Waypoint = release, engine, waypoint
	}
	defer stamp(instant.Release, instant.Engine, instant.Waypoint)
	stamp("v1.2.3", v.Engine, v.Waypoint)
	if quick, _ := instant.Answer([]string{"version"}); quick != printed(t, []string{"version"}) {
		t.Errorf("without a start-up %q, the command's own %q", quick, printed(t, []string{"version"}))
	}
	stamp("v1.2.3", "", v.Waypoint)
	if quick, ok := instant.Answer([]string{"version"}); ok {
		t.Errorf("an answer without the engine's version: %q", quick)
	}
	// The command that make built is stamped with what is in it.
	out, err := exec.Command("../../bin/pilot", "version").Output()
	if want := "(engine " + v.Engine + ", waypoint " + v.Waypoint + ", "; err != nil || !strings.Contains(string(out), want) {
		t.Errorf("bin/pilot version: %v, %q, want %s", err, out, want)
	}
}

// TestInstantComesFirst starts the program and looks at what Go initialises
// before it answers: not the tables of the engine's libraries.
func TestInstantComesFirst(t *testing.T) {
	const table = "github.com/ccojocar/zxcvbn-go/frequency"
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	initialised := func(args ...string) string {
		cmd := exec.Command(exe)
		cmd.Args = append([]string{"pilot"}, args...)
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
		var trace bytes.Buffer
		cmd.Stderr = &trace
		if err := cmd.Run(); err != nil {
			t.Fatalf("pilot %s: %v\n%s", strings.Join(args, " "), err, trace.String())
		}
		return trace.String()
	}
	if trace := initialised("setup", "--help"); strings.Contains(trace, table) {
		t.Errorf("%s is initialised before the answer is given", table)
	}
	if trace := initialised("schema"); !strings.Contains(trace, table) {
		t.Errorf("%s is not initialised at all: is this test looking for the right package?", table)
	}
}
