package source

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/certfile"
	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/serverapi"
	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/testcert"
	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/testserver"
)

// world is a receiver under test with the server that knows its users.
type world struct {
	t      *testing.T
	server *testserver.Server
	ca     *testcert.CA
	url    string
	data   string
	recv   *Receiver
}

func newWorld(t *testing.T, change func(*Options)) *world {
	t.Helper()
	server := testserver.Start(t)
	api, err := serverapi.New(server.Addr, server.CA.File)
	if err != nil {
		t.Fatal(err)
	}
	opts := DefaultOptions()
	opts.Data, opts.Users, opts.Log = t.TempDir(), api, slog.New(slog.NewTextHandler(t.Output(), nil))
	if change != nil {
		change(&opts)
	}
	w := &world{t: t, server: server, ca: testcert.New(t, "stack"), data: opts.Data}
	w.serve(opts)
	return w
}

func (w *world) serve(opts Options) {
	w.t.Helper()
	recv, err := New(opts)
	if err != nil {
		w.t.Fatal(err)
	}
	pair := w.ca.Issue(w.t, testcert.Leaf{Name: "source"})
	files, err := certfile.New(certfile.Files{Cert: pair.Cert, Key: pair.Key}, opts.Log)
	if err != nil {
		w.t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	w.recv, w.url = recv, "https://"+ln.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- recv.Serve(ctx, ln, files.ServerConfig(), 5*time.Second) }()
	w.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			w.t.Errorf("Serve = %v, want nil", err)
		}
	})
}

// remote returns a project's address with a password in it.
func (w *world) remote(project, password string) string {
	return strings.Replace(w.url, "https://", "https://someone:"+password+"@", 1) + "/git/" + project + ".git"
}

// git runs the real client in dir.
func (w *world) git(dir string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "protocol.version=2"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C", "GIT_SSL_CAINFO="+w.ca.File,
		"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.org", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.org")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func (w *world) mustGit(dir string, args ...string) string {
	w.t.Helper()
	out, err := w.git(dir, args...)
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// tree makes a repository with the files and returns it with a commit without parents of them.
func (w *world) tree(files map[string]string) (dir, commit string) {
	w.t.Helper()
	dir = w.t.TempDir()
	w.mustGit(dir, "init", "-q")
	return dir, w.snapshot(dir, files)
}

func (w *world) snapshot(dir string, files map[string]string) string {
	w.t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	w.mustGit(dir, "add", "-A")
	return w.mustGit(dir, "commit-tree", "-m", "snapshot", w.mustGit(dir, "write-tree"))
}

// post asks for a read credential.
func (w *world) post(token, body string) (int, map[string]string, string) {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodPost, w.url+"/credentials", strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		req.SetBasicAuth("someone", token)
	}
	return w.do(req)
}

func (w *world) do(req *http.Request) (int, map[string]string, string) {
	w.t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: w.ca.Pool()}, DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	fields := map[string]string{}
	_ = json.Unmarshal(raw, &fields)
	return resp.StatusCode, fields, string(bytes.TrimSpace(raw))
}

// credential is post that must succeed.
func (w *world) credential(project, ref string) string {
	w.t.Helper()
	code, fields, body := w.post(w.server.Token, fmt.Sprintf(`{"project":%q,"ref":%q}`, project, ref))
	if code != http.StatusCreated || fields["username"] != "snapshot" {
		w.t.Fatalf("POST /credentials = %d %s, want 201", code, body)
	}
	return fields["password"]
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// wait polls until ok or the bound is reached.
func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting after 20 s: %s", what)
		}
	}
}
