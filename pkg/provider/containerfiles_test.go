package provider

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	dockernet "github.com/docker/docker/api/types/network"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/pilot-framework/pilot/internal/testports"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// TestReadOnlyContainer: files, networks and live changes with a read-only root.
func TestReadOnlyContainer(t *testing.T) {
	r := newRig(t)
	imageID := loadProbe(t, r, "readonly")
	name, port := testPrefix+"readonly", testports.Free(t, 1)[0]
	discardAfter(t, r, name)
	for _, n := range []string{"net-a", "net-b"} {
		s := r.res(pilot.TypeNetwork, n)
		s.create(props{"endpoint": local(), "name": testPrefix + n})
		t.Cleanup(func() { _ = r.docker.NetworkRemove(context.Background(), s.id) })
	}
	files := func(text string) []any {
		return []any{
			props{"path": "/etc/pilot/greeting", "content": text, "uid": 1000, "gid": 1000, "live": true},
			props{"path": "/etc/pilot/sub/deeper/other", "content": "x", "mode": "0444"},
		}
	}
	in := with(probeContainer(name, imageID), props{
		"user": "1000:1000", "readOnlyRootfs": true, "capDrop": []any{"ALL"}, "securityOpt": []any{"no-new-privileges"},
		"tmpfs": props{"/tmp": "rw,size=1m"}, "files": files("one"), "ports": []any{props{"container": 8080, "host": port}},
		"networks": []any{props{"name": testPrefix + "net-a", "aliases": []any{"probe"}}, props{"name": testPrefix + "net-b"}},
	})
	c := r.res(pilot.TypeContainer, "c")
	c.create(in)
	if got := get(t, port, "/"); got != "one" {
		t.Errorf("the container says %q", got)
	}
	if got := c.state["addresses"].ObjectValue(); len(got) != 2 {
		t.Errorf("addresses: %v", got)
	}
	found, err := r.docker.ContainerInspect(r.ctx, c.id)
	if err != nil || !found.HostConfig.ReadonlyRootfs || found.Config.User != "1000:1000" || len(found.HostConfig.CapDrop) != 1 {
		t.Errorf("got %+v, %v", found.HostConfig, err)
	}
	changed := with(in, props{"files": files("two")})
	if got := c.diff(changed); got != "files[0].content" {
		t.Errorf("a live file: got %q", got)
	}
	id := c.id
	c.update(changed)
	if got := get(t, port, "/"); got != "two" || c.id != id || c.diff(changed) != "" {
		t.Errorf("the container says %q; diff %q", got, c.diff(changed))
	}
	c.delete()
	left, err := r.docker.NetworkInspect(r.ctx, testPrefix+"net-a", dockernet.InspectOptions{})
	if err != nil || len(left.Containers) != 0 {
		t.Errorf("got %v, %v", left.Containers, err)
	}
	volumes, err := exec.Command("docker", "volume", "ls", "-q", "--filter", "dangling=true").CombinedOutput()
	for _, m := range found.Mounts {
		if m.Name != "" && strings.Contains(string(volumes), m.Name) {
			t.Errorf("the anonymous volume %s is left (%v)", m.Name, err)
		}
	}
}

// TestUnreachable: a daemon that doesn't answer is told apart from one that
// says that a thing is gone.
func TestUnreachable(t *testing.T) {
	r := newRig(t)
	imageID := loadProbe(t, r, "unreachable")
	name := testPrefix + "unreachable"
	discardAfter(t, r, name)
	in := probeContainer(name, imageID)
	c := r.res(pilot.TypeContainer, "c")
	c.create(in)
	id := c.id

	far := tlsEndpoint(t, fmt.Sprintf("tcp://127.0.0.1:%d", testports.Free(t, 1)[0]))
	c.update(with(in, props{"endpoint": far}))
	if c.read(); c.id != id || c.text("status") != statusUnreachable || c.diff(with(in, props{"endpoint": far})) != "status" {
		t.Errorf("got %q, %v", c.id, c.text("status"))
	}
	if err := c.tryDelete(c.id); err == nil || !strings.Contains(err.Error(), "Docker does not answer at tcp://127.0.0.1:") {
		t.Errorf("got %v", err)
	}

	at := func(endpoint props) *res {
		s := r.res(pilot.TypeContainer, "c")
		s.id, s.inputs = id, s.mustCheck(with(in, props{"endpoint": endpoint}))
		s.state = s.inputs.Copy()
		s.state["status"], s.state["imageId"] = resource.NewStringProperty(statusRunning), resource.NewStringProperty(imageID)
		return s
	}
	if err := at(props{"host": "unix:///nowhere/docker.sock"}).tryRead(); err == nil || !strings.Contains(err.Error(), "start Docker") {
		t.Errorf("this machine's own daemon is down: got %v", err)
	}

	// With another way to the same daemon, all is seen and can be deleted.
	far["fallback"] = dockerHost
	c = at(far)
	if c.read(); c.text("status") != statusRunning {
		t.Errorf("got %v", c.text("status"))
	}
	c.delete()
	list, err := r.docker.ContainerList(r.ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("name", name))})
	if err != nil || len(list) != 0 {
		t.Errorf("got %v, %v", list, err)
	}
}

func tlsEndpoint(t *testing.T, host string) props {
	t.Helper()
	r := newRig(t)
	ca := r.res(pilot.TypeCertificateAuthority, "ca")
	ca.create(props{"commonName": "x"})
	leaf := r.res(pilot.TypeCertificate, "leaf")
	leaf.create(props{"caCert": ca.text("certPem"), "caKey": ca.text("keyPem"), "commonName": "x", "role": "operator", "client": true})
	return props{"host": host, "ca": ca.text("certPem"), "cert": leaf.text("certPem"), "key": leaf.text("keyPem")}
}
