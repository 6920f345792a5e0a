package clidoc

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func app() *cli.App {
	return &cli.App{
		Name: "tool", Usage: "do things",
		Commands: []*cli.Command{
			{
				Name: "make", Usage: "make it", ArgsUsage: "[name]",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Value: "a.yaml", Usage: "the file", TakesFile: true},
					&cli.StringFlag{Name: "zone", Usage: "a|b", EnvVars: []string{"ZONE"}},
					&cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "don't ask"},
					&cli.BoolFlag{Name: "secret", Hidden: true},
				},
			},
			{Name: "server", Usage: "the server", Subcommands: []*cli.Command{
				{Name: "backup", Usage: "save it", Flags: []cli.Flag{&cli.IntFlag{Name: "keep", Value: 3, Usage: "how many"}}},
				{Name: "list", Usage: "list them"},
			}},
			{Name: "inner", Hidden: true},
		},
	}
}

func TestPages(t *testing.T) {
	var md, man strings.Builder
	if err := Markdown(&md, app()); err != nil {
		t.Fatal(err)
	}
	if err := Man(&man, app()); err != nil {
		t.Fatal(err)
	}
	for text, parts := range map[string][]string{
		md.String(): {
			"## tool server backup", "tool make [flags] [name]", "| `--file, -f path` | the file (default: a.yaml) |",
			`| a\|b [$ZONE] |`, "[tool server list](#tool-server-list)", "`--keep number` | how many (default: 3)",
		},
		man.String(): {".TH TOOL 1", `.SS tool server backup [flags]`, `\-\-file, \-f path`},
	} {
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("no %q in\n%s", part, text)
			}
		}
		for _, hidden := range []string{"inner", "secret"} {
			if strings.Contains(text, hidden) {
				t.Errorf("%q is hidden, but told", hidden)
			}
		}
	}
}

func script(t *testing.T, shell string) string {
	t.Helper()
	var b strings.Builder
	if err := Completion(&b, app(), shell); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestBash completes in a real bash.
func TestBash(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		typed string // the last word is being typed
		want  string
	}{
		{"tool ", "make server"},
		{"tool m", "make"},
		{"tool make --f", "--file"},
		{"tool make -", "--file --help --yes --zone"},
		{"tool make --file ", "x.yaml"},
		{"tool make --zone ", ""},
		{"tool make --file server --y", "--yes"},
		{"tool server ", "backup list"},
		{"tool server b", "backup"},
		{"tool server backup --k", "--keep"},
		{"tool nothing -", "--help"},
	} {
		words := strings.Split(c.typed, " ")
		quoted := "'" + strings.Join(words, "' '") + "'"
		cmd := exec.Command("bash", "--norc", "-c", script(t, "bash")+
			"COMP_WORDS=("+quoted+"); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _tool; echo \"${COMPREPLY[@]}\"")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v\n%s", c.typed, err, out)
		}
		got := strings.Fields(string(out))
		slices.Sort(got)
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: got %v, want %s", c.typed, got, c.want)
		}
	}
}

func TestOtherShells(t *testing.T) {
	for shell, parts := range map[string][]string{
		"zsh":  {"#compdef tool", "compdef _tool tool", `" server backup") path=" server backup"`},
		"fish": {"complete -c tool -f\n", `-l file -s f -r -F -d 'the file'`, `-d 'don\'t ask'`, "not __fish_seen_subcommand_from backup list' -a backup"},
	} {
		text := script(t, shell)
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%s: no %q in\n%s", shell, part, text)
			}
		}
	}
	if err := Completion(&strings.Builder{}, app(), "csh"); err == nil || !strings.Contains(err.Error(), `"csh"`) {
		t.Errorf("csh: got %v", err)
	}
}
