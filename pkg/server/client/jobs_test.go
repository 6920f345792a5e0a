package client_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
)

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

	last, err := p.LastJob(ctx, p.project, p.app, "")
	servertest.Must(t, err)
	src := last.Source
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

func TestCancelAndQueue(t *testing.T) {
	p := newPlatform(t)
	ctx := servertest.Timeout(t, 4*time.Minute)
	servertest.Must(t, p.EnsureProject(ctx, client.ProjectSpec{Name: p.project, Apps: []string{p.app}}))
	p.StartRunner(t, p.Client, "runner-1", 1)
	p.program(t, "x")
	servertest.Must(t, os.WriteFile(filepath.Join(p.dir, "Dockerfile"), []byte(p.dockerfile("RUN")), 0o600))

	// The first job runs and does not end by itself.
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	var ev events
	ended := make(chan error, 1)
	go func() {
		_, err := p.Up(running, p.request(t, p.app), ev.add)
		ended <- err
	}()
	servertest.Eventually(t, 30*time.Second, "the build runs", func() bool {
		select {
		case err := <-ended:
			t.Fatalf("the build ended: %v\n%s", err, ev.log())
		default:
		}
		return strings.Contains(ev.log(), "listening")
	})

	// The second of the same app waits for it, a third of another app for the runner.
	servertest.Must(t, os.WriteFile(filepath.Join(p.dir, "Dockerfile"), []byte(p.dockerfile("ENTRYPOINT")), 0o600))
	var second events
	result := make(chan error, 1)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("first job: %s\n%s\nsecond job: %s\n%s", ev.phases(), ev.log(), second.phases(), second.log())
		}
	})
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

// TestMonorepoAndLostConnection deploys an app from a folder inside a repository,
// over a connection that breaks in the middle of the build.
func TestMonorepoAndLostConnection(t *testing.T) {
	p := newPlatform(t)
	ctx := servertest.Timeout(t, 4*time.Minute)
	// waypoint.hcl moves to a subfolder, the app one further down.
	servertest.Files(t, p.dir, map[string]string{"services/web/": ""})
	hcl := strings.Replace(p.hcl(p.app), "  build {", "  path = \"./web\"\n  build {", 1)
	servertest.Must(t, os.Remove(filepath.Join(p.dir, "waypoint.hcl")))
	servertest.Must(t, os.Remove(filepath.Join(p.dir, "Dockerfile")))
	p.program(t, "from a monorepo")
	servertest.Must(t, os.Rename(filepath.Join(p.dir, "web"), filepath.Join(p.dir, "services", "web", "web")))
	servertest.Files(t, p.dir, map[string]string{
		"services/waypoint.hcl":   hcl,
		"services/web/Dockerfile": p.dockerfile("ENTRYPOINT"),
		"README.md":               "the root of the repository",
	})
	servertest.Must(t, p.EnsureProject(ctx, client.ProjectSpec{Name: p.project, Apps: []string{p.app}}))
	p.StartRunner(t, p.Client, "runner-1", 1)
	req := p.request(t, p.app)
	req.Source.Path = "services"

	proxy := newProxy(t, p.Server.Address)
	cfg := p.Config
	cfg.Address = proxy.address
	c, err := client.Dial(ctx, cfg)
	servertest.Must(t, err)
	defer c.Close()
	var ev events
	var once sync.Once
	result, err := c.Up(ctx, req, func(e client.Event) {
		ev.add(e)
		if l, ok := e.(*client.LogLine); ok && l.Phase == client.PhaseBuild {
			once.Do(proxy.breakAll)
		}
	})
	servertest.Must(t, err)
	if proxy.broken() == 0 {
		t.Error("no connection was broken")
	}
	if got := get(t, result.URL); got != "from a monorepo" {
		t.Errorf("%s answers %q", result.URL, got)
	}
	if got := ev.phases(); got != "queue source build push deploy release" {
		t.Errorf("phases %q", got)
	}
	for _, line := range []string{"Step 3/4 : COPY web /web", "Running build v1", "Running deploy v1"} {
		if n := strings.Count(ev.log(), line); n != 1 {
			t.Errorf("%q is shown %d times\n%s", line, n, ev.log())
		}
	}
}
