package plugins

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// TestEnsure fetches a plugin, records its sum, and lets Pulumi find it.
func TestEnsure(t *testing.T) {
	content := good(t)
	r := serve(t, content, line(content))
	o := options(t, r)
	var last [2]int64
	o.Progress = func(done, total int64) { last = [2]int64{done, total} }
	path, err := Ensure(t.Context(), fake, o)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(path).CombinedOutput(); err != nil || string(out) != "fake\n" {
		t.Errorf("%s: %v %q", path, err, out)
	}
	if size := int64(len(content)); last != [2]int64{size, size} {
		t.Errorf("progress ended at %v of %d bytes", last, size)
	}
	if got, want := left(t, o), []string{fake.Folder()}; !slices.Equal(got, want) {
		t.Errorf("folder holds %v, want %v", got, want)
	}
	found, err := workspace.GetPluginsFromDir(o.Dir)
	if err != nil || len(found) != 1 || found[0].Name != "fake" || found[0].Version.String() != "1.2.3" {
		t.Errorf("Pulumi finds %v, %v", found, err)
	}
	sums, err := os.ReadFile(o.Sums)
	if want := fake.Archive() + " sha256:" + sumOf(content) + "\n"; err != nil || string(sums) != want {
		t.Errorf("record: %q, %v; want %q", sums, err, want)
	}
	// What is there is not asked for again.
	r.Close()
	if again, err := Ensure(t.Context(), fake, o); err != nil || again != path {
		t.Errorf("again: %s, %v", again, err)
	}
}

// TestSums holds archives against the published list and the record.
func TestSums(t *testing.T) {
	content, other := good(t), archive(t, entry{name: fake.Program(), body: "#!/bin/sh\necho other\n"})
	byHand := func(b []byte) string { return "# by hand\n" + fake.Archive() + " sha256:" + strings.ToUpper(sumOf(b)) }
	for name, c := range map[string]struct {
		published, record string
		want              string // of the error; empty for none
	}{
		"published":                  {published: line(content)},
		"recorded":                   {record: byHand(content)},
		"both":                       {published: line(content), record: byHand(content)},
		"neither":                    {want: "nothing tells the sum of " + fake.Archive()},
		"not among those published":  {published: "nonsense\n", want: "has no line for it"},
		"published otherwise":        {published: line(other), want: "as http"},
		"recorded otherwise":         {record: byHand(other), want: "plugins.sum says"},
		"published and recorded not": {published: line(content), record: byHand(other), want: "plugins.sum says"},
		"recorded and published not": {published: line(other), record: byHand(content), want: "plugins.sum says"},
		"a record that is none":      {published: line(content), record: "abc\n", want: `plugins.sum:1: "abc": want FILE sha256:HEX`},
		"recorded twice":             {record: byHand(content) + "\n" + byHand(other), want: "has another sum above"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := serve(t, content, c.published)
			o := options(t, r)
			if c.record != "" {
				write(t, o.Sums, c.record)
			}
			path, err := Ensure(t.Context(), fake, o)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				sums, err := readSums(o.Sums)
				if err != nil || sums[fake.Archive()] != sumOf(content) {
					t.Errorf("record: %v, %v", sums, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %s, %v; want an error with %q", path, err, c.want)
			}
			if names := left(t, o); len(names) > 0 {
				t.Errorf("left behind: %v", names)
			}
			var unknown *UnknownError
			if errors.As(err, &unknown) != (name == "neither" || name == "not among those published") {
				t.Errorf("kind of error: %T", err)
			}
		})
	}
}

// TestAlteredRelease refuses a release whose content changed after it was
// recorded, whatever its own list says.
func TestAlteredRelease(t *testing.T) {
	content := good(t)
	r := serve(t, content, line(content))
	o := options(t, r)
	if _, err := Ensure(t.Context(), fake, o); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(o.Dir); err != nil {
		t.Fatal(err)
	}
	altered := archive(t, entry{name: fake.Program(), body: "#!/bin/sh\necho evil\n"})
	r.mu.Lock()
	r.files[fake.Archive()], r.files[fake.list()] = altered, []byte(line(altered))
	r.mu.Unlock()
	_, err := Ensure(t.Context(), fake, o)
	var sum *SumError
	if !errors.As(err, &sum) || sum.Want != sumOf(content) || sum.Got != sumOf(altered) {
		t.Errorf("got %v, want it refused", err)
	}
	if r.count(fake.Archive()) != 1 {
		t.Error("an archive was fetched whose sum was known to be wrong")
	}
}

// TestBadArchive refuses what has the right sum and the wrong content.
func TestBadArchive(t *testing.T) {
	program := entry{name: fake.Program(), body: script}
	whole := archive(t, program)
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"no archive":        {[]byte("<html>"), "no .tar.gz"},
		"empty":             {archive(t), "no program"},
		"cut off":           {whole[:len(whole)-12], "cut off or damaged"},
		"cut off early":     {whole[:30], "cut off or damaged"},
		"upwards":           {archive(t, program, entry{name: "../evil", body: "x"}), `"../evil" leads out`},
		"upwards, hidden":   {archive(t, program, entry{name: "a/../../evil", body: "x"}), "leads out"},
		"absolute":          {archive(t, program, entry{name: "/tmp/evil", body: "x"}), "leads out"},
		"backslash":         {archive(t, program, entry{name: `..\evil`, body: "x"}), "leads out"},
		"symbolic link":     {archive(t, program, entry{name: "link", body: "/etc", typ: tar.TypeSymlink}), "neither a file nor a folder"},
		"hard link":         {archive(t, program, entry{name: "link", body: fake.Program(), typ: tar.TypeLink}), "neither a file nor a folder"},
		"twice":             {archive(t, program, program), "exists"},
		"program elsewhere": {archive(t, entry{name: "bin/" + fake.Program(), body: script}), "no program"},
		"program a folder":  {archive(t, entry{name: fake.Program() + "/", typ: tar.TypeDir}), "no program"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t, serve(t, c.content, line(c.content)))
			_, err := Ensure(t.Context(), fake, o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want an error with %q", err, c.want)
			}
			if names := left(t, o); len(names) > 0 {
				t.Errorf("left behind: %v", names)
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(o.Dir), "evil")); err == nil {
				t.Error("a file was written outside of the folder")
			}
		})
	}
}

// TestInterruptedInstall does what Pulumi does with an installation of its own
// that never ended.
func TestInterruptedInstall(t *testing.T) {
	content := good(t)
	o := options(t, serve(t, content, line(content)))
	write(t, filepath.Join(o.Dir, fake.Folder(), fake.Program()), "half")
	write(t, filepath.Join(o.Dir, fake.Folder()+partialSuffix), "")
	path, err := Ensure(t.Context(), fake, o)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != script {
		t.Errorf("%q, %v", got, err)
	}
}

// TestManyAtOnce has one of many fetch the plugin for all.
func TestManyAtOnce(t *testing.T) {
	content := good(t)
	r := serve(t, content, line(content))
	o := options(t, r)
	errs := make(chan error)
	const many = 8
	for range many {
		go func() {
			_, err := Ensure(context.Background(), fake, o)
			errs <- err
		}()
	}
	for range many {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := r.count(fake.Archive()); n != 1 {
		t.Errorf("the archive was fetched %d times", n)
	}
}

// TestLockedByAnother waits for a lock, and no longer than it is asked to.
func TestLockedByAnother(t *testing.T) {
	content := good(t)
	o := options(t, serve(t, content, line(content)))
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	unlock, err := lock(t.Context(), filepath.Join(o.Dir, fake.Folder()+lockSuffix))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Ensure(ctx, fake, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	unlock()
	if _, err := Ensure(t.Context(), fake, o); err != nil {
		t.Error(err)
	}
}

// TestOptions refuses what can't be meant.
func TestOptions(t *testing.T) {
	for want, c := range map[string]struct {
		p Plugin
		o Options
	}{
		`plugin folder ""`:     {fake, Options{}},
		`plugin source "ftp:`:  {fake, Options{Dir: t.TempDir(), Source: "ftp://mirror"}},
		`plugin source "file:`: {fake, Options{Dir: t.TempDir(), Source: "file:///mirror"}},
		`plugin name "../x"`:   {Plugin{"../x", "1.0.0"}, Options{Dir: t.TempDir()}},
		`version "v1.0.0"`:     {Plugin{"fake", "v1.0.0"}, Options{Dir: t.TempDir()}},
	} {
		if _, err := Ensure(t.Context(), c.p, c.o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestFind names the file and the version of a plugin that is not there.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	_, err := Find(dir, fake)
	var missing *MissingError
	if !errors.As(err, &missing) {
		t.Fatal(err)
	}
	for _, want := range []string{"fake 1.2.3", dir, fake.Archive(), fake.Folder()} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not tell %s", err, want)
		}
	}
	write(t, filepath.Join(dir, fake.Folder(), fake.Program()), script)
	if _, err := Find(dir, fake); err == nil || !strings.Contains(err.Error(), "chmod +x") {
		t.Errorf("got %v", err)
	}
}

// statusOf answers with a status.
func statusOf(code int) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) { http.Error(w, fmt.Sprint(code), code) }
}
