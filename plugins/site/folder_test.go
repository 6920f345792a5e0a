package site

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	servertest.Files(t, dir, files)
}

func open(t *testing.T, dir string) *Folder {
	t.Helper()
	f, err := Open(t.Context(), dir, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"index.html": "x", "a/b.txt": "bb", "a b/ü.txt": "c", ".env": "SECRET=1", ".git-crypt/key": "k",
		".well-known/security.txt": "s", "a/.DS_Store": "d",
	})
	if err := os.Symlink("b.txt", filepath.Join(dir, "a/link.txt")); err != nil {
		t.Fatal(err)
	}
	f := open(t, dir)
	var names []string
	for _, file := range f.Files {
		names = append(names, file.Path)
	}
	if want := []string{".well-known/security.txt", "a b/ü.txt", "a/b.txt", "a/link.txt", "index.html"}; !slices.Equal(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
	if f.Bytes() != 7 || !f.Has("a/b.txt") || f.Has("a") {
		t.Errorf("bytes %d", f.Bytes())
	}
	hash := f.Hash()
	write(t, dir, map[string]string{"a/b.txt": "bc"})
	if open(t, dir).Hash() == hash {
		t.Error("another content has the same hash")
	}
	// What was hashed is not what would be sent.
	file, _ := f.file("a/b.txt")
	if _, err := f.open(file); err == nil || !strings.Contains(err.Error(), "changed while") {
		t.Errorf("a file that changed: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		make func(dir string) error
		want string
	}{
		"what is missing":    {func(dir string) error { return os.Remove(dir + "/index.html") }, "is empty"},
		"no start page":      {func(dir string) error { return os.Rename(dir+"/index.html", dir+"/home.html") }, "has no index.html"},
		"a checkout":         {func(dir string) error { return os.Mkdir(dir+"/.git", 0o755) }, "holds .git"},
		"packages":           {func(dir string) error { return os.Mkdir(dir+"/node_modules", 0o755) }, "holds node_modules"},
		"a link outside":     {func(dir string) error { return os.Symlink("/etc/hostname", dir+"/x.txt") }, "x.txt: a link must lead to a file in the same folder"},
		"a link to nothing":  {func(dir string) error { return os.Symlink("nothing", dir+"/x.txt") }, "x.txt: a link"},
		"a link to a folder": {func(dir string) error { return os.Symlink(".", dir+"/x") }, "x is neither a file"},
		"a strange name":     {func(dir string) error { return os.WriteFile(dir+"/a\nb", nil, 0o600) }, "printable"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, map[string]string{"index.html": "x"})
			if err := test.make(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(t.Context(), dir, "index.html"); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q in it", err, test.want)
			}
		})
	}
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "build"), "index.html"); err == nil || !strings.Contains(err.Error(), "run the build first") {
		t.Errorf("missing folder: %v", err)
	}
}

func TestLocate(t *testing.T) {
	for _, test := range []struct{ directory, built, want, err string }{
		{"", "/job/web/dist", "/job/web/dist", ""},
		{"build", "/job/web/dist", "/src/build", ""},
		{"build", "", "/src/build", ""},
		{"", "", "", "set directory"},
		{"../other", "", "", "below the app's own"},
		{"/etc", "", "", "below the app's own"},
	} {
		got, err := Locate("/src", test.directory, test.built)
		if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%+v: %q %v", test, got, err)
		}
	}
}
