package yarn

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archive makes a tar file; an entry without a type is a file with its own name in it.
func archive(t *testing.T, headers ...tar.Header) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range headers {
		h.Mode = 0o777
		content := ""
		if h.Typeflag == 0 {
			h.Typeflag, content = tar.TypeReg, h.Name
			h.Size = int64(len(content))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &out
}

func TestNothingIsUnpackedOutsideTheFolder(t *testing.T) {
	t.Parallel()
	folder := tar.Header{Typeflag: tar.TypeDir, Name: "dist/"}
	link := func(name, to string) tar.Header {
		return tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: to}
	}
	for name, headers := range map[string][]tar.Header{
		"upwards":            {folder, {Name: "dist/../../evil"}},
		"upwards, first":     {{Name: "../evil"}},
		"absolute":           {folder, {Name: "/evil"}},
		"beside":             {folder, {Name: "dist2/evil"}},
		"absolute link":      {folder, link("dist/l", "/tmp"), {Name: "dist/l/evil"}},
		"relative link":      {folder, link("dist/a/l", "../../evil")},
		"file over link":     {folder, link("dist/l", "x"), {Name: "dist/l"}},
		"hard link out":      {folder, {Typeflag: tar.TypeLink, Name: "dist/h", Linkname: "dist/../secret"}},
		"hard link absolute": {folder, {Typeflag: tar.TypeLink, Name: "dist/h", Linkname: "/etc/passwd"}},
		"device":             {folder, {Typeflag: tar.TypeChar, Name: "dist/null"}},
		"too large":          {folder, {Typeflag: tar.TypeReg, Name: "dist/big", Size: maxBytes + 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outside := t.TempDir()
			source := filepath.Join(outside, "source")
			if err := os.MkdirAll(source, 0o755); err != nil {
				t.Fatal(err)
			}
			root, err := os.OpenRoot(source)
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			if err := os.WriteFile(filepath.Join(source, "secret"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			var data *bytes.Buffer
			if name == "too large" {
				data = new(bytes.Buffer)
				if err := tar.NewWriter(data).WriteHeader(&headers[1]); err != nil {
					t.Fatal(err)
				}
			} else {
				data = archive(t, headers...)
			}
			if err := unpack(data, root, "dist"); err == nil {
				t.Error("unpacked")
			}
			for _, place := range []string{outside, source} {
				entries, err := os.ReadDir(place)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range entries {
					if e.Name() != "source" && e.Name() != "secret" && e.Name() != "dist" {
						t.Errorf("%s is in %s", e.Name(), place)
					}
				}
			}
		})
	}
}

// TestCommittedLinkIsReplaced: the source is the app's, and may hold a link where
// the result is to go.
func TestCommittedLinkIsReplaced(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	dir := project(t, map[string]string{"dist": "-> " + outside})
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	data := archive(t, tar.Header{Typeflag: tar.TypeDir, Name: "./"}, tar.Header{Name: "./index.html"})
	if err := unpack(data, root, "dist"); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 0 {
		t.Errorf("outside: %v, %v", entries, err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "dist", "index.html")); err != nil || string(text) != "./index.html" {
		t.Errorf("the file: %q, %v", text, err)
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	var all bytes.Buffer
	out := &tail{w: &all}
	for range 10_000 {
		if _, err := out.Write([]byte("some line of a long log\n")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := out.Write([]byte("\n10%\r\x1b[1m100%\r\n\x1b[31mError:\x1b[0m no such module\xff\n\n")); err != nil {
		t.Fatal(err)
	}
	text := out.text()
	if !strings.HasSuffix(text, "some line of a long log\n100%\nError: no such module") || strings.Count(text, "\n") != tailLines-1 || strings.HasPrefix(text, "\n") {
		t.Errorf("the end of the log:\n%s", text)
	}
	if all.Len() < 10_000*24 || cap(out.end) > 64*tailBytes {
		t.Errorf("%d bytes passed on, %d kept", all.Len(), cap(out.end))
	}
}
