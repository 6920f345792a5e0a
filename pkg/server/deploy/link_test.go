package deploy_test

import (
	"fmt"
	"net/http"
	"net/http/cgi"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/testports"
	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
	"github.com/pilot-framework/pilot/pkg/server/deploy"
)

const gitToken = "a-token-of-the-git-host"

// repository is a bare git repository with a working tree beside it.
type repository struct {
	t          *testing.T
	app        string
	bare, work string
}

func (r *repository) git(args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=test", "-c", "user.email=test@example.com"}, args...)...)
	cmd.Dir = r.work
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

const program = `package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	text, _ := os.ReadFile("/text")
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "%s mode=%s%s", text, os.Getenv("MODE"), os.Getenv("OWN")) })
	fmt.Println(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
`

func newRepository(t *testing.T, app string) *repository {
	t.Helper()
	r := &repository{t: t, app: app, bare: filepath.Join(t.TempDir(), "shop.git"), work: t.TempDir()}
	build := t.TempDir()
	servertest.Files(t, build, map[string]string{"go.mod": "module web\n", "main.go": program})
	cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", filepath.Join(r.work, "web"), ".")
	cmd.Dir, cmd.Env = build, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the app: %v\n%s", err, out)
	}
	variable := appconfig.ConfigVariable(app)
	servertest.Files(t, r.work, map[string]string{
		"services/web/Dockerfile": "FROM scratch\nLABEL pilot-test=" + app + "\nCOPY web text /\nENTRYPOINT [\"/web\"]\n",
		"services/web/waypoint.hcl": fmt.Sprintf(`project = "pilot-test-deploy"

variable %q {
  type      = map(string)
  default   = {}
  sensitive = true
}

app %q {
  config {
    env = {
      OWN = "/of the repository"
    }
  }
  build {
    use "docker" {
      disable_entrypoint = true
    }
    registry {
      use "docker" {
        image = "pilot-test-deploy/%s"
        tag   = gitrefhash()
        local = true
      }
    }
  }
  deploy {
    use "docker" {
      service_port       = 3000
      static_environment = var.%s
    }
  }
}
`, variable, app, app, variable),
	})
	servertest.Must(t, os.Rename(filepath.Join(r.work, "web"), filepath.Join(r.work, "services/web/web")))
	r.git("init", "-q", "--bare", "-b", "main", r.bare)
	r.git("init", "-q", "-b", "main")
	r.git("remote", "add", "origin", r.bare)
	r.push("first")
	return r
}

func (r *repository) push(text string) {
	r.t.Helper()
	servertest.Files(r.t, r.work, map[string]string{"services/web/text": text})
	r.git("add", "-A")
	r.git("commit", "-q", "-m", text)
	r.git("push", "-q", "origin", "main")
}

// https serves the repository by git's own server behind TLS and a token.
func (r *repository) https(s *servertest.Server) client.Source {
	t := r.t
	t.Helper()
	cert, key := s.Authority.Leaf(t, t.TempDir())
	core := strings.TrimSpace(r.git("--exec-path"))
	backend := &cgi.Handler{
		Path: filepath.Join(core, "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + filepath.Dir(r.bare), "GIT_HTTP_EXPORT_ALL=1"},
		// The repository is the test's own, whoever runs it.
		InheritEnv: []string{"PATH", "HOME"},
	}
	address := fmt.Sprintf("127.0.0.1:%d", testports.Free(t, 1)[0])
	server := &http.Server{Addr: address, ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if _, password, ok := req.BasicAuth(); !ok || password != gitToken {
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Error(w, "who is there?", http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, req)
	})}
	go func() { _ = server.ListenAndServeTLS(cert, key) }()
	t.Cleanup(func() { _ = server.Close() })
	ca := filepath.Join(t.TempDir(), "ca.pem")
	servertest.Must(t, os.WriteFile(ca, s.CA, 0o600))
	t.Setenv("SSL_CERT_FILE", ca)
	return client.Source{URL: "https://" + address + "/shop.git", Path: "services/web", Username: "git", Password: gitToken}
}

// ssh serves the repository by OpenSSH's own server.
func (r *repository) ssh() client.Source {
	t := r.t
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"host", "user"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, name)).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v\n%s", err, out)
		}
	}
	sshd, err := exec.LookPath("sshd")
	if err != nil {
		sshd = "/usr/sbin/sshd"
	}
	me, err := user.Current()
	servertest.Must(t, err)
	if me.Uid == "0" { // where OpenSSH puts the process that faces the network
		servertest.Must(t, os.MkdirAll("/run/sshd", 0o755))
	}
	port := testports.Free(t, 1)[0]
	servertest.Files(t, dir, map[string]string{"sshd_config": fmt.Sprintf(
		"ListenAddress 127.0.0.1:%d\nHostKey %s/host\nAuthorizedKeysFile %s/user.pub\nPidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n",
		port, dir, dir)})
	servertest.StartProcess(t, nil, sshd, "-D", "-e", "-f", filepath.Join(dir, "sshd_config"))
	host, err := os.ReadFile(filepath.Join(dir, "host.pub"))
	servertest.Must(t, err)
	servertest.Files(t, dir, map[string]string{"known_hosts": fmt.Sprintf("[127.0.0.1]:%d %s", port, host)})
	t.Setenv("SSH_KNOWN_HOSTS", filepath.Join(dir, "known_hosts"))
	key, err := os.ReadFile(filepath.Join(dir, "user"))
	servertest.Must(t, err)
	from := client.Source{URL: fmt.Sprintf("ssh://%s@127.0.0.1:%d%s", me.Username, port, r.bare), Path: "services/web", PrivateKey: string(key)}
	servertest.Eventually(t, 20*time.Second, "sshd answers", func() bool {
		_, err := deploy.ReadConfig(servertest.Timeout(t, 10*time.Second), from)
		return err == nil || !strings.Contains(err.Error(), "connection refused")
	})
	return from
}

func TestLinkedRepository(t *testing.T) {
	for name, serve := range map[string]func(*repository, *servertest.Server) client.Source{
		"https": (*repository).https,
		"ssh":   func(r *repository, _ *servertest.Server) client.Source { return r.ssh() },
	} {
		t.Run(name, func(t *testing.T) { linked(t, name, serve) })
	}
}

func linked(t *testing.T, name string, serve func(*repository, *servertest.Server) client.Source) {
	s, c := servertest.Bootstrapped(t)
	receiver := s.StartReceiver(t, s.Token)
	r := newRepository(t, fmt.Sprintf("pilot-test-deploy-%d-%s", os.Getpid(), name))
	t.Cleanup(func() { cleanDocker(t, r.app) })
	from := serve(r, s)
	s.StartRunner(t, c, "linked", 2)
	p := deploy.Platform{Address: s.Address, CA: s.CA, Token: s.Token, Source: receiver.URL, RunnerSource: receiver.URL}
	ctx := servertest.Timeout(t, 4*time.Minute)

	// What is wrong shows before anything is changed.
	for what, wrong := range map[string]func(*client.Source){
		"no such branch or tag": func(s *client.Source) { s.Ref = "nowhere" },
		"has no other/waypoint": func(s *client.Source) { s.Path = "other" },
	} {
		bad := from
		wrong(&bad)
		if _, err := deploy.Link(ctx, p, deploy.LinkRequest{Source: bad}, deploy.Progress{}); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("link: %v, want %q", err, what)
		}
	}
	if list, err := c.Projects(ctx); err != nil || len(list) != 0 {
		t.Errorf("a refused link made %v (%v)", list, err)
	}

	_, err := deploy.Link(ctx, p, deploy.LinkRequest{Source: from}, deploy.Progress{})
	servertest.Must(t, err)
	// From nowhere: the project's name is enough.
	result, err := deploy.Up(ctx, p, deploy.Request{Dir: t.TempDir(), Project: "pilot-test-deploy", App: r.app}, deploy.Progress{})
	servertest.Must(t, err)
	served(t, result.URL, "first mode=/of the repository")
	servertest.Must(t, c.SetVariables(ctx, client.Scope{Project: "pilot-test-deploy"}, map[string]client.Secret{"MODE": "by hand"}))
	result, err = deploy.Up(ctx, p, deploy.Request{Dir: t.TempDir(), Project: "pilot-test-deploy", App: r.app}, deploy.Progress{})
	servertest.Must(t, err)
	served(t, result.URL, "first mode=by hand/of the repository")

	_, err = deploy.Link(ctx, p, deploy.LinkRequest{Source: from, Poll: client.ShortestPoll}, deploy.Progress{})
	servertest.Must(t, err)
	servertest.Must(t, c.SetVariables(ctx, client.Scope{Project: "pilot-test-deploy"}, map[string]client.Secret{"MODE": "polled"}))
	servertest.Must(t, deploy.RefreshPolled(ctx, deploy.Platform{}, c, "pilot-test-deploy", deploy.Progress{}))
	r.push("second")
	servertest.Eventually(t, 90*time.Second, "the pushed commit is deployed", func() bool {
		list, err := c.Deployments(ctx, client.DeploymentFilter{Project: "pilot-test-deploy", App: r.app, Limit: 1})
		servertest.Must(t, err)
		return len(list) == 1 && len(list[0].URLs) > 0 && body(list[0].URLs[0]) == "second mode=polled/of the repository"
	})
	if shown := fmt.Sprintf("%v %+v", from, result); strings.Contains(shown, gitToken) || strings.Contains(shown, "PRIVATE KEY") {
		t.Errorf("a credential is shown: %s", shown)
	}
}

func served(t *testing.T, url, want string) {
	t.Helper()
	servertest.Eventually(t, 20*time.Second, url+" says "+want, func() bool { return body(url) == want })
}

func body(url string) string {
	resp, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	buf := make([]byte, 1024)
	n, _ := resp.Body.Read(buf)
	return string(buf[:n])
}

func cleanDocker(t *testing.T, app string) {
	t.Helper()
	words := func(args ...string) []string {
		out, err := exec.Command("docker", args...).Output()
		if err != nil {
			t.Errorf("docker %v: %v", args, err)
		}
		return strings.Fields(string(out))
	}
	for _, id := range words("ps", "-aq", "--filter", "label=app="+app) {
		words("rm", "-f", id)
	}
	for _, id := range words("images", "-q", "--filter", "label=pilot-test="+app) {
		_ = exec.Command("docker", "rmi", "-f", id).Run()
	}
	for _, name := range words("volume", "ls", "-q", "--filter", "name="+app) {
		words("volume", "rm", name)
	}
}
