package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
)

// write makes files: a name with a slash at its end is a folder, content with
// "-> " a symbolic link, "x:" before content an executable.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if strings.HasSuffix(name, "/") {
			must(t, os.MkdirAll(path, 0o700))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		mode := os.FileMode(0o600)
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			must(t, os.Symlink(target, path))
			continue
		}
		if rest, ok := strings.CutPrefix(content, "x:"); ok {
			content, mode = rest, 0o700
		}
		must(t, os.WriteFile(path, []byte(content), mode))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "core.autocrlf=false"}, args...)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func take(t *testing.T, dir string) *Snapshot {
	t.Helper()
	s, err := Take(context.Background(), dir, Options{})
	must(t, err)
	return s
}

func paths(s *Snapshot) string {
	if s == nil {
		return ""
	}
	var out []string
	for _, e := range s.entries {
		out = append(out, e.path)
	}
	sort.Strings(out)
	return strings.Join(out, "\n")
}

// tree is the hash of the snapshot's root tree.
func tree(s *Snapshot) string {
	if s == nil {
		return ""
	}
	for _, o := range s.objects {
		if o.kind == plumbing.CommitObject {
			return string(o.data[5:45])
		}
	}
	return ""
}

// isolate keeps the user's own git settings out of a test.
func isolate(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, ".config"))
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
}

// names that the patterns below can tell apart.
var names = []string{
	"a", "b.o", "b.c", "#hash", "!bang", "trail ", "back\\slash", "a.tmp", "a-b", "a_b", "a]b", "x1", "x2", "xa", "é.txt", "star*", "q?",
	"build/out", "build/keep/me", "sub/build", "sub/a", "sub/deep/a", "sub/deep/deeper/a", "sub/deep/b.o", "foo/bar/baz", "foo/x/bar/baz", "foo/x/y/bar",
	"doc/frotz/a", "doc/a/frotz", "abc/d/e", "node_modules/m/i.js", "web/node_modules/m/i.js", "logs/debug.log", "logs/x/debug.log", "debug.log", ".env", ".env.example", "dir.d/f",
}

func TestIgnoreRulesAgreeWithGit(t *testing.T) {
	isolate(t)
	cases := []string{
		"", "*", "*\n!a", "*\n!*/\n!*.c", "*.o", "*.[oc]", "*.[!o]", "*.[^o]", "x[0-9]", "x[!0-9]", "x[[:digit:]]", "x[[:alpha:]]", "a[]]b", "a[-_]b", "a[!]]b", "x[", "x[1", "x[2-1]", "x[1-2]", "x[a-\\]]", "[+--]*", "[a-]b", "x[1-", "x[]-a]", "[\\-a]*", "x[\\d]", "x[\\1]",
		"# comment\na", "\\#hash", "\\!bang", "trail", "trail ", "trail\\ ", "back\\\\slash", "a\\", "a   ", "\\a",
		"/a", "a/", "build", "build/", "/build", "/build/", "sub/build", "sub/", "build/*\n!build/keep", "build/\n!build/keep/me", "build/**\n!build/keep/me",
		"**/a", "**/deep/a", "sub/**", "sub/**/a", "sub/**/deeper", "**/b.o", "/**/b.o", "**", "**/", "***", "sub/***/a", "a**", "**b", "foo/**/bar", "foo/*/bar", "foo**/bar", "foo/**bar", "foo/*/*/bar",
		"doc/frotz", "doc/frotz/", "frotz", "frotz/", "abc/**", "abc/**/e", "node_modules", "/node_modules/", "logs/*.log", "logs/**/debug.log", "*.log\n!debug.log", "!a", "!*\n*.o",
		".env", ".env*\n!.env.example", ".*", "star\\*", "star*", "q\\?", "q?", "?", "é*", "?.txt", "dir.d", "[a-c]*", "[!a-c]*", " ", "/", "//", "!", "!/", "a//b", "\ufeff*.o", "a\r\nx1\r", "sub\n!sub/a", "*/a", "/*\n!/sub", "/*\n!/sub\n/sub/*\n!/sub/deep",
	}
	files := map[string]string{}
	for _, n := range names {
		files[n] = "content of " + n
	}
	// One folder for each case; git sees them all at once.
	dir, ours := t.TempDir(), map[string]*Snapshot{}
	for i, patterns := range cases {
		folder := fmt.Sprintf("case%03d", i)
		write(t, filepath.Join(dir, folder), files)
		must(t, os.WriteFile(filepath.Join(dir, folder, ".gitignore"), []byte(patterns), 0o600))
		s, err := Take(context.Background(), filepath.Join(dir, folder), Options{})
		if err != nil && !errors.Is(err, ErrEmpty) {
			t.Fatal(err)
		}
		ours[folder] = s
	}
	git(t, dir, "init", "-q")
	git(t, dir, "add", "-A")
	theirs := map[string]string{}
	for _, line := range strings.Split(git(t, dir, "ls-tree", git(t, dir, "write-tree")), "\n") {
		fields := strings.Fields(line)
		theirs[fields[3]] = fields[2]
	}
	for i, patterns := range cases {
		folder := fmt.Sprintf("case%03d", i)
		if got := tree(ours[folder]); got != theirs[folder] {
			t.Errorf("pattern %q\nwe take:\n%s\ngit takes:\n%s", patterns, paths(ours[folder]),
				git(t, filepath.Join(dir, folder), "-c", "core.quotePath=false", "ls-files"))
		}
	}
}

// FuzzIgnore looks for an ignore file that breaks the reading of it.
func FuzzIgnore(f *testing.F) {
	for _, s := range []string{"*.o", "sub/**/a\n!a", "[!a]*", "\\ ", "x[[:digit:]]/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, patterns string) {
		for _, r := range parseRules([]byte(patterns), "") {
			for _, n := range names {
				_ = ignored([]rule{r}, n, false)
			}
		}
	})
}
