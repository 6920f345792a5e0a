package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/client"
)

// serverClient connects to the platform's server as its owner.
func (p *platform) serverClient() *client.Client {
	p.t.Helper()
	var out struct{ ServerAddress, ServerCA, ServerToken string }
	p.decode(&out, "outputs", "--show-secrets")
	c, err := client.Dial(p.t.Context(), client.Config{Address: out.ServerAddress, CA: []byte(out.ServerCA), Token: out.ServerToken})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { c.Close() })
	return c
}

// fill gives a server a project with an app, and variables.
func (p *platform) fill() {
	p.t.Helper()
	c := p.serverClient()
	if err := c.EnsureProject(p.t.Context(), client.ProjectSpec{Name: "shop", Apps: []string{"web", "api"}}); err != nil {
		p.t.Fatal(err)
	}
	values := map[string]client.Secret{"GREETING": "hello", "API_KEY": "s3cret"}
	if err := c.SetVariables(p.t.Context(), client.Scope{Project: "shop", App: "api"}, values); err != nil {
		p.t.Fatal(err)
	}
}

// filled wants what fill put in.
func (p *platform) filled() {
	p.t.Helper()
	c := p.serverClient()
	projects, err := c.Projects(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	if len(projects) != 1 || projects[0].Name != "shop" || len(projects[0].Apps) != 2 {
		p.t.Errorf("projects %+v", projects)
	}
	vars, err := c.Variables(p.t.Context(), client.Scope{Project: "shop", App: "api"})
	if err != nil {
		p.t.Fatal(err)
	}
	got := map[string]string{}
	for _, v := range vars {
		got[v.Name] = v.Value.Reveal()
	}
	if got["GREETING"] != "hello" || got["API_KEY"] != "s3cret" {
		p.t.Errorf("variables %v", got)
	}
}

// derivedImage is the stack's server image with a Dockerfile's lines on top; it
// goes with the test.
func (p *platform) derivedImage(name, lines string, files map[string]string) string {
	p.t.Helper()
	dir := p.t.TempDir()
	base := docker(p.t, "inspect", "-f", "{{.Config.Image}}", "pilot-"+p.stack+"-server")
	text := "FROM " + base + "\n" + lines
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
	for name, from := range files {
		data, err := os.ReadFile(from)
		if err != nil {
			p.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o755); err != nil {
			p.t.Fatal(err)
		}
	}
	tag := "pilot-test-" + p.stack + "-" + name + ":1"
	docker(p.t, "build", "-q", "-t", tag, dir)
	p.t.Cleanup(func() { _ = exec.Command("docker", "rmi", "-f", tag).Run() })
	return tag
}

// wrecker is a server that spoils its database and then hangs: the worst that a
// new version could do.
const wrecker = `package main

import (
	"os"
	"os/signal"
)

func main() {
	if err := os.WriteFile("/data/data.db", []byte("spoilt"), 0o600); err != nil {
		panic(err)
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, os.Interrupt)
	<-end
}

`

// TestUpgrade goes to a good image, then to one that spoils the data.
func TestUpgrade(t *testing.T) {
	p := newPlatform(t, "e2e-upgrade")
	p.run("setup", "--yes")
	p.fill()
	if out := p.run("server", "upgrade", "--yes"); !strings.Contains(out, "0 changes: the server runs this image already") {
		t.Errorf("an upgrade to the same image: %s", out)
	}

	good := p.derivedImage("good", "LABEL io.pilot.test=good\n", nil)
	p.run("server", "upgrade", "--yes", "--image", good)
	if got := docker(t, "inspect", "-f", "{{.Config.Image}}", "pilot-"+p.stack+"-server"); got != docker(t, "inspect", "-f", "{{.Id}}", good) {
		t.Errorf("the server runs %s", got)
	}
	p.filled()
	if backups, err := os.ReadDir(filepath.Join(p.home, "backups")); err != nil || len(backups) != 1 {
		t.Errorf("backups %v, %v", backups, err)
	}

	source := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(source, []byte(wrecker), 0o644); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "wrecker")
	build := exec.Command("go", "build", "-o", binary, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	bad := p.derivedImage("bad", "COPY wrecker /usr/bin/waypoint\n", map[string]string{"wrecker": binary})
	began := time.Now()
	out := p.failsWith(1, "server", "upgrade", "--yes", "--image", bad)
	if !strings.Contains(out, "the old server runs again with its data") {
		t.Errorf("the upgrade to a broken image:\n%s", out)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("the old server serves again after %s, want less than a minute", took)
	} else {
		t.Logf("the old server serves again after %s", took.Round(time.Millisecond))
	}
	p.filled()
	p.until(30*time.Second, "all parts are well again", func() bool {
		_, err := p.try("status")
		return err == nil
	})
	if left := docker(t, "images", "-q", "pilot-held/pilot-"+p.stack); left != "" {
		t.Errorf("a held image is left: %s", left)
	}
	if _, err := os.Stat(filepath.Join(p.home, "cache", p.stack, "server-data.tar")); err == nil {
		t.Error("the copy of the data is left")
	}
}

// TestBackupAndRestore takes what one platform knows to a fresh one.
func TestBackupAndRestore(t *testing.T) {
	p, q := newPlatform(t, "e2e-backup"), newPlatform(t, "e2e-restore")
	p.run("setup", "--yes")
	p.fill()
	file := filepath.Join(t.TempDir(), "server.backup")
	p.run("server", "backup", file)
	p.exits(1, "server", "backup", file)
	p.run("destroy", "--yes")

	q.run("setup", "--yes")
	started := docker(t, "inspect", "-f", "{{.State.StartedAt}}", "pilot-"+q.stack+"-server")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"truncated": data[:len(data)/2], "foreign": []byte("PK\x03\x04 something else\n")} {
		bad := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(bad, content, 0o600); err != nil {
			t.Fatal(err)
		}
		q.exits(2, "server", "restore", bad, "--yes")
	}
	if got := docker(t, "inspect", "-f", "{{.State.StartedAt}}", "pilot-"+q.stack+"-server"); got != started {
		t.Error("a refused backup stopped the server")
	}
	q.run("server", "restore", file, "--yes")
	q.filled()
	q.until(30*time.Second, "the runner is back", func() bool {
		_, err := q.try("status")
		return err == nil
	})
	// The fresh platform is whole: it deploys.
	q.run("new", "project", "crew")
	q.run("new", "app", "e2e-restored", "--target", "docker", "--port", "8080")
	q.app("restored")
	if got := get(t, q.up()); got != "restored" {
		t.Errorf("the app says %q", got)
	}
}
