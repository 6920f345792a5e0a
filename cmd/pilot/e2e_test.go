package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/testports"
)

// platform is one real platform on this machine's Docker, with a stack name,
// ports and a PILOT_HOME of its own.
type platform struct {
	t     *testing.T
	stack string
	home  string
	dir   string
	bin   string
}

const (
	databaseImage = "pilot-postgres:15" // made by "make base-images"
	commandBound  = 4 * time.Minute
)

func newPlatform(t *testing.T, stack string) *platform {
	t.Helper()
	bin, err := filepath.Abs("../../bin/pilot")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(bin); err != nil {
		t.Fatalf("%v: run make build first", err)
	}
	p := &platform{t: t, stack: stack, home: filepath.Join(t.TempDir(), "home"), dir: t.TempDir(), bin: bin}
	ports := testports.Free(t, 5)
	p.write("pilot.yaml", fmt.Sprintf("target: local\nstack: %s\nlocal:\n"+
		"  ports: {docker: %d, server: %d, ui: %d, source: %d, database: %d}\n  database: {image: %q}\n",
		stack, ports[0], ports[1], ports[2], ports[3], ports[4], databaseImage))
	t.Cleanup(func() {
		// Whatever the test left behind goes, also when it failed.
		if out, err := p.try("destroy", "--yes"); err != nil {
			t.Errorf("clean up: %v\n%s", err, out)
		}
	})
	return p
}

func (p *platform) write(name, content string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(content), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *platform) command(args ...string) (*exec.Cmd, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), commandBound)
	cmd := exec.CommandContext(ctx, p.bin, args...)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "PILOT_HOME="+p.home, "NO_COLOR=1")
	return cmd, cancel
}

// try runs pilot and returns both streams together.
func (p *platform) try(args ...string) (string, error) {
	cmd, cancel := p.command(args...)
	defer cancel()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// run runs pilot, wants exit code 0, and returns standard output.
func (p *platform) run(args ...string) string {
	p.t.Helper()
	return p.exits(0, args...)
}

// exits runs pilot, wants this exit code, and returns standard output.
func (p *platform) exits(code int, args ...string) string {
	p.t.Helper()
	cmd, cancel := p.command(args...)
	defer cancel()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		p.t.Fatal(err)
	}
	if got != code {
		p.t.Fatalf("pilot %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), errs.String())
	}
	return out.String()
}

// decode runs pilot with --json and wants nothing but that JSON.
func (p *platform) decode(v any, args ...string) {
	p.t.Helper()
	out := p.run(append(args, "--json")...)
	dec := json.NewDecoder(strings.NewReader(out))
	if err := dec.Decode(v); err != nil {
		p.t.Fatalf("pilot %s --json: %v\n%s", strings.Join(args, " "), err, out)
	}
	if dec.More() {
		p.t.Fatalf("pilot %s --json printed more than one value:\n%s", strings.Join(args, " "), out)
	}
}

func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v\n%s", url, resp.Status, err, body)
	}
	return string(body)
}

// app writes a web app that answers with a greeting, built from source.
func (p *platform) app(greeting string) {
	p.write("main.go", fmt.Sprintf(`package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, %q) })
	panic(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
`, greeting))
	p.write("go.mod", "module example.com/web\n\ngo 1.21\n")
	p.write("Dockerfile", `FROM pilot-go:1.26 AS build
WORKDIR /src
RUN ["go", "build", "net/http"]
COPY . .
RUN ["go", "build", "-o", "/web", "."]
FROM scratch
COPY --from=build /web /web
ENTRYPOINT ["/web"]
`)
	p.write(".dockerignore", "home\n")
}

type previewReport struct {
	Stack, Target string
	Simulated     bool
	Summary       struct{ Create, Update, Replace, Delete, Same int }
	Steps         []struct {
		Op, Type, Name, URN string
		Inputs              map[string]any
		Diff                []struct {
			Path, Kind string
			Old, New   any
		}
	}
}

// TestLifeOfAPlatform is the whole path on real parts: Docker, the server and
// PostgreSQL, from nothing to an app and back to nothing.
func TestLifeOfAPlatform(t *testing.T) {
	p := newPlatform(t, "e2e-life")

	var report previewReport
	p.decode(&report, "preview")
	if report.Stack != p.stack || report.Target != "local" || report.Simulated || report.Summary.Create < 20 {
		t.Errorf("first preview: %+v", report.Summary)
	}
	p.exits(2, "preview", "--detailed-exitcode")
	if got := docker(t, "ps", "-aq", "--filter", "label=io.pilot.stack="+p.stack); got != "" {
		t.Fatalf("a preview made containers: %s", got)
	}

	p.run("setup", "--yes")
	p.decode(&report, "preview")
	if s := report.Summary; s.Create+s.Update+s.Replace+s.Delete != 0 || s.Same < 20 {
		t.Errorf("preview after setup: %+v, want no change", s)
	}
	if out := p.run("setup", "--yes"); !strings.Contains(out, "0 changes: the platform is as its spec says") {
		t.Errorf("second setup: %s", out)
	}
	status := p.healthy()

	p.run("new", "project", "shop")
	p.run("new", "app", "e2e-web", "--target", "docker", "--port", "8080")
	p.app("hello one")
	url := p.up()
	if got := get(t, url); got != "hello one" {
		t.Errorf("GET %s = %q", url, got)
	}
	p.app("hello two")
	url = p.up()
	if got := get(t, url); got != "hello two" {
		t.Errorf("after the change: GET %s = %q", url, got)
	}
	p.failingBuild()
	p.endpointRefusesStrangers(status.Docker.Endpoint)
	p.driftIsSeenAndMended()
	p.noSecretInInspect()

	p.run("destroy", "--yes")
	p.nothingLeft()
}

// up deploys the app and returns the URL that the last line of output is.
func (p *platform) up() string {
	p.t.Helper()
	lines := strings.Split(strings.TrimSpace(p.run("up")), "\n")
	url := lines[len(lines)-1]
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+$`).MatchString(url) {
		p.t.Fatalf("up ended with %q, want a URL:\n%s", url, strings.Join(lines, "\n"))
	}
	return url
}

type statusReport struct {
	Stack, Target string
	Server        struct {
		Address, UI, Version string
		Healthy              bool
	}
	Docker struct {
		Endpoint     string
		TLS, Healthy bool
	}
	Database struct {
		Host    string
		Port    int
		Healthy bool
	}
	Runners []struct {
		ID     string
		Online bool
	}
}

func (p *platform) healthy() statusReport {
	p.t.Helper()
	var s statusReport
	p.decode(&s, "status")
	if !s.Server.Healthy || !s.Docker.Healthy || !s.Docker.TLS || !s.Database.Healthy || len(s.Runners) != 1 || !s.Runners[0].Online {
		p.t.Fatalf("not healthy: %+v", s)
	}
	return s
}
