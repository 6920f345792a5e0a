package plugins

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// TestResume takes a broken-off fetch up where it ended.
func TestResume(t *testing.T) {
	content := good(t)
	r := serve(t, content, line(content))
	o := options(t, r)
	// Each call ends after a third, until the rest is no more than that.
	r.handlers[fake.Archive()] = func(w http.ResponseWriter, req *http.Request, _ int) {
		http.ServeContent(&cutting{ResponseWriter: w, left: len(content) / 3}, req, "", time.Time{}, bytes.NewReader(content))
	}
	if _, err := Ensure(t.Context(), fake, o); err != nil {
		t.Fatal(err)
	}
	if len(r.ranges) < 3 || r.ranges[0] != "" || !strings.HasPrefix(r.ranges[1], "bytes=") {
		t.Errorf("ranges: %q", r.ranges)
	}
}

// cutting breaks a connection off after some bytes.
type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Write(b []byte) (int, error) {
	if len(b) <= c.left {
		c.left -= len(b)
		return c.ResponseWriter.Write(b)
	}
	_, _ = c.ResponseWriter.Write(b[:c.left])
	c.ResponseWriter.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// TestLeftovers deals with what an earlier process left of a fetch.
func TestLeftovers(t *testing.T) {
	content := good(t)
	for name, before := range map[string][]byte{
		"a beginning":     content[:1000],
		"all of it":       content,
		"something else":  bytes.Repeat([]byte("x"), 1000),
		"as long":         bytes.Repeat([]byte("x"), len(content)),
		"more than there": append(bytes.Clone(content), "more"...),
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, serve(t, content, line(content)))
			write(t, filepath.Join(o.Dir, fake.Archive()+".part"), string(before))
			if _, err := Ensure(t.Context(), fake, o); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNoRanges works with a server that always sends the whole.
func TestNoRanges(t *testing.T) {
	content := good(t)
	r := serve(t, content, line(content))
	r.handlers[fake.Archive()] = func(w http.ResponseWriter, _ *http.Request, n int) {
		if n == 1 {
			w = &cutting{ResponseWriter: w, left: 5000}
		}
		_, _ = w.Write(content)
	}
	if _, err := Ensure(t.Context(), fake, options(t, r)); err != nil {
		t.Error(err)
	}
}

// TestStatus tries again where that can help, and not elsewhere.
func TestStatus(t *testing.T) {
	content := good(t)
	for name, c := range map[string]struct {
		code, times, calls int
		good               bool
	}{
		"busy for a while": {code: 503, times: 3, calls: 4, good: true},
		"too many calls":   {code: 429, times: 1, calls: 2, good: true},
		"busy for good":    {code: 500, times: 99, calls: tries},
		"not there":        {code: 404, times: 99, calls: 1},
		"forbidden":        {code: 403, times: 99, calls: 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t, content, line(content))
			r.handlers[fake.Archive()] = func(w http.ResponseWriter, req *http.Request, n int) {
				if n <= c.times {
					statusOf(c.code)(w, req, n)
					return
				}
				_, _ = w.Write(content)
			}
			_, err := Ensure(t.Context(), fake, options(t, r))
			if (err == nil) != c.good {
				t.Errorf("error %v", err)
			}
			if got := r.count(fake.Archive()); got != c.calls {
				t.Errorf("%d calls, want %d", got, c.calls)
			}
		})
	}
}

// TestCancel ends a fetch that hangs, and the next one goes on.
func TestCancel(t *testing.T) {
	content := good(t)
	r := serve(t, content, line(content))
	ctx, cancel := context.WithCancel(t.Context())
	r.handlers[fake.Archive()] = func(w http.ResponseWriter, req *http.Request, n int) {
		if n > 1 {
			http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(content))
			return
		}
		_, _ = w.Write(content[:70000])
		w.(http.Flusher).Flush()
		<-req.Context().Done()
	}
	o := options(t, r)
	o.Progress = func(done, _ int64) {
		if done == 70000 {
			cancel()
		}
	}
	if _, err := Ensure(ctx, fake, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, err := Ensure(t.Context(), fake, o); err != nil {
		t.Fatal(err)
	}
	if r.ranges[1] != "bytes=70000-" {
		t.Errorf("ranges: %q", r.ranges)
	}
	if _, err := os.Stat(filepath.Join(o.Dir, fake.Archive()+".part")); err == nil {
		t.Error("a part is left behind")
	}
}

// TestOf takes the version from the binary's own modules.
func TestOf(t *testing.T) {
	const module = "github.com/pulumi/pulumi-aws/sdk/v6"
	deps := []*debug.Module{{Path: "github.com/a/b", Version: "v1.0.0"}, {Path: module, Version: "v6.83.4"}}
	if p, err := of("aws", module, deps); err != nil || p != (Plugin{"aws", "6.83.4"}) {
		t.Errorf("%v, %v", p, err)
	}
	deps[1].Replace = &debug.Module{Path: "github.com/me/fork", Version: "v6.83.5"}
	if p, err := of("aws", module, deps); err != nil || p.Version != "6.83.5" {
		t.Errorf("%v, %v", p, err)
	}
	deps[1].Replace.Version = ""
	if _, err := of("aws", module, deps); err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("got %v", err)
	}
	if _, err := of("aws", module, nil); err == nil {
		t.Error("a module that is not there has a plugin")
	}
	for _, bad := range []string{"github.com/pulumi/pulumi/sdk/v3", "github.com/evil/pulumi-aws/sdk/v6", ""} {
		if _, err := Of(bad); err == nil || !strings.Contains(err.Error(), "want the SDK") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
}
