package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/internal/clidoc"
)

// TestReference holds the written command reference and the manual page to the
// command line. With -update it writes them.
func TestReference(t *testing.T) {
	app := newApp(os.Stdin, os.Stdout, os.Stderr)
	var md, man bytes.Buffer
	if err := clidoc.Markdown(&md, app); err != nil {
		t.Fatal(err)
	}
	if err := clidoc.Man(&man, app); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"reference/cli.md": md.Bytes(), "man/pilot.1": man.Bytes()} {
		file := filepath.Join("../../docs", name)
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s does not tell what the command line does: run make docs", file)
		}
	}
}

// TestCompletion completes in real shells with the script that is printed.
func TestCompletion(t *testing.T) {
	app := newApp(os.Stdin, os.Stdout, os.Stderr)
	for shell, c := range map[string]struct{ run, want string }{
		"bash": {`COMP_WORDS=(pilot setup --off); COMP_CWORD=2; _pilot; echo "${COMPREPLY[@]}"`, "--offline"},
		"zsh":  {`compadd() { shift; print -r -- "$@"; }; _files() { :; }; words=(pilot setup --off); CURRENT=3; _pilot`, "--offline"},
		"fish": {`complete -C 'pilot setup --off'`, "--offline"},
	} {
		t.Run(shell, func(t *testing.T) {
			var script strings.Builder
			if err := clidoc.Completion(&script, app, shell); err != nil {
				t.Fatal(err)
			}
			before := map[string]string{"zsh": "compdef() { :; }\n"}[shell]
			// A file, as people source it: it is longer than an argument may be.
			file := filepath.Join(t.TempDir(), "script")
			if err := os.WriteFile(file, []byte(before+script.String()+"\n"+c.run+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(shell, file)
			cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if !strings.Contains(string(out), c.want) {
				t.Errorf("no %s in %q", c.want, out)
			}
		})
	}
}
