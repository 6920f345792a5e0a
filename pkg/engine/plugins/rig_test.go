package plugins

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	firstPause = time.Millisecond
	os.Exit(m.Run())
}

var fake = Plugin{Name: "fake", Version: "1.2.3"}

// entry is one member of an archive.
type entry struct {
	name, body string
	typ        byte
}

// archive makes a .tar.gz.
func archive(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(e.body))}
		if e.typ != 0 {
			h.Typeflag, h.Size, h.Linkname = e.typ, 0, e.body
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte(e.body)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const script = "#!/bin/sh\necho fake\n"

// good is an archive as a release has it. Random-looking bytes keep it from
// being squeezed into one packet.
func good(t *testing.T) []byte {
	t.Helper()
	var noise strings.Builder
	seed := sha256.Sum256([]byte("noise"))
	for range 4000 {
		noise.WriteString(hex.EncodeToString(seed[:]))
		seed = sha256.Sum256(seed[:])
	}
	return archive(t, entry{name: "LICENSE", body: noise.String()}, entry{name: "./docs/", typ: tar.TypeDir},
		entry{name: "./docs/README.md", body: "hello"}, entry{name: fake.Program(), body: script})
}

func sumOf(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// release is a local stand-in for the place that plugins are fetched from.
type release struct {
	*httptest.Server
	mu sync.Mutex
	// files are by name; handlers win over them.
	files    map[string][]byte
	handlers map[string]func(w http.ResponseWriter, r *http.Request, n int)
	// calls counts the calls by file, ranges are the Range headers in order.
	calls  map[string]int
	ranges []string
}

func serve(t *testing.T, content []byte, published string) *release {
	t.Helper()
	r := &release{files: map[string][]byte{}, handlers: map[string]func(http.ResponseWriter, *http.Request, int){}, calls: map[string]int{}}
	if content != nil {
		r.files[fake.Archive()] = content
	}
	if published != "" {
		r.files[fake.list()] = []byte(published)
	}
	r.Server = httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.Close)
	return r
}

func (r *release) serve(w http.ResponseWriter, req *http.Request) {
	name := strings.TrimPrefix(req.URL.Path, "/pulumi-fake/releases/download/v1.2.3/")
	r.mu.Lock()
	r.calls[name]++
	n := r.calls[name]
	if name == fake.Archive() {
		r.ranges = append(r.ranges, req.Header.Get("Range"))
	}
	handle, content, ok := r.handlers[name], r.files[name], false
	if _, ok = r.files[name]; !ok && handle == nil {
		r.mu.Unlock()
		http.NotFound(w, req)
		return
	}
	r.mu.Unlock()
	if handle != nil {
		handle(w, req, n)
		return
	}
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(content))
}

func (r *release) count(name string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[name]
}

// line is a published list's line, among others.
func line(content []byte) string {
	return fmt.Sprintf("%s  pulumi-resource-fake-v1.2.3-plan9-mips.tar.gz\n%s  %s\n", sumOf(nil), sumOf(content), fake.Archive())
}

func options(t *testing.T, r *release) Options {
	t.Helper()
	home := t.TempDir()
	return Options{Dir: filepath.Join(home, "plugins"), Source: r.URL, Sums: filepath.Join(home, "plugins.sum")}
}

// left are the names in the plugin folder, locks aside.
func left(t *testing.T, o Options) []string {
	t.Helper()
	entries, err := os.ReadDir(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), lockSuffix) {
			names = append(names, e.Name())
		}
	}
	return names
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
