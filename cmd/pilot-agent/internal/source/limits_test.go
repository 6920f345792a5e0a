package source

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestLimits(t *testing.T) {
	const limit = 1 << 20
	w := newWorld(t, func(o *Options) { o.MaxPush, o.MaxUnpacked = limit, 2*limit })
	noise := make([]byte, limit+limit/4)
	source := rand.NewChaCha8([32]byte{})
	_, _ = source.Read(noise)
	tests := []struct{ name, content, want string }{
		{"a large push", string(noise), "413"},
		{"a push that unpacks to much", strings.Repeat("0", 3*limit), "413"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir, commit := w.tree(map[string]string{"f": test.content})
			out, err := w.git(dir, "push", w.remote("hello", w.server.Token), commit+":refs/pilot/1")
			if err == nil || !strings.Contains(out, test.want) {
				t.Errorf("git push: %v\n%s\nwant a failure with %q", err, out, test.want)
			}
		})
	}
	t.Run("a small body that unzips to much", func(t *testing.T) {
		var zipped bytes.Buffer
		z := gzip.NewWriter(&zipped)
		command := strings.Repeat("0", 40) + " " + strings.Repeat("1", 40) + " refs/pilot/1\x00 report-status"
		_, _ = fmt.Fprintf(z, "%04x%s", len(command)+4, command)
		_, _ = z.Write(append([]byte("0000"), make([]byte, 2*limit)...))
		_ = z.Close()
		req, err := http.NewRequest(http.MethodPost, w.url+"/git/hello.git/git-receive-pack", &zipped)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("someone", w.server.Token)
		req.Header.Set("Content-Encoding", "gzip")
		if code, _, body := w.do(req); code != http.StatusRequestEntityTooLarge || !strings.Contains(body, "too large") {
			t.Errorf("answer = %d %q, want 413 that says why", code, body)
		}
	})
	dir, commit := w.tree(map[string]string{"f": "small"})
	w.mustGit(dir, "push", "-q", w.remote("hello", w.server.Token), commit+":refs/pilot/1")
}

func TestPruning(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Keep, o.KeepFor = 2, 0 })
	token := w.server.Token
	dir, commit := w.tree(map[string]string{"same.txt": "same"})
	w.mustGit(dir, "push", "-q", w.remote("hello", token), commit+":refs/pilot/api/1")
	var commits []string
	for i := range 5 {
		noise := make([]byte, 200<<10)
		source := rand.NewChaCha8([32]byte{byte(i)})
		_, _ = source.Read(noise)
		commits = append(commits, w.snapshot(dir, map[string]string{"f": string(noise)}))
		w.mustGit(dir, "push", "-q", w.remote("hello", token), fmt.Sprintf("%s:refs/pilot/web/%d", commits[i], i))
	}
	refs := func() string { return w.mustGit(dir, "ls-remote", w.remote("hello", token), "refs/pilot/*") }
	wait(t, "old snapshots go", func() bool { return strings.Count(refs(), "\n") == 2 })
	got := refs()
	for name, want := range map[string]bool{"refs/pilot/api/1": true, "refs/pilot/web/3": true, "refs/pilot/web/4": true} {
		if strings.Contains(got, name) != want {
			t.Errorf("refs = %s\n%s kept: want %v", got, name, want)
		}
	}
	wait(t, "their objects go", func() bool {
		var size int64
		_ = filepath.WalkDir(filepath.Join(w.data, "git"), func(_ string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				if info, err := d.Info(); err == nil {
					size += info.Size()
				}
			}
			return nil
		})
		return size < 500<<10
	})
	to := t.TempDir()
	w.mustGit(to, "clone", "-q", w.remote("hello", token), "c")
	if read(t, to, "c", "same.txt") != "same" {
		t.Error("the newest snapshot has lost a file")
	}
	w.mustGit(filepath.Join(to, "c"), "fsck", "--strict")
}

func TestConcurrentPushesAndClones(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Keep, o.KeepFor = 3, 0 })
	token := w.server.Token
	var wg sync.WaitGroup
	for n := range 6 {
		dir, commit := w.tree(map[string]string{"n": fmt.Sprint(n), "same": "same"})
		to := t.TempDir()
		wg.Go(func() {
			if out, err := w.git(dir, "push", "-q", w.remote("hello", token), fmt.Sprintf("%s:refs/pilot/app%d/1", commit, n)); err != nil {
				t.Errorf("push %d: %v\n%s", n, err, out)
				return
			}
			if out, err := w.git(to, "clone", "-q", w.remote("hello", w.credential("hello", fmt.Sprintf("refs/pilot/app%d/1", n))), "c"); err != nil {
				t.Errorf("clone %d: %v\n%s", n, err, out)
				return
			}
			if got := read(t, to, "c", "n"); got != fmt.Sprint(n) {
				t.Errorf("clone %d holds snapshot %s", n, got)
			}
		})
	}
	wg.Wait()
}
