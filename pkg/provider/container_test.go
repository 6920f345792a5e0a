package provider

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"

	"github.com/pilot-framework/pilot/internal/testports"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

const probeSecret = "the-secret-greeting"

// loadProbe puts the probe's image on the daemon and returns its ID.
func loadProbe(t *testing.T, r *rig, word string) string {
	t.Helper()
	name := testPrefix + "probe:" + word
	names, err := loadStream(r.ctx, r.docker, strings.NewReader(string(imageTar(t, name, word))))
	if err != nil || len(names) != 1 {
		t.Fatalf("load: %v, %v", names, err)
	}
	found, err := r.docker.ImageInspect(r.ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.docker.ImageRemove(context.Background(), found.ID, image.RemoveOptions{Force: true}) })
	return found.ID
}

// discardAfter removes a container by name when the test is over.
func discardAfter(t *testing.T, r *rig, name string) {
	t.Cleanup(func() {
		_ = r.docker.ContainerRemove(context.Background(), name, container.RemoveOptions{Force: true, RemoveVolumes: true})
	})
}

func get(t *testing.T, port int, path string) string {
	t.Helper()
	resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d%s", port, path))
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return string(b)
}

func probeContainer(name, imageID string) props {
	return props{
		"endpoint": local(), "name": name, "image": imageID,
		"files":       []any{props{"path": "/etc/pilot/greeting", "content": probeSecret}},
		"healthcheck": props{"test": []any{"/probe", "health"}, "interval": "1s", "retries": 1},
		"waitHealthy": true, "stopTimeout": "2s",
	}
}

func TestContainerLife(t *testing.T) {
	r := newRig(t)
	imageID := loadProbe(t, r, "life")
	name, port := testPrefix+"life", testports.Free(t, 1)[0]
	discardAfter(t, r, name)
	in := with(probeContainer(name, imageID), props{
		"ports": []any{props{"container": 8080, "host": port}}, "env": props{"COLOUR": "blue"}, "labels": props{"io.pilot.stack": "test"},
	})
	c := r.res(pilot.TypeContainer, "c")
	out := c.preview(in)
	if out["name"].StringValue() != name || !out["imageId"].ContainsUnknowns() || !out["status"].ContainsUnknowns() {
		t.Errorf("got %v", out)
	}
	c.create(in)
	if got := get(t, port, "/"); got != probeSecret {
		t.Errorf("the container says %q", got)
	}
	if c.text("status") != "running" || c.text("imageId") != imageID || len(c.state["addresses"].ObjectValue()) != 1 {
		t.Errorf("got %v", c.state)
	}
	if strings.Contains(fmt.Sprint(c.state.Mappable()["env"]), probeSecret) || !c.state["files"].ContainsSecrets() {
		t.Errorf("the file must be a secret: %v", c.state)
	}
	if raw, err := exec.Command("docker", "inspect", name).CombinedOutput(); err != nil || strings.Contains(string(raw), probeSecret) {
		t.Errorf("docker inspect shows the secret, or fails (%v)", err)
	}
	c.read()
	for what, d := range map[string]struct {
		in   props
		want string
	}{
		"nothing":      {in, ""},
		"restart":      {with(in, props{"restart": "always"}), "restart"},
		"timeout":      {with(in, props{"startTimeout": "5m"}), "startTimeout"},
		"endpoint":     {with(in, props{"endpoint": unknown()}), "endpoint.host"},
		"env":          {with(in, props{"env": props{"COLOUR": "red"}}), "env.COLOUR!"},
		"image, later": {with(in, props{"image": unknown()}), "image!"},
		"network":      {with(in, props{"networks": []any{props{"name": "n"}}}), "networks[0]!"},
		"command":      {with(in, props{"command": []any{"/probe", "serve"}}), "command[0]! command[1]!"},
		"content":      {with(in, props{"files": []any{props{"path": "/etc/pilot/greeting", "content": "new"}}}), "files[0].content!"},
		"no health":    {with(in, props{"healthcheck": nil, "waitHealthy": nil}), "healthcheck! waitHealthy"},
	} {
		if got := c.diff(d.in); got != d.want {
			t.Errorf("%s: got %q, want %q", what, got, d.want)
		}
	}
	c.update(with(in, props{"restart": "always"}))
	if found, _ := r.docker.ContainerInspect(r.ctx, c.id); found.HostConfig.RestartPolicy.Name != "always" {
		t.Errorf("the restart policy is %s", found.HostConfig.RestartPolicy.Name)
	}

	if err := r.res(pilot.TypeContainer, "other").tryCreate(r.ctx, in); err == nil || !strings.Contains(err.Error(), "docker rm -f "+name) {
		t.Errorf("a name that is taken: got %v", err)
	}
	again := r.res(pilot.TypeContainer, "c")
	again.create(in)
	if again.id == c.id || again.text("status") != "running" {
		t.Error("what an interrupted run left behind must be made anew")
	}
	c.read()
	if c.id != "" {
		t.Error("a refresh must see that the container is gone")
	}
	again.delete()
	if _, err := r.docker.ContainerInspect(r.ctx, name); !gone(err) {
		t.Errorf("the container is still there: %v", err)
	}
}

// TestContainerDrift: whatever is done to a container by hand is seen, and undone.
func TestContainerDrift(t *testing.T) {
	r := newRig(t)
	imageID := loadProbe(t, r, "drift")
	name, port := testPrefix+"drift", testports.Free(t, 1)[0]
	discardAfter(t, r, name)
	in := with(probeContainer(name, testPrefix+"probe:drift"), props{"ports": []any{props{"container": 8080, "host": port}}})
	c := r.res(pilot.TypeContainer, "c")
	c.create(in)
	for _, d := range []struct {
		status, diff string
		break_       func() error
	}{
		{"exited", "status", func() error { return r.docker.ContainerStop(r.ctx, c.id, container.StopOptions{}) }},
		{"exited", "status", func() error { return r.docker.ContainerKill(r.ctx, c.id, "KILL") }},
		{"paused", "status", func() error { return r.docker.ContainerPause(r.ctx, c.id) }},
		{"unhealthy", "status", func() error { get(t, port, "/fall-sick"); return nil }},
		{"running", "restart", func() error {
			_, err := r.docker.ContainerUpdate(r.ctx, c.id, container.UpdateConfig{RestartPolicy: container.RestartPolicy{Name: "no"}})
			return err
		}},
	} {
		if err := d.break_(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "status "+d.status, func() bool { c.read(); return c.text("status") == d.status && c.diff(in) == d.diff })
		c.update(in)
		c.read()
		if got := c.diff(in); got != "" {
			t.Errorf("%s is not mended: %s", d.status, got)
		}
	}
	newer := loadProbe(t, r, "drift-newer")
	if err := r.docker.ImageTag(r.ctx, newer, testPrefix+"probe:drift"); err != nil {
		t.Fatal(err)
	}
	if c.read(); c.diff(in) != "status!" || c.text("status") != statusOutdated || c.text("imageId") != imageID {
		t.Errorf("an image that moved on: got %q, %v", c.diff(in), c.state)
	}
	if err := r.docker.ContainerRemove(r.ctx, c.id, container.RemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	if c.read(); c.id != "" {
		t.Error("a removed container must be seen")
	}
}

// TestContainerFailuresLeaveNothing: each failure says why and cleans up.
func TestContainerFailuresLeaveNothing(t *testing.T) {
	r := newRig(t)
	imageID := loadProbe(t, r, "fail")
	port := testports.Free(t, 1)[0]
	busy := r.res(pilot.TypeContainer, "busy")
	busy.create(with(probeContainer(testPrefix+"fail-busy", imageID), props{"ports": []any{props{"container": 8080, "host": port}}}))
	discardAfter(t, r, testPrefix+"fail-busy")
	for what, c := range map[string]struct {
		change props
		want   []string
	}{
		"it ends":    {props{"command": []any{"/probe", "fail", "no such table", "3"}, "restart": "no"}, []string{"it ended with exit code 3", "its last log lines", "no such table [secret]"}},
		"it crashes": {props{"command": []any{"/probe", "fail", "again", "4"}, "restart": "always"}, []string{"exit code 4", "again"}},
		"it is sick": {props{"command": []any{"/probe", "serve", "sick"}}, []string{"its health check fails", "not well", "serving"}},
		"it is slow": {props{"command": []any{"/probe", "serve", "sick"}, "startTimeout": "1s",
			"healthcheck": props{"test": []any{"/probe", "health"}, "interval": "1m"}}, []string{"did not get healthy in time (startTimeout is 1s)"}},
		"no check":   {props{"healthcheck": nil}, []string{"it has no health check to wait for"}},
		"no image":   {props{"image": testPrefix + "nothing:1"}, []string{"image " + testPrefix + "nothing:1 is not on the Docker daemon"}},
		"no program": {props{"command": []any{"/nothing"}}, []string{"start container", "/nothing"}},
		"taken port": {props{"ports": []any{props{"container": 8080, "host": port}}}, []string{fmt.Sprintf("127.0.0.1:%d", port), "is taken: free it or choose another"}},
		"no network": {props{"networks": []any{props{"name": "bridge"}, props{"name": testPrefix + "nowhere"}}}, []string{testPrefix + "nowhere"}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			name := testPrefix + "fail-" + strings.ReplaceAll(what, " ", "-")
			discardAfter(t, r, name)
			err := r.res(pilot.TypeContainer, what).tryCreate(context.Background(), with(probeContainer(name, imageID), c.change))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
			if strings.Contains(err.Error(), probeSecret) {
				t.Errorf("the error tells the secret: %v", err)
			}
			nothingLeft(t, name)
		})
	}
}

func nothingLeft(t *testing.T, name string) {
	t.Helper()
	out, err := exec.Command("docker", "ps", "-aq", "--filter", "name=^"+name+"$").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "" {
		t.Errorf("something is left: %s (%v)", out, err)
	}
}

func TestContainerCancelled(t *testing.T) {
	r := newRig(t)
	imageID := loadProbe(t, r, "cancel")
	name := testPrefix + "cancel"
	discardAfter(t, r, name)
	ctx, cancel := context.WithCancel(r.ctx)
	done := make(chan error, 1)
	go func() {
		done <- r.res(pilot.TypeContainer, "c").tryCreate(ctx, with(probeContainer(name, imageID), props{
			"command": []any{"/probe", "serve", "sick"}, "healthcheck": props{"test": []any{"/probe", "health"}, "interval": "1m"},
		}))
	}()
	eventually(t, "the container runs", func() bool {
		found, err := r.docker.ContainerInspect(r.ctx, name)
		return err == nil && found.State.Running
	})
	cancel()
	select {
	case err := <-done:
		if err == nil {
			t.Error("a cancelled creation must fail")
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the creation goes on")
	}
	nothingLeft(t, name)
}
