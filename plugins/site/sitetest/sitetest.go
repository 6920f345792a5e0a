// Package sitetest runs the plugins for static sites in a real Waypoint server and
// runner, for tests.
package sitetest

import (
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

// App is an app of a real server, with its source in Dir.
type App struct {
	*client.Client
	Project, Name string
	Dir           string

	receiver source.Receiver
	log      log
}

// log is what the jobs have shown.
type log struct {
	mu    sync.Mutex
	lines []string
}

func (l *log) add(e client.Event) {
	if line, ok := e.(*client.LogLine); ok {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, line.Text)
	}
}

// take returns what was shown since the last take.
func (l *log) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := strings.Join(l.lines, "\n")
	l.lines = nil
	return out
}

// Plugins builds the program that all plugins are, as it goes into the server
// image, and returns a link to it for each name, such as pilot-yarn.
func Plugins(t testing.TB, names ...string) []string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "waypoint-plugin-pilot")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", program, "./plugins/waypoint-plugin-pilot")
	cmd.Dir, cmd.Env = servertest.Checkout(), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the plugins: %v\n%s", err, out)
	}
	var links []string
	for _, name := range names {
		link := filepath.Join(dir, "waypoint-plugin-"+name)
		servertest.Must(t, os.Link(program, link))
		links = append(links, link)
	}
	return links
}

// Start starts a server and a runner with pilot-yarn and the plugin of that name.
// env is the runner's environment.
func Start(t testing.TB, name string, env ...string) *App {
	t.Helper()
	server, c := servertest.Bootstrapped(t)
	plugins := Plugins(t, "pilot-yarn", name)
	server.StartRunnerWith(t, c, servertest.RunnerOptions{ID: "runner-1", Concurrency: 2, Env: env, Plugins: plugins})
	a := &App{
		Client: c, Project: "acme", Name: "front", Dir: t.TempDir(),
		receiver: server.StartReceiver(t, server.Token),
	}
	a.ensure(t)
	return a
}

func (a *App) ensure(t testing.TB) {
	t.Helper()
	servertest.Must(t, a.EnsureProject(servertest.Timeout(t, time.Minute), client.ProjectSpec{Name: a.Project, Apps: []string{a.Name}}))
}

// Write writes files of the app's source.
func (a *App) Write(t testing.TB, files map[string]string) {
	t.Helper()
	servertest.Files(t, a.Dir, files)
}

// Job is a request to work on the source as it is now.
func (a *App) Job(t testing.TB) client.JobRequest {
	t.Helper()
	ctx := servertest.Timeout(t, time.Minute)
	snap, err := source.Take(ctx, a.Dir, source.Options{})
	servertest.Must(t, err)
	pushed, err := snap.Push(ctx, a.receiver, a.Project, a.Name)
	servertest.Must(t, err)
	cred, err := a.receiver.Credentials(ctx, a.Project, pushed.Ref, time.Hour)
	servertest.Must(t, err)
	return client.JobRequest{Project: a.Project, App: a.Name, Source: client.Source{
		URL: a.receiver.CloneURL(a.Project), Ref: pushed.Ref, Username: cred.Username, Password: cred.Password,
	}}
}

// UpNow builds, deploys and releases, with Waypoint's own pruning, and returns what
// was shown. variables are name=value.
func (a *App) UpNow(t testing.TB, variables ...string) (*client.Result, string, error) {
	t.Helper()
	job := a.Job(t)
	job.Variables = map[string]string{}
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		job.Variables[name] = value
	}
	result, err := a.Up(servertest.Timeout(t, 5*time.Minute), job, a.log.add)
	return result, a.log.take(), err
}

// ReleaseNow releases the deployment.
func (a *App) ReleaseNow(t testing.TB, deployment string) (*client.Result, string, error) {
	t.Helper()
	job := a.Job(t)
	job.Deployment = deployment
	result, err := a.Release(servertest.Timeout(t, 5*time.Minute), job, a.log.add)
	return result, a.log.take(), err
}

// RedeployNow deploys the build of an earlier deployment again, whose files the
// runner has no longer.
func (a *App) RedeployNow(t testing.TB, deployment string) (*client.Result, string, error) {
	t.Helper()
	job := a.Job(t)
	job.Deployment = deployment
	result, err := a.Deploy(servertest.Timeout(t, 5*time.Minute), job, a.log.add)
	return result, a.log.take(), err
}

// DestroyNow destroys the app.
func (a *App) DestroyNow(t testing.TB) (string, error) {
	t.Helper()
	_, err := a.Destroy(servertest.Timeout(t, 5*time.Minute), a.Job(t), a.log.add)
	return a.log.take(), err
}
