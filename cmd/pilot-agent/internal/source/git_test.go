package source

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
)

func TestPushAndClone(t *testing.T) {
	w := newWorld(t, nil)
	token := w.server.Token
	dir, first := w.tree(map[string]string{"a.txt": "one", "dir/b.txt": "two"})
	remote := w.remote("hello", token)
	w.mustGit(dir, "push", "-q", remote, first+":refs/pilot/web/1")
	second := w.snapshot(dir, map[string]string{"a.txt": "changed"})
	w.mustGit(dir, "push", "-q", remote, second+":refs/pilot/web/2")

	t.Run("git, user", func(t *testing.T) {
		to := t.TempDir()
		w.mustGit(to, "clone", "-q", remote, "c")
		if got := read(t, to, "c", "a.txt"); got != "changed" {
			t.Errorf("a.txt = %q, want the newest snapshot", got)
		}
		w.mustGit(filepath.Join(to, "c"), "fetch", "-q", "origin", "refs/pilot/web/1")
		if got := w.mustGit(filepath.Join(to, "c"), "rev-parse", "FETCH_HEAD"); got != first {
			t.Errorf("refs/pilot/web/1 = %s, want %s", got, first)
		}
	})
	t.Run("git, read credential", func(t *testing.T) {
		to := t.TempDir()
		w.mustGit(to, "clone", "-q", w.remote("hello", w.credential("hello", "refs/pilot/web/1")), "c")
		if got := read(t, to, "c", "a.txt"); got != "one" {
			t.Errorf("a.txt = %q, want the credential's snapshot", got)
		}
		out := w.mustGit(to, "ls-remote", w.remote("hello", w.credential("hello", "refs/pilot/web/1")))
		if strings.Contains(out, second) || strings.Count(out, first) != 3 {
			t.Errorf("refs = %s\nwant HEAD, refs/heads/main and refs/pilot/web/1 at %s only", out, first)
		}
	})
	t.Run("go-git, the way the runner does it", func(t *testing.T) {
		bundle, err := os.ReadFile(w.ca.File)
		if err != nil {
			t.Fatal(err)
		}
		auth := &githttp.BasicAuth{Username: "snapshot", Password: w.credential("hello", "refs/pilot/web/1")}
		to := t.TempDir()
		repo, err := git.PlainClone(to, false, &git.CloneOptions{URL: w.url + "/git/hello.git", Auth: auth, CABundle: bundle})
		if err != nil {
			t.Fatal(err)
		}
		err = repo.Fetch(&git.FetchOptions{Auth: auth, CABundle: bundle, RefSpecs: []config.RefSpec{"refs/*:refs/*"}, Force: true})
		if err != nil && err != git.NoErrAlreadyUpToDate {
			t.Fatal(err)
		}
		hash, err := repo.ResolveRevision("refs/pilot/web/1")
		if err != nil {
			t.Fatal(err)
		}
		tree, err := repo.Worktree()
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Checkout(&git.CheckoutOptions{Hash: *hash, Force: true}); err != nil {
			t.Fatal(err)
		}
		if got := read(t, to, "dir/b.txt"); got != "two" {
			t.Errorf("dir/b.txt = %q", got)
		}
	})
	t.Run("go-git pushes", func(t *testing.T) {
		bundle, err := os.ReadFile(w.ca.File)
		if err != nil {
			t.Fatal(err)
		}
		repo, err := git.PlainOpen(dir)
		if err != nil {
			t.Fatal(err)
		}
		// Twice: to a project that does not exist yet, and to one that does.
		for i, commit := range []string{first, second} {
			name := plumbing.ReferenceName(fmt.Sprintf("refs/heads/s%d", i))
			if err := repo.Storer.SetReference(plumbing.NewHashReference(name, plumbing.NewHash(commit))); err != nil {
				t.Fatal(err)
			}
			remote, err := repo.CreateRemoteAnonymous(&config.RemoteConfig{Name: "anonymous", URLs: []string{w.url + "/git/other.git"}})
			if err != nil {
				t.Fatal(err)
			}
			err = remote.PushContext(context.Background(), &git.PushOptions{RemoteName: "anonymous", CABundle: bundle,
				Auth:     &githttp.BasicAuth{Username: "pilot", Password: token},
				RefSpecs: []config.RefSpec{config.RefSpec(fmt.Sprintf("%s:refs/pilot/%d", name, i))}})
			if err != nil {
				t.Fatalf("push %d: %v", i, err)
			}
		}
		if got := w.mustGit(t.TempDir(), "ls-remote", w.remote("other", token), "refs/pilot/*"); !strings.Contains(got, first) || !strings.Contains(got, second) {
			t.Errorf("refs = %s, want both snapshots", got)
		}
	})
	t.Run("the same commit again under another name", func(t *testing.T) {
		w.mustGit(dir, "push", "-q", remote, first+":refs/pilot/web/again")
	})
	t.Run("after a restart", func(t *testing.T) {
		password := w.credential("hello", "refs/pilot/web/2")
		w.serve(w.recv.opts)
		to := t.TempDir()
		w.mustGit(to, "clone", "-q", w.remote("hello", password), "c")
		if got := read(t, to, "c", "a.txt"); got != "changed" {
			t.Errorf("a.txt = %q", got)
		}
	})
}

func TestPushRefused(t *testing.T) {
	w := newWorld(t, nil)
	token := w.server.Token
	dir, good := w.tree(map[string]string{"a.txt": "one"})
	w.mustGit(dir, "push", "-q", w.remote("hello", token), good+":refs/pilot/web/1")
	child := w.mustGit(dir, "commit-tree", "-p", good, "-m", "child", w.mustGit(dir, "write-tree"))
	other := w.snapshot(dir, map[string]string{"a.txt": "two"})
	read := w.credential("hello", "refs/pilot/web/1")

	tests := []struct{ name, remote, spec, want string }{
		{"a commit with a parent", w.remote("hello", token), child + ":refs/pilot/2", "without parents"},
		{"a branch", w.remote("hello", token), other + ":refs/heads/main2", "want refs/pilot/ID"},
		{"a ref too deep", w.remote("hello", token), other + ":refs/pilot/a/b/c", "want refs/pilot/ID"},
		{"a bad name", w.remote("hello", token), other + ":refs/pilot/-x", "starting with a letter"},
		{"a change", w.remote("hello", token), "+" + other + ":refs/pilot/web/1", "can't be changed"},
		{"a deletion", w.remote("hello", token), ":refs/pilot/web/1", "remote rejected"},
		{"a snapshot where an app is", w.remote("hello", token), other + ":refs/pilot/web", "an app has this name"},
		{"no token", w.remote("hello", "x"), other + ":refs/pilot/2", "Authentication failed"},
		{"a runner's token", w.remote("hello", w.server.RunnerToken), other + ":refs/pilot/2", "Authentication failed"},
		{"a read credential", w.remote("hello", read), other + ":refs/pilot/2", "403"},
		{"a bad project", w.remote("-hello", token), other + ":refs/pilot/2", "400"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, err := w.git(dir, "push", test.remote, test.spec)
			if err == nil || !strings.Contains(out, test.want) {
				t.Errorf("git push: %v\n%s\nwant a failure with %q", err, out, test.want)
			}
		})
	}
	if got := w.mustGit(dir, "ls-remote", w.remote("hello", token)); strings.Count(got, "\n") != 2 || strings.Contains(got, other) {
		t.Errorf("refs after refused pushes = %s\nwant the first snapshot alone", got)
	}
	if packs, _ := filepath.Glob(filepath.Join(w.data, "git/hello.git/objects/pack/*.pack")); len(packs) != 1 {
		t.Errorf("packs after refused pushes = %v, want the first one alone", packs)
	}
	if left, _ := os.ReadDir(filepath.Join(w.data, "tmp")); len(left) != 0 {
		t.Errorf("temporary files left: %v", left)
	}
}

func TestReadRefused(t *testing.T) {
	w := newWorld(t, nil)
	token := w.server.Token
	dir, first := w.tree(map[string]string{"a.txt": "one"})
	second := w.snapshot(dir, map[string]string{"secret.txt": "two"})
	for project, commit := range map[string]string{"hello": first, "other": second} {
		w.mustGit(dir, "push", "-q", w.remote(project, token), commit+":refs/pilot/1")
	}
	w.mustGit(dir, "push", "-q", w.remote("hello", token), second+":refs/pilot/2")
	read := w.credential("hello", "refs/pilot/1")
	expired := credentialPrefix + w.recv.signer.seal(grant{"hello", "refs/pilot/1", time.Now().Add(-time.Second).Unix()})
	tests := []struct{ name, remote, spec, want string }{
		{"another project", w.remote("other", read), "HEAD", "403"},
		{"another snapshot", w.remote("hello", read), second, "no such snapshot"},
		{"no such project", w.remote("absent", token), "HEAD", "not found"},
		{"forged", w.remote("hello", read+"A"), "HEAD", "Authentication failed"},
		{"expired", w.remote("hello", expired), "HEAD", "Authentication failed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			to := t.TempDir()
			w.mustGit(to, "init", "-q")
			// An exact hash is asked for without a look at the refs only if the server may allow it.
			out, err := w.git(to, "-c", "protocol.version=0", "fetch", test.remote, test.spec)
			if err == nil {
				t.Fatalf("git fetch works: %s", out)
			}
			if test.name != "another snapshot" && !strings.Contains(out, test.want) {
				t.Errorf("git fetch: %s\nwant %q", out, test.want)
			}
		})
	}
	t.Run("a want that was not offered", func(t *testing.T) {
		body := fmt.Sprintf("0032want %s\n00000009done\n", second)
		req, err := http.NewRequest(http.MethodPost, w.url+"/git/hello.git/git-upload-pack", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("snapshot", read)
		if _, _, got := w.do(req); !strings.Contains(got, "ERR "+second+": no such snapshot") {
			t.Errorf("answer = %q, want a refusal", got)
		}
	})
}
