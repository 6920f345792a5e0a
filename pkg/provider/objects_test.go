package provider

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	dockernet "github.com/docker/docker/api/types/network"
	dockervol "github.com/docker/docker/api/types/volume"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

func TestNetworkLife(t *testing.T) {
	r := newRig(t)
	in := props{"endpoint": local(), "name": testPrefix + "net", "labels": props{"io.pilot.stack": "test"}}
	n := r.res(pilot.TypeNetwork, "n")
	t.Cleanup(func() { _ = r.docker.NetworkRemove(context.Background(), testPrefix+"net") })
	if out := n.preview(in); out["name"].StringValue() != testPrefix+"net" {
		t.Errorf("the name is known in a preview: %v", out)
	}
	n.create(in)
	found, err := r.docker.NetworkInspect(r.ctx, n.id, dockernet.InspectOptions{})
	if err != nil || found.Labels["io.pilot.stack"] != "test" || found.Labels[labelURN] != n.urn() {
		t.Fatalf("got %+v, %v", found, err)
	}
	n.read()
	for name, c := range map[string]struct {
		in   props
		want string
	}{
		"nothing":     {in, ""},
		"fallback":    {with(in, props{"endpoint": props{"host": dockerHost, "fallback": dockerHost}}), "endpoint.fallback"},
		"host":        {with(in, props{"endpoint": props{"host": "unix:///other/docker.sock"}}), "endpoint.host!"},
		"host, later": {with(in, props{"endpoint": unknown()}), "endpoint.host"},
		"daemon":      {with(in, props{"endpoint": props{"host": dockerHost, "daemon": "i-1"}}), "endpoint.daemon"},
		"name":        {with(in, props{"name": "xx"}), "name!"},
		"label":       {with(in, props{"labels": props{"io.pilot.stack": "b"}}), `labels["io.pilot.stack"]!`},
		"internal":    {with(in, props{"internal": true}), "internal!"},
	} {
		if got := n.diff(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	n.update(with(in, props{"endpoint": props{"host": dockerHost, "fallback": dockerHost}}))
	if got := n.diff(in); got != "endpoint.fallback" {
		t.Errorf("after the update: got %q", got)
	}

	moved := func(host, daemon, fallback string) props {
		return with(in, props{"endpoint": props{"host": host, "daemon": daemon, "fallback": fallback}})
	}
	n.update(moved(dockerHost, "i-1", ""))
	for want, to := range map[string]props{
		"endpoint.host":                   moved("unix:///new/docker.sock", "i-1", ""),
		"endpoint.daemon! endpoint.host!": moved("unix:///new/docker.sock", "i-2", ""),
		"endpoint.daemon!":                moved(dockerHost, "i-2", ""),
	} {
		if got := n.diff(to); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	n.update(moved(dockerHost, "", dockerHost))
	if got := n.diff(moved("unix:///new/docker.sock", "", dockerHost)); got != "endpoint.host" {
		t.Errorf("the same fallback: got %q", got)
	}

	if err := r.res(pilot.TypeNetwork, "other").tryCreate(r.ctx, in); err == nil || !strings.Contains(err.Error(), "exists already and is not this stack's") {
		t.Errorf("a name that is taken: got %v", err)
	}
	again := r.res(pilot.TypeNetwork, "n")
	again.create(in)
	if again.id != n.id {
		t.Error("what an interrupted run left behind must be taken over")
	}
	if err := r.docker.NetworkRemove(r.ctx, n.id); err != nil {
		t.Fatal(err)
	}
	n.read()
	if n.id != "" {
		t.Error("a refresh must see that the network is gone")
	}
	n.create(in)
	n.delete()
}

func TestVolumeLife(t *testing.T) {
	r := newRig(t)
	name := testPrefix + "vol"
	in := props{"endpoint": local(), "name": name}
	v := r.res(pilot.TypeVolume, "v")
	t.Cleanup(func() { _ = r.docker.VolumeRemove(context.Background(), name, true) })
	if out := v.preview(in); !out["instance"].ContainsUnknowns() || out["name"].ContainsUnknowns() {
		t.Errorf("got %v", out)
	}
	v.create(in)
	instance := v.text("instance")
	if instance == "" {
		t.Fatalf("got %v", v.state)
	}
	v.read()
	if got := v.diff(in); v.id != name || got != "" {
		t.Errorf("got %q, %q", v.id, got)
	}
	if got := v.diff(with(in, props{"labels": props{"a": "b"}})); got != "labels.a" {
		t.Errorf("got %q", got)
	}
	if err := r.res(pilot.TypeVolume, "other").tryCreate(r.ctx, in); err == nil || !strings.Contains(err.Error(), "is not this stack's") {
		t.Errorf("a name that is taken: got %v", err)
	}
	again := r.res(pilot.TypeVolume, "v")
	again.create(in)
	if again.text("instance") != instance {
		t.Error("what an interrupted run left behind must be taken over")
	}

	// Another volume of this name is not ours: neither seen nor deleted.
	if err := r.docker.VolumeRemove(r.ctx, name, true); err != nil {
		t.Fatal(err)
	}
	if _, err := r.docker.VolumeCreate(r.ctx, dockervol.CreateOptions{Name: name}); err != nil {
		t.Fatal(err)
	}
	v.delete()
	if _, err := r.docker.VolumeInspect(r.ctx, name); err != nil {
		t.Errorf("somebody else's volume was deleted: %v", err)
	}
	v.read()
	if v.id != "" {
		t.Error("a refresh must see that the volume is gone")
	}
	if err := r.docker.VolumeRemove(r.ctx, name, true); err != nil {
		t.Fatal(err)
	}
	v.create(in)
	if v.text("instance") == instance {
		t.Error("a new volume must be another instance")
	}
	v.delete()
}

func TestImageLife(t *testing.T) {
	name := testPrefix + "image:1"
	word := "one"
	loads := 0
	r := newRig(t, WithImages(map[string]ImageWriter{
		"probe": func(_ context.Context, w io.Writer) error {
			loads++
			_, err := w.Write(imageTar(t, name, word))
			return err
		},
		"broken": func(context.Context, io.Writer) error { return errors.New("no binary") },
	}))
	t.Cleanup(func() { _, _ = r.docker.ImageRemove(context.Background(), name, image.RemoveOptions{Force: true}) })
	in := props{"endpoint": local(), "name": name, "builder": "probe", "digest": "one"}
	i := r.res(pilot.TypeImage, "i")
	if out := i.preview(in); !out["imageId"].ContainsUnknowns() || loads != 0 {
		t.Errorf("got %v after %d loads", out, loads)
	}
	i.create(in)
	first := i.id
	if !strings.HasPrefix(first, "sha256:") || i.text("imageId") != first {
		t.Fatalf("got %q, %v", first, i.state)
	}
	i.read()
	if got := i.diff(in); i.id != first || got != "" {
		t.Errorf("got %q, %q", i.id, got)
	}
	if got := i.diff(with(in, props{"builder": nil, "source": "/x.tar"})); got != "builder source" {
		t.Errorf("the same content from elsewhere: got %q", got)
	}
	changed := with(in, props{"digest": "two"})
	if got := i.diff(changed); got != "digest!" {
		t.Errorf("got %q", got)
	}

	// A container goes on with the old image while the new one comes.
	made, err := r.docker.ContainerCreate(r.ctx, &container.Config{Image: first}, nil, nil, nil, testPrefix+"user")
	if err != nil {
		t.Fatal(err)
	}
	remove := func() {
		_ = r.docker.ContainerRemove(context.Background(), made.ID, container.RemoveOptions{Force: true})
	}
	t.Cleanup(remove)
	word = "two"
	next := r.res(pilot.TypeImage, "i")
	next.create(changed)
	if next.id == first {
		t.Fatal("new content, same image")
	}
	i.rig = newRig(t)
	i.delete()
	if _, err := r.docker.ContainerInspect(r.ctx, made.ID); err != nil {
		t.Errorf("the container is gone: %v", err)
	}
	// The same content again: the old resource's deletion leaves the image.
	same := r.res(pilot.TypeImage, "i")
	same.create(changed)
	next.delete()
	if _, err := r.docker.ImageInspect(r.ctx, same.id); err != nil {
		t.Errorf("the image that is in use was deleted: %v", err)
	}
	remove()

	other := newRig(t)
	if _, err := r.docker.ImageRemove(r.ctx, first, image.RemoveOptions{}); err != nil {
		t.Fatal(err)
	}
	i.read()
	if i.id != "" {
		t.Error("a refresh must see that the image is gone")
	}
	same.rig = other
	same.delete()
	if _, err := r.docker.ImageInspect(r.ctx, same.id); !gone(err) {
		t.Errorf("the image is still there: %v", err)
	}

	for what, c := range map[string]struct {
		in   props
		want string
	}{
		"broken builder": {with(in, props{"builder": "broken"}), "write image " + name + ": no binary"},
		"other name":     {with(in, props{"name": testPrefix + "image:2"}), "the tar holds [" + name + "] instead"},
		"no file":        {with(in, props{"builder": nil, "source": "/nowhere.tar"}), "no such file"},
		"not to be had":  {props{"endpoint": local(), "name": "127.0.0.1:1/nothing:1", "pull": true}, "docker pull 127.0.0.1:1/nothing:1, or docker load"},
	} {
		if err := r.res(pilot.TypeImage, "x").tryCreate(r.ctx, c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", what, err, c.want)
		}
	}
}

func TestImageFromFileAndPresentImage(t *testing.T) {
	r := newRig(t)
	name := testPrefix + "file:1"
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := os.WriteFile(path, imageTar(t, name, "file"), 0o600); err != nil {
		t.Fatal(err)
	}
	i := r.res(pilot.TypeImage, "file")
	i.create(props{"endpoint": local(), "name": name, "source": path, "digest": "x"})

	present := newRig(t).res(pilot.TypeImage, "present")
	present.create(props{"endpoint": local(), "name": name, "pull": true})
	if present.id != i.id {
		t.Errorf("got %s, want the image that is there, %s", present.id, i.id)
	}
	present.delete()
	if _, err := r.docker.ImageInspect(r.ctx, i.id); err != nil {
		t.Errorf("an image that was there before must stay: %v", err)
	}
	i.rig = newRig(t)
	i.delete()
}
