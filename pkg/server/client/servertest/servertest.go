// Package servertest starts a real Pilot server, runners and a source receiver as
// child processes on loopback, for tests. Everything ends with the test, and its
// output is shown when the test fails.
package servertest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/testports"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/source"
)

// Checkout is the root of the repository.
func Checkout() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..", "..")
}

var builds sync.Map // target -> *build

type build struct {
	once sync.Once
	file string
	err  error
}

// binary builds a program once a process; keep keeps it over processes.
func binary(t testing.TB, target, dir, file string, keep bool, flags ...string) string {
	t.Helper()
	v, _ := builds.LoadOrStore(target, &build{})
	b := v.(*build)
	b.once.Do(func() {
		b.file = file
		if _, err := os.Stat(file); err == nil && keep {
			return
		}
		args := append(append([]string{"build"}, flags...), "-o", file, target)
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.err = fmt.Errorf("build %s: %w\n%s", target, err, out)
		}
	})
	Must(t, b.err)
	return b.file
}

// Waypoint is bin/waypoint of the checkout, built when it is missing.
func Waypoint(t testing.TB) string {
	t.Helper()
	file := filepath.Join(Checkout(), "bin", "waypoint")
	if _, err := os.Stat(file); err != nil {
		out, err := exec.Command(filepath.Join(Checkout(), "tools", "waypoint", "build.sh"), file).CombinedOutput()
		if err != nil {
			t.Fatalf("build the server: %v\n%s", err, out)
		}
	}
	return file
}

// Agent is the pilot-agent program, built from the checkout's source.
func Agent(t testing.TB) string {
	t.Helper()
	return binary(t, "./cmd/pilot-agent", Checkout(), filepath.Join(os.TempDir(), fmt.Sprintf("pilot-agent-test-%d", os.Getpid())), false)
}

// RemoveBinaries deletes what was built for this process only. Call it at the end
// of TestMain.
func RemoveBinaries() {
	_ = os.Remove(filepath.Join(os.TempDir(), fmt.Sprintf("pilot-agent-test-%d", os.Getpid())))
}

// Server is a real server on loopback. Its Config holds the owner's token once it
// is bootstrapped.
type Server struct {
	client.Config
	// Process is the server's process.
	Process *Child
	// Authority signed the server's certificate.
	Authority *Authority
	dir       string
	cert, key string
	http      int
}

// Start starts a server on an empty database and does not wait for it.
func Start(t testing.TB) *Server {
	t.Helper()
	ports := testports.Free(t, 2)
	s := &Server{Authority: NewAuthority(t, "stack CA"), dir: t.TempDir(), http: ports[0]}
	s.Address = fmt.Sprintf("127.0.0.1:%d", ports[1])
	s.CA = s.Authority.PEM
	s.cert, s.key = s.Authority.Leaf(t, s.dir)
	Must(t, os.WriteFile(filepath.Join(s.dir, "ca.pem"), s.CA, 0o600))
	s.Restart(t)
	return s
}

// Restart starts the server's process, after Process.Stop once more on the same
// database.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Process = StartProcess(t, []string{"HOME=" + s.dir}, Waypoint(t), "server", "run", "-accept-tos",
		"-db="+filepath.Join(s.dir, "data.db"), "-listen-grpc="+s.Address,
		fmt.Sprintf("-listen-http=127.0.0.1:%d", s.http),
		"-tls-cert-file="+s.cert, "-tls-key-file="+s.key, "-url-enabled=false", "-disable-ui")
}

// Bootstrapped starts a server, waits until it is ready, takes its token and
// connects with it.
func Bootstrapped(t testing.TB) (*Server, *client.Client) {
	t.Helper()
	s := Start(t)
	ctx := Timeout(t, time.Minute)
	Must(t, client.WaitReady(ctx, s.Config, nil))
	token, err := client.Bootstrap(ctx, s.Config)
	Must(t, err)
	s.Token = token
	return s, s.Dial(t, token)
}

// Dial connects with the token.
func (s *Server) Dial(t testing.TB, token string) *client.Client {
	t.Helper()
	cfg := s.Config
	cfg.Token = token
	c, err := client.Dial(context.Background(), cfg)
	Must(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// RunnerOptions say how a runner is started.
type RunnerOptions struct {
	// ID is the runner's.
	ID string
	// Concurrency is the number of jobs at a time.
	Concurrency int
	// Plugins are paths of plugin binaries that the runner is to find.
	Plugins []string
	// Env are additional environment variables, as NAME=VALUE.
	Env []string
}

// StartRunner starts a runner with its own token, in a file as on the platform,
// and waits until it is online.
func (s *Server) StartRunner(t testing.TB, c *client.Client, id string, concurrency int) *Child {
	t.Helper()
	return s.StartRunnerWith(t, c, RunnerOptions{ID: id, Concurrency: concurrency})
}

// StartRunnerWith is [Server.StartRunner] with more to choose.
func (s *Server) StartRunnerWith(t testing.TB, c *client.Client, opts RunnerOptions) *Child {
	t.Helper()
	ctx := Timeout(t, time.Minute)
	token, err := c.RunnerToken(ctx, opts.ID)
	Must(t, err)
	home := t.TempDir()
	contexts := filepath.Join(home, "waypoint", "context")
	Must(t, os.MkdirAll(contexts, 0o700))
	Must(t, os.WriteFile(filepath.Join(contexts, "pilot.hcl"), client.RunnerContext(s.Address, token), 0o600))
	Must(t, os.WriteFile(filepath.Join(contexts, "_default.hcl"), []byte("pilot"), 0o600))
	plugins := filepath.Join(home, "waypoint", "plugins")
	Must(t, os.Mkdir(plugins, 0o700))
	for _, p := range opts.Plugins {
		Must(t, os.Symlink(p, filepath.Join(plugins, filepath.Base(p))))
	}
	tmp := filepath.Join(home, "tmp")
	Must(t, os.Mkdir(tmp, 0o700))
	child := StartProcess(t, append([]string{
		"HOME=" + home, "XDG_CONFIG_HOME=" + home, "TMPDIR=" + tmp,
		"SSL_CERT_FILE=" + filepath.Join(s.dir, "ca.pem"), "DOCKER_HOST=unix:///var/run/docker.sock",
	}, opts.Env...), Waypoint(t), "runner", "agent", "-id="+opts.ID, fmt.Sprintf("-concurrency=%d", opts.Concurrency))
	Eventually(t, 30*time.Second, "runner "+opts.ID+" is online", func() bool { return Online(t, c, opts.ID) })
	return child
}

// Online says whether the runner is online.
func Online(t testing.TB, c *client.Client, id string) bool {
	t.Helper()
	runners, err := c.Runners(Timeout(t, 10*time.Second))
	Must(t, err)
	for _, r := range runners {
		if r.ID == id {
			return r.Online
		}
	}
	return false
}

// StartReceiver starts a source receiver that asks the server for its users, and
// gives what the user with the token needs to reach it.
func (s *Server) StartReceiver(t testing.TB, token string, flags ...string) source.Receiver {
	t.Helper()
	addr := fmt.Sprintf("127.0.0.1:%d", testports.Free(t, 1)[0])
	args := append([]string{"source", "-listen", addr, "-cert", s.cert, "-key", s.key, "-data", t.TempDir(),
		"-server", s.Address, "-server-ca", filepath.Join(s.dir, "ca.pem")}, flags...)
	StartProcess(t, nil, Agent(t), args...)
	Eventually(t, 20*time.Second, "the source receiver listens", func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return source.Receiver{URL: "https://" + addr, CA: s.CA, Token: token}
}

// Timeout is a context that ends after d or with the test.
func Timeout(t testing.TB, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// Must ends the test on an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Eventually waits until the condition holds.
func Eventually(t testing.TB, d time.Duration, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(d)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", d, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Files writes files below dir; a name that ends in a slash is a folder, content
// that starts with "-> " a symbolic link.
func Files(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			Must(t, os.MkdirAll(path, 0o700))
			continue
		}
		Must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			Must(t, os.Symlink(target, path))
			continue
		}
		Must(t, os.WriteFile(path, []byte(content), 0o600))
	}
}
