package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
	"github.com/pilot-framework/pilot/pkg/server/source"
)

func TestMain(m *testing.M) {
	code := m.Run()
	servertest.RemoveBinaries()
	os.Exit(code)
}

// platform is a server with its source receiver, and an app's folder.
type platform struct {
	*servertest.Server
	*client.Client
	receiver     source.Receiver
	project, app string
	dir          string
}

const webApp = `package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "%s") })
	fmt.Println("listening")
	fmt.Println(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
`

func newPlatform(t *testing.T) *platform {
	t.Helper()
	s, c := servertest.Bootstrapped(t)
	p := &platform{Server: s, Client: c, receiver: s.StartReceiver(t, s.Token), dir: t.TempDir()}
	p.project, p.app = "shop", fmt.Sprintf("pilot-test-client-%d-web", os.Getpid())
	servertest.Files(t, p.dir, map[string]string{
		"waypoint.hcl": p.hcl(p.app),
		"Dockerfile":   "FROM scratch\nCOPY web /web\nENTRYPOINT [\"/web\"]\n",
		".gitignore":   "*.log\n",
	})
	t.Cleanup(func() { removeAppObjects(t, p.app) })
	return p
}

func (p *platform) hcl(app string) string {
	return fmt.Sprintf(`project = %q

variable "greeting" {
  type    = string
  default = "none"
}

app %q {
  build {
    use "docker" {
      disable_entrypoint = true
    }
    registry {
      use "docker" {
        image = "pilot-test-client/%s"
        tag   = gitrefhash()
        local = true
      }
    }
  }
  deploy {
    use "docker" {
      service_port       = 3000
      static_environment = { GREETING = var.greeting }
    }
  }
}
`, p.project, app, app)
}

// program compiles the app so that it answers with the text.
func (p *platform) program(t *testing.T, text string) {
	t.Helper()
	src := t.TempDir()
	servertest.Files(t, src, map[string]string{"go.mod": "module web\n", "main.go": fmt.Sprintf(webApp, text)})
	cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", filepath.Join(p.dir, "web"), ".")
	cmd.Dir, cmd.Env = src, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the app: %v\n%s", err, out)
	}
}

// request snapshots and pushes the folder, as `pilot up` does.
func (p *platform) request(t *testing.T, app string) client.UpRequest {
	t.Helper()
	ctx := servertest.Timeout(t, time.Minute)
	snap, err := source.Take(ctx, p.dir, source.Options{})
	servertest.Must(t, err)
	pushed, err := snap.Push(ctx, p.receiver, p.project, app)
	servertest.Must(t, err)
	cred, err := p.receiver.Credentials(ctx, p.project, pushed.Ref, time.Hour)
	servertest.Must(t, err)
	return client.UpRequest{Project: p.project, App: app, Variables: map[string]string{"greeting": "hi"}, Source: client.Source{
		URL: p.receiver.CloneURL(p.project), Ref: pushed.Ref, Username: cred.Username, Password: cred.Password,
	}}
}

func removeAppObjects(t *testing.T, app string) {
	docker := func(args ...string) []string {
		out, err := exec.Command("docker", args...).CombinedOutput()
		if err != nil {
			t.Logf("docker %v: %v %s", args, err, out)
		}
		return strings.Fields(string(out))
	}
	for _, id := range docker("ps", "-aq", "--filter", "label=app="+app) {
		docker("rm", "-f", id)
	}
	for _, image := range docker("images", "--format", "{{.Repository}}:{{.Tag}}") {
		if strings.Contains(image, app) {
			docker("rmi", "-f", image)
		}
	}
	for _, volume := range docker("volume", "ls", "-q", "--filter", "name="+app) {
		docker("volume", "rm", volume)
	}
	// The engine's own network, unless somebody else uses it.
	_ = exec.Command("docker", "network", "rm", "waypoint").Run()
}

// events collects what a job reports.
type events struct {
	mu   sync.Mutex
	list []client.Event
}

func (e *events) add(ev client.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, ev)
}

func (e *events) each(f func(client.Event)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range e.list {
		f(ev)
	}
}

// phases are the phases that were left, in order, the failed one marked.
func (e *events) phases() string {
	var out []string
	e.each(func(ev client.Event) {
		if d, ok := ev.(*client.PhaseDone); ok {
			name := string(d.Phase)
			if d.Failed {
				name += "!"
			}
			out = append(out, name)
		}
	})
	return strings.Join(out, " ")
}

func (e *events) log() string {
	var b strings.Builder
	e.each(func(ev client.Event) {
		if l, ok := ev.(*client.LogLine); ok {
			fmt.Fprintf(&b, "%-8s %-7s %s\n", l.Phase, l.Style, l.Text)
		}
	})
	return b.String()
}

func (e *events) waiting() (out []client.Waiting) {
	e.each(func(ev client.Event) {
		if w, ok := ev.(*client.Waiting); ok {
			out = append(out, *w)
		}
	})
	return out
}

func get(t *testing.T, url string) string {
	t.Helper()
	var body string
	servertest.Eventually(t, 20*time.Second, "the app answers at "+url, func() bool {
		resp, err := http.Get(url)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		body = string(b)
		return err == nil && resp.StatusCode == http.StatusOK
	})
	return body
}

func TestUpFromAFolder(t *testing.T) {
	p := newPlatform(t)
	ctx := servertest.Timeout(t, 4*time.Minute)
	servertest.Must(t, p.EnsureProject(ctx, client.ProjectSpec{Name: p.project, Apps: []string{p.app}}))
	p.program(t, "first")
	req := p.request(t, p.app)

	// Without a runner the job waits and says so; then it runs.
	var ev events
	type outcome struct {
		*client.Result
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		r, err := p.Up(ctx, req, ev.add)
		done <- outcome{r, err}
	}()
	servertest.Eventually(t, 20*time.Second, "the reason of the wait", func() bool { return len(ev.waiting()) > 0 })
	if w := ev.waiting()[0]; w.Cause != client.WaitNoRunner {
		t.Errorf("wait %+v", w)
	}
	runner := p.StartRunner(t, p.Client, "runner-1", 2)
	first := <-done
	servertest.Must(t, first.err)
	t.Logf("phases %v\n%s", first.Phases, ev.log())
	if got := ev.phases(); got != "queue source build push deploy release" {
		t.Errorf("phases %q", got)
	}
	if got := get(t, first.URL); got != "first" {
		t.Errorf("%s answers %q", first.URL, got)
	}
	if first.Health.Status != "READY" || first.Deployment != 1 || first.Commit == "" {
		t.Errorf("result %+v", first.Result)
	}
	if strings.Contains(ev.log(), req.Source.Password) {
		t.Error("the log shows the source's password")
	}

	p.program(t, "second")
	second, err := p.Up(ctx, p.request(t, p.app), nil)
	servertest.Must(t, err)
	if got := get(t, second.URL); got != "second" || second.URL == first.URL {
		t.Errorf("%s answers %q", second.URL, got)
	}
	list, err := p.Deployments(ctx, client.DeploymentFilter{Project: p.project, App: p.app})
	servertest.Must(t, err)
	if len(list) != 2 || list[0].ID != second.DeploymentID || list[0].State != client.DeploymentRunning || list[0].Target != "docker" ||
		list[0].Commit != second.Commit || len(list[0].URLs) != 1 || list[0].URLs[0] != second.URL {
		t.Errorf("deployments %+v", list)
	}

	// Rollback: the first build again, under a new number.
	back, err := p.Deploy(ctx, client.JobRequest{Project: p.project, App: p.app, Source: req.Source, Deployment: first.DeploymentID}, nil)
	servertest.Must(t, err)
	if got := get(t, back.URL); got != "first" || back.Deployment != 3 {
		t.Errorf("after the rollback deployment %d answers %q", back.Deployment, got)
	}

	src, err := p.LastSource(ctx, p.project, p.app)
	servertest.Must(t, err)
	cred, err := p.receiver.Credentials(ctx, p.project, src.Ref, time.Hour)
	servertest.Must(t, err)
	src.Username, src.Password = cred.Username, cred.Password
	var gone events
	_, err = p.Destroy(ctx, client.JobRequest{Project: p.project, App: p.app, Source: src}, gone.add)
	servertest.Must(t, err)
	if got := gone.phases(); got != "queue source destroy" {
		t.Errorf("destroy's phases %q\n%s", got, gone.log())
	}
	if _, err := http.Get(back.URL); err == nil {
		t.Errorf("%s still answers", back.URL)
	}
	list, err = p.Deployments(ctx, client.DeploymentFilter{Project: p.project, App: p.app})
	servertest.Must(t, err)
	for _, d := range list {
		if d.State != client.DeploymentDestroyed {
			t.Errorf("after destroy: %+v", d)
		}
	}

	runner.Stop()
	servertest.Eventually(t, 20*time.Second, "the runner is offline", func() bool { return !servertest.Online(t, p.Client, "runner-1") })
}

func TestFailuresNameThePhase(t *testing.T) {
	p := newPlatform(t)
	ctx := servertest.Timeout(t, 4*time.Minute)
	servertest.Must(t, p.EnsureProject(ctx, client.ProjectSpec{Name: p.project, Apps: []string{p.app}}))
	p.StartRunner(t, p.Client, "runner-1", 2)
	p.program(t, "x")
	good, err := os.ReadFile(filepath.Join(p.dir, "waypoint.hcl"))
	servertest.Must(t, err)
	for _, tc := range []struct {
		name, file, content string
		phase               client.Phase
		want                string
	}{
		{"build", "Dockerfile", "FROM scratch\nCOPY not-there /web\n", client.PhaseBuild, "not-there"},
		{"deploy", "waypoint.hcl", strings.Replace(string(good), "service_port ", "binds = [\"nowhere:relative\"]\n      service_port ", 1), client.PhaseDeploy, "invalid"},
		{"source", "waypoint.hcl", "project = \"shop\"\napp {\n", client.PhaseSource, "waypoint.hcl:"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(p.dir, tc.file)
			before, err := os.ReadFile(path)
			servertest.Must(t, err)
			servertest.Must(t, os.WriteFile(path, []byte(tc.content), 0o600))
			defer func() { servertest.Must(t, os.WriteFile(path, before, 0o600)) }()
			var ev events
			_, err = p.Up(ctx, p.request(t, p.app), ev.add)
			var failed *client.JobError
			if !errors.As(err, &failed) || failed.Phase != tc.phase || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want phase %s and %q\n%s", err, tc.phase, tc.want, ev.log())
			}
			if !strings.HasSuffix(ev.phases(), string(tc.phase)+"!") {
				t.Errorf("phases %q", ev.phases())
			}
		})
	}
	t.Run("a snapshot that is gone", func(t *testing.T) {
		req := p.request(t, p.app)
		req.Source.Password = "wrong"
		_, err := p.Up(ctx, req, nil)
		var failed *client.JobError
		if !errors.As(err, &failed) || failed.Phase != client.PhaseSource {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("no source at all", func(t *testing.T) {
		_, err := p.Up(ctx, client.UpRequest{Project: p.project, App: p.app}, nil)
		if err == nil || !strings.Contains(err.Error(), "data source") {
			t.Fatalf("got %v", err)
		}
	})
	t.Run("an app the file does not have", func(t *testing.T) {
		req := p.request(t, p.app)
		req.App = "other"
		_, err := p.Up(ctx, req, nil)
		var failed *client.JobError
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), "other") {
			t.Fatalf("got %v", err)
		}
	})
}

// sleepy is a build step that takes longer than any test.
const sleepy = "FROM scratch\nCOPY web /web\nRUN [\"/web\"]\n"

func TestCancelAndQueue(t *testing.T) {
	p := newPlatform(t)
	ctx := servertest.Timeout(t, 4*time.Minute)
	servertest.Must(t, p.EnsureProject(ctx, client.ProjectSpec{Name: p.project, Apps: []string{p.app}}))
	p.StartRunner(t, p.Client, "runner-1", 1)
	p.program(t, "x")
	servertest.Must(t, os.WriteFile(filepath.Join(p.dir, "Dockerfile"), []byte(sleepy), 0o600))

	// The first job runs and does not end by itself.
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	var ev events
	ended := make(chan error, 1)
	go func() {
		_, err := p.Up(running, p.request(t, p.app), ev.add)
		ended <- err
	}()
	servertest.Eventually(t, 30*time.Second, "the build runs", func() bool { return strings.Contains(ev.log(), "listening") || strings.Contains(ev.log(), "RUN") })

	// The second of the same app waits for it, a third of another app for the runner.
	servertest.Must(t, os.WriteFile(filepath.Join(p.dir, "Dockerfile"), []byte("FROM scratch\nCOPY web /web\nENTRYPOINT [\"/web\"]\n"), 0o600))
	var second events
	result := make(chan error, 1)
	secondReq := p.request(t, p.app)
	go func() {
		_, err := p.Up(ctx, secondReq, second.add)
		result <- err
	}()
	servertest.Eventually(t, 20*time.Second, "the reason of the wait", func() bool { return len(second.waiting()) > 0 })
	if w := second.waiting()[0]; w.Cause != client.WaitSameApp || len(w.Jobs) != 1 || !strings.Contains(w.Reason, "up of shop/"+p.app+" on runner runner-1") {
		t.Errorf("wait %+v", w)
	}
	waiting, giveUp := context.WithCancel(ctx)
	var third events
	thirdEnded := make(chan error, 1)
	thirdReq := p.request(t, "other")
	go func() {
		_, err := p.Up(waiting, thirdReq, third.add)
		thirdEnded <- err
	}()
	servertest.Eventually(t, 20*time.Second, "the reason of the wait", func() bool { return len(third.waiting()) > 0 })
	if w := third.waiting()[0]; w.Cause != client.WaitBusy || !strings.Contains(w.Reason, "every runner is busy: up of shop/"+p.app) {
		t.Errorf("wait %+v", w)
	}
	giveUp()
	if err := <-thirdEnded; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled in the queue: %v", err)
	}

	cancel()
	err := <-ended
	var failed *client.JobError
	if !errors.As(err, &failed) || !errors.Is(err, context.Canceled) || failed.Phase != client.PhaseBuild {
		t.Errorf("cancelled: %v", err)
	}
	servertest.Must(t, <-result)
	jobs, err := p.Jobs(ctx, client.JobFilter{Project: p.project})
	servertest.Must(t, err)
	states := map[client.JobState]int{}
	for _, j := range jobs {
		states[j.State]++
	}
	if states[client.JobFailed] != 2 || states[client.JobSucceeded] != 1 || len(jobs) != 3 {
		t.Errorf("jobs %+v", jobs)
	}
}
