package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// appNames are unique on this machine's Docker, where apps share one network.
const (
	goApp   = "e2e-apps-api"
	nodeApp = "e2e-apps-node"
	site    = "e2e-apps-site"
)

// threeApps writes a project of a Go app, a Node app and a static site, each in a
// folder of its own.
func (p *platform) threeApps() {
	p.t.Helper()
	for _, dir := range []string{"api", "node", "site/public"} {
		if err := os.MkdirAll(filepath.Join(p.dir, dir), 0o755); err != nil {
			p.t.Fatal(err)
		}
	}
	p.write(".gitignore", "home\n")
	p.goSource("one")
	p.write("api/go.mod", "module example.com/api\n\ngo 1.21\n")
	p.goDockerfile()
	server := `const http = require("http"), fs = require("fs");
const page = fs.existsSync("public/index.html") ? fs.readFileSync("public/index.html", "utf8") : null;
http.createServer((_, res) => res.end(page || "node " + process.version.split(".")[0])).listen(process.env.PORT);
console.log("listening");
`
	for _, dir := range []string{"node", "site"} {
		p.write(dir+"/server.js", server)
		p.write(dir+"/package.json", `{"name": "app", "scripts": {"start": "node server.js"}}`)
		p.write(dir+"/Dockerfile", "FROM pilot-node:18\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"node\", \"server.js\"]\n")
	}
	p.write("site/public/index.html", "<h1>a site</h1>\n")
	p.run("new", "project", "e2e-three")
	p.run("new", "app", goApp, "--path", "api")
	p.run("new", "app", nodeApp, "--path", "node")
	p.run("new", "app", site, "--path", "site")
}

func (p *platform) goSource(greeting string) {
	p.write("api/main.go", fmt.Sprintf(`package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	if len(os.Args) > 1 {
		fmt.Println("told", os.Args[1:], os.Getenv("MODE"))
		os.Exit(7)
	}
	fmt.Println("the api begins")
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%%s mode=%%s key=%%s", %q, os.Getenv("MODE"), os.Getenv("API_KEY"))
	})
	panic(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
`, greeting))
}

var lastURL = regexp.MustCompile(`http://127\.0\.0\.1:\d+$`)

// upURL deploys an app and returns the URL at the end of the output.
func (p *platform) upURL(args ...string) string {
	p.t.Helper()
	out := strings.TrimSpace(p.run(append([]string{"up"}, args...)...))
	url := lastURL.FindString(out)
	if url == "" {
		p.t.Fatalf("up %v ended without a URL:\n%s", args, out)
	}
	return url
}

// answers waits until the URL gives this body.
func answers(t *testing.T, url, want string) {
	t.Helper()
	got := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(url)
		if err != nil {
			continue
		}
		buf := make([]byte, 4096)
		n, _ := resp.Body.Read(buf)
		resp.Body.Close()
		if got = string(buf[:n]); strings.Contains(got, want) {
			return
		}
	}
	t.Errorf("GET %s = %q, want %q", url, got, want)
}

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

func (p *platform) goDockerfile() {
	p.write("api/Dockerfile", "FROM pilot-go:1.26 AS build\nWORKDIR /src\nRUN [\"go\", \"build\", \"net/http\"]\nCOPY . .\nRUN [\"go\", \"build\", \"-o\", \"/api\", \".\"]\n"+
		"FROM scratch\nCOPY --from=build /api /api\nEXPOSE 8080\nENTRYPOINT [\"/api\"]\n")
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
