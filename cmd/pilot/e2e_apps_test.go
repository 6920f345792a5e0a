package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestThreeApps is a project's daily life on real parts.
func TestThreeApps(t *testing.T) {
	p := newPlatform(t, "e2e-apps")
	t.Cleanup(func() { removeImages(t, "pilot.local/e2e-three/") })
	p.run("setup", "--yes")
	p.threeApps()

	out := p.run("up", "--all")
	urls := regexp.MustCompile(`(?m)^http://127\.0\.0\.1:\d+$`).FindAllString(out, -1)
	if len(urls) != 3 {
		t.Fatalf("up --all printed %d URLs, want 3:\n%s", len(urls), out)
	}
	answers(t, urls[0], "one mode= key=")
	answers(t, urls[1], "node v18")
	answers(t, urls[2], "<h1>a site</h1>")

	p.configReachesTheApp()
	p.lookingAtAnApp()
	p.goingBack()
	p.twoAtOnce()
	p.interrupted()
	p.stepByStep()
	p.comesBack(urls[1])
	p.destroyedAlone()
}

func removeImages(t *testing.T, prefix string) {
	for _, name := range strings.Fields(docker(t, "images", "--format", "{{.Repository}}:{{.Tag}}")) {
		if strings.HasPrefix(name, prefix) {
			docker(t, "rmi", "-f", name)
		}
	}
}

func (p *platform) configReachesTheApp() {
	t := p.t
	t.Helper()
	p.run("config", "set", "MODE=project wide")
	p.run("config", "set", "--app", goApp, "MODE=a \"quoted\" ${value}")
	p.write(".env", "API_KEY='hunter2 from a file'\n")
	p.run("config", "set", "--app", goApp, "--secret", "--from-file", ".env")
	list := p.run("config", "get", "--app", goApp)
	if strings.Contains(list, "hunter2") || !strings.Contains(list, "[secret]") || !strings.Contains(list, `a "quoted" ${value}`) {
		t.Errorf("config get:\n%s", list)
	}
	p.exits(2, "config", "get", "--app", goApp, "API_KEY")
	if got := p.run("config", "get", "--app", goApp, "API_KEY", "--show-secrets"); got != "hunter2 from a file\n" {
		t.Errorf("config get --show-secrets = %q", got)
	}
	p.goSource("two")
	out := p.run("up", goApp)
	answers(t, lastURL.FindString(strings.TrimSpace(out)), `two mode=a "quoted" ${value} key=hunter2 from a file`)
	if strings.Contains(out, "hunter2") {
		t.Errorf("up printed the secret:\n%s", out)
	}
	if text, err := os.ReadFile(filepath.Join(p.dir, "waypoint.hcl")); err != nil || strings.Contains(string(text), "pilot_config") {
		t.Errorf("up changed waypoint.hcl: %v\n%s", err, text)
	}
	for _, container := range strings.Fields(docker(t, "ps", "-q", "--filter", "label=io.pilot.stack="+p.stack)) {
		if strings.Contains(docker(t, "inspect", container)+docker(t, "logs", container), "hunter2") {
			t.Errorf("the secret stands in the platform's container %s", container)
		}
	}
	p.run("config", "unset", "--app", goApp, "MODE")
	answers(t, p.upURL(goApp), "two mode=project wide key=hunter2")
}

func (p *platform) lookingAtAnApp() {
	t := p.t
	t.Helper()
	if out := p.run("logs", goApp); !strings.Contains(out, "the api begins") {
		t.Errorf("logs:\n%s", out)
	}
	if out := p.exits(7, "exec", goApp, "--", "/api", "argument"); !strings.Contains(out, "told [argument] project wide") {
		t.Errorf("exec:\n%s", out)
	}
	var list []struct {
		Number uint64
		State  string
		URLs   []string
	}
	p.decode(&list, "deployments", goApp)
	if len(list) != 3 || list[0].Number != 3 || list[0].State != "running" || len(list[0].URLs) != 1 {
		t.Errorf("deployments: %+v", list)
	}
	if out := p.run("deployments", goApp); !strings.Contains(out, "NUMBER") {
		t.Errorf("deployments:\n%s", out)
	}
	var app struct {
		App, URL  string
		Variables int
	}
	p.decode(&app, "status", goApp)
	if app.App != goApp || app.URL == "" || app.Variables != 2 {
		t.Errorf("status: %+v", app)
	}
	p.followedLogs()
}

// followedLogs wants "logs -f" to print what is there and to end well at Ctrl-C.
func (p *platform) followedLogs() {
	t := p.t
	t.Helper()
	cmd, cancel := p.command("logs", "-f", goApp)
	defer cancel()
	read, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 256)
	n, err := read.Read(buf)
	if err != nil || !strings.Contains(string(buf[:n]), "the api begins") {
		t.Errorf("logs -f: %q, %v", buf[:n], err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("logs -f after Ctrl-C: %v", err)
	}
}

func (p *platform) goingBack() {
	t := p.t
	t.Helper()
	out := strings.TrimSpace(p.run("rollback", goApp, "1"))
	answers(t, lastURL.FindString(out), "one mode=project wide key=hunter2")
	p.exits(2, "rollback", goApp, "99")
	answers(t, p.upURL(goApp), "two ")
}

func (p *platform) twoAtOnce() {
	t := p.t
	t.Helper()
	first, cancel := p.command("up", goApp)
	defer cancel()
	var group sync.WaitGroup
	var firstOut []byte
	var firstErr error
	p.goSource("first of two")
	group.Add(1)
	go func() {
		defer group.Done()
		firstOut, firstErr = first.CombinedOutput()
	}()
	p.jobIsActive()
	p.goSource("second of two")
	url := p.upURL(goApp)
	group.Wait()
	if firstErr != nil {
		t.Errorf("the first of two: %v\n%s", firstErr, firstOut)
	}
	answers(t, url, "second of two")
	var app struct{ URL string }
	// The server looks at a fresh deployment once more, and has no URL meanwhile.
	for end := time.Now().Add(30 * time.Second); app.URL == "" && time.Now().Before(end); {
		p.decode(&app, "status", goApp)
	}
	if app.URL != url {
		t.Errorf("status says %s, the last up %s:\n%s\n%s\n%s", app.URL, url, p.run("deployments", goApp),
			docker(t, "ps", "--filter", "label=app="+goApp), firstOut)
	}
}

// jobIsActive waits until the server has an up of the app.
func (p *platform) jobIsActive() {
	p.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		if p.activeJobs() > 0 {
			return
		}
	}
	p.t.Fatal("no job came up")
}

func (p *platform) activeJobs() int {
	p.t.Helper()
	var app struct{ Jobs []struct{ Operation string } }
	p.decode(&app, "status", goApp)
	n := 0
	for _, job := range app.Jobs {
		if job.Operation == "up" { // the server has jobs of its own
			n++
		}
	}
	return n
}

// interrupted sends a real Ctrl-C while the job runs.
func (p *platform) interrupted() {
	t := p.t
	t.Helper()
	p.write("api/Dockerfile", "FROM pilot-node:18\nRUN [\"sleep\", \"600\"]\n")
	cmd, cancel := p.command("up", goApp)
	defer cancel()
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.jobIsActive()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 130 {
		t.Errorf("up after Ctrl-C: %v, want exit code 130\n%s", err, out.String())
	}
	if n := p.activeJobs(); n != 0 {
		t.Errorf("%d jobs go on after Ctrl-C", n)
	}
	p.goDockerfile()
}

func (p *platform) stepByStep() {
	t := p.t
	t.Helper()
	p.goSource("by steps")
	p.run("build", goApp)
	out := strings.TrimSpace(p.run("deploy", goApp))
	answers(t, lastURL.FindString(out), "by steps")
	p.run("release", goApp)
}

// comesBack kills an app's process: it starts again, at the same address.
func (p *platform) comesBack(url string) {
	t := p.t
	t.Helper()
	id := docker(t, "ps", "-q", "--filter", "label=app="+nodeApp)
	process := func() string { return docker(t, "inspect", "-f", "{{.State.Pid}}", id) }
	before := process()
	pid, err := strconv.Atoi(before)
	if err != nil || pid < 2 {
		t.Fatalf("process %q of container %q", before, id)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.until(30*time.Second, "the app is started again", func() bool { now := process(); return now != "0" && now != before })
	answers(t, url, "node v18")
}

func (p *platform) destroyedAlone() {
	t := p.t
	t.Helper()
	p.exits(2, "destroy", nodeApp)
	p.run("destroy", nodeApp, "--yes")
	for what, got := range map[string]string{
		"containers": docker(t, "ps", "-aq", "--filter", "label=app="+nodeApp),
		"images":     docker(t, "images", "-q", "pilot.local/e2e-three/"+nodeApp),
		"a volume":   docker(t, "volume", "ls", "-q", "--filter", "name="+nodeApp+"-scratch"),
	} {
		if got != "" {
			t.Errorf("destroy left %s: %s", what, got)
		}
	}
	if docker(t, "ps", "-q", "--filter", "label=app="+site) == "" {
		t.Error("destroying one app took another with it")
	}
}
