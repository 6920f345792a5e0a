package provider

import (
	"context"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

var (
	octalMode  = regexp.MustCompile(`^0?[0-7]{3}$`)
	capability = regexp.MustCompile(`^[A-Z_]+$`)
)

// dockerSocket is the only thing of the host that may be mounted.
const dockerSocket = "docker.sock"

func (*containerResource) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[pilot.ContainerInputs], error) {
	return check(ctx, req, func(c *checker, in *pilot.ContainerInputs) {
		checkEndpoint(c, in.Endpoint)
		c.match(at("name"), in.Name, objectName, objectNameForm)
		if in.Image == "" {
			c.fail(at("image"), "is empty: want an image's ID or its name and tag")
		}
		c.public("env", "labels", "command", "entrypoint", "user", "extraHosts")
		c.oneOf(at("restart"), &in.Restart, "unless-stopped", "always", "on-failure", "no")
		c.duration(at("startTimeout"), &in.StartTimeout, "2m", time.Second)
		c.duration(at("stopTimeout"), &in.StopTimeout, "10s", 0)
		for i := range in.Networks {
			if in.Networks[i].Name == "" {
				c.fail(at("networks", i, "name"), "is empty: want a network's name or ID")
			}
		}
		checkMounts(c, in.Mounts)
		checkPorts(c, in.Ports)
		checkFiles(c, in)
		checkHealth(c, in)
		for _, list := range []struct {
			field string
			words []string
		}{{"capDrop", in.CapDrop}, {"capAdd", in.CapAdd}} {
			for i, word := range list.words {
				c.match(at(list.field, i), word, capability, "a capability in capitals and without CAP_, such as NET_BIND_SERVICE, or ALL")
			}
		}
		for target := range in.Tmpfs {
			absolute(c, at("tmpfs", target), target)
		}
	})
}

func checkMounts(c *checker, mounts []pilot.Mount) {
	for i := range mounts {
		m := &mounts[i]
		c.oneOf(at("mounts", i, "type"), &m.Type, "volume", "bind")
		absolute(c, at("mounts", i, "target"), m.Target)
		switch {
		case m.Type == "volume":
			c.match(at("mounts", i, "source"), m.Source, objectName, "a volume's name: "+objectNameForm)
		case m.Type == "bind" && (!path.IsAbs(m.Source) || path.Base(m.Source) != dockerSocket):
			c.fail(at("mounts", i, "source"), "%q: of the host's files only the Docker socket may be mounted: want a path that ends in /%s, or type volume", m.Source, dockerSocket)
		}
	}
}

func checkPorts(c *checker, ports []pilot.Port) {
	for i := range ports {
		port := &ports[i]
		c.between(at("ports", i, "container"), &port.Container, 0, 1, 65535)
		c.between(at("ports", i, "host"), &port.Host, 0, 1, 65535)
		c.oneOf(at("ports", i, "protocol"), &port.Protocol, "tcp", "udp")
		if port.HostIP == "" {
			port.HostIP = "127.0.0.1"
		}
	}
}

func checkFiles(c *checker, in *pilot.ContainerInputs) {
	seen := map[string]bool{}
	for i := range in.Files {
		f := &in.Files[i]
		if f.Mode == "" {
			f.Mode = "0400"
		}
		absolute(c, at("files", i, "path"), f.Path)
		c.match(at("files", i, "mode"), f.Mode, octalMode, "three octal digits, such as 0400")
		if f.UID < 0 {
			c.fail(at("files", i, "uid"), "%d: want 0 or more", f.UID)
		}
		if f.GID < 0 {
			c.fail(at("files", i, "gid"), "%d: want 0 or more", f.GID)
		}
		if seen[f.Path] {
			c.fail(at("files", i, "path"), "%q: it is listed twice", f.Path)
		}
		seen[f.Path] = true
		for target := range in.Tmpfs {
			if under(f.Path, target) {
				c.fail(at("files", i, "path"), "%q: it is below the tmpfs %s, which is empty at each start", f.Path, target)
			}
		}
		if in.ReadOnlyRootfs && path.Dir(f.Path) == "/" {
			c.fail(at("files", i, "path"), "%q: with readOnlyRootfs a file needs a folder of its own, such as /etc/pilot", f.Path)
		}
	}
}

func checkHealth(c *checker, in *pilot.ContainerInputs) {
	h := in.Healthcheck
	if h == nil {
		return
	}
	if len(h.Test) == 0 {
		c.fail(at("healthcheck", "test"), "is empty: want a command and its arguments")
	}
	c.duration(at("healthcheck", "interval"), &h.Interval, "10s", time.Second)
	c.duration(at("healthcheck", "timeout"), &h.Timeout, "5s", time.Second)
	c.duration(at("healthcheck", "startPeriod"), &h.StartPeriod, "0s", 0)
	c.between(at("healthcheck", "retries"), &h.Retries, 3, 1, 100)
}

func absolute(c *checker, where []any, value string) {
	if !path.IsAbs(value) || path.Clean(value) != value || value == "/" {
		c.fail(where, "%q: want an absolute path without .., such as /etc/pilot", value)
	}
}

// under tells whether a path is a folder or something in it.
func under(p, folder string) bool {
	return p == folder || strings.HasPrefix(p, strings.TrimSuffix(folder, "/")+"/")
}
