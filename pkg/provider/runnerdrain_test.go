package provider

import (
	"context"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// worker is a server whose one runner is busy until it is told otherwise.
type worker struct {
	*register
	idle  atomic.Bool
	asked chan struct{}
}

func (w *worker) Busy(_ context.Context, _, _, token, id string) ([]string, error) {
	select {
	case w.asked <- struct{}{}:
	default:
	}
	if w.idle.Load() || token != "first-token" || id != "runner-3" {
		return nil, nil
	}
	return []string{"up of shop/web"}, nil
}

// TestRunnerDrain: a runner's container runs until its jobs are over, and is
// stopped then.
func TestRunnerDrain(t *testing.T) {
	w := &worker{register: &register{admitted: map[string]bool{}}, asked: make(chan struct{}, 1)}
	r := newRig(t, WithRunners(w))
	imageID, name := loadProbe(t, r, "drain"), testPrefix+"drain"
	discardAfter(t, r, name)
	c := r.res(pilot.TypeContainer, "c")
	c.create(probeContainer(name, imageID))
	in := props{
		"endpoint": local(), "container": c.id, "runnerId": "runner-3", "address": "127.0.0.1:9701", "ca": "pem",
		"serverToken": resource.MakeSecret(resource.NewStringProperty("first-token")),
	}
	d := r.res(pilot.TypeRunnerDrain, "d")
	d.create(in)
	for what, want := range map[string]struct {
		in   props
		diff string
	}{
		"nothing":       {in, ""},
		"another token": {with(in, props{"serverToken": "second"}), "serverToken"},
		"container":     {with(in, props{"container": "other"}), "container!"},
	} {
		if got := d.diff(want.in); got != want.diff {
			t.Errorf("%s: got %q, want %q", what, got, want.diff)
		}
	}
	running := func() bool {
		t.Helper()
		found, err := r.docker.ContainerInspect(r.ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		return found.State.Running
	}

	// Jobs that do not end are named after the time limit, and go on.
	d.update(with(in, props{"timeout": "1s"}))
	if err := d.tryDelete(d.id); err == nil || !strings.Contains(err.Error(), "runner runner-3 still works after 1s, on up of shop/web") || !running() {
		t.Errorf("got %v, running %v", err, running())
	}

	d.update(in)
	for len(w.asked) > 0 {
		<-w.asked
	}
	done := make(chan error)
	go func() { done <- d.tryDelete(d.id) }()
	<-w.asked
	<-w.asked
	if !running() {
		t.Error("the runner was stopped with a job")
	}
	w.idle.Store(true)
	select {
	case err := <-done:
		if err != nil || running() {
			t.Errorf("after the job: %v, running %v", err, running())
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the end of the job was not noticed")
	}
	d.delete() // what is stopped, or gone, needs no wait
	c.delete()
	d.delete()
}

// settings are the runners of a server.
type settings struct{ has RunnerSettings }

func (s *settings) Configure(_ context.Context, to RunnerSettings, drop []string) error {
	maps.Copy(s.has.Variables, to.Variables)
	maps.Copy(s.has.Files, to.Files)
	for _, name := range drop {
		delete(s.has.Variables, name)
		delete(s.has.Files, name)
	}
	return nil
}

func (s *settings) Configured(context.Context) (RunnerSettings, error) { return s.has, nil }

func TestRunnerConfig(t *testing.T) {
	s := &settings{RunnerSettings{Variables: map[string]string{"OTHER": "1"}, Files: map[string]string{}}}
	r := newRig(t, WithRunnerConfig(s))
	in := props{
		"server": "127.0.0.1:9701", "variables": props{"KEY_FILE": "/dev/shm/key"},
		"files": props{"/dev/shm/key": resource.MakeSecret(resource.NewStringProperty("first"))},
	}
	c := r.res(pilot.TypeRunnerConfig, "c")
	if _, failures := c.check(resource.NewPropertyMapFromMap(with(in, props{"files": props{"key": "x"}}))); !strings.Contains(failures, "want an absolute path") {
		t.Errorf("a relative path: %q", failures)
	}
	c.preview(in)
	if len(s.has.Files) > 0 {
		t.Error("a preview must leave the server alone")
	}
	c.create(in)
	if s.has.Files["/dev/shm/key"] != "first" || s.has.Variables["KEY_FILE"] != "/dev/shm/key" || !c.state["files"].ContainsSecrets() {
		t.Errorf("got %v, state %v", s.has, c.state)
	}
	next := with(in, props{"files": props{"/dev/shm/new": resource.MakeSecret(resource.NewStringProperty("second"))}})
	if got := c.diff(next); got != "files./dev/shm/key files./dev/shm/new" && !strings.Contains(got, "files") {
		t.Errorf("diff: %q", got)
	}
	c.update(next)
	if len(s.has.Files) != 1 || s.has.Files["/dev/shm/new"] != "second" {
		t.Errorf("after the update: %v", s.has.Files)
	}
	delete(s.has.Files, "/dev/shm/new")
	c.read()
	if c.diff(next) == "" {
		t.Error("what was unset by hand is not seen")
	}
	c.update(next)
	c.delete()
	if len(s.has.Files) > 0 || len(s.has.Variables) != 1 {
		t.Errorf("left after deletion: %v", s.has)
	}
}
