// Package local is the ready platform on this machine's own Docker Engine. It
// has the same parts, in the same order and under the same names, as the
// platforms on a cloud.
package local

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"

	parts "github.com/pilot-framework/pilot/pkg/infra/local"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// Platform is the spec. Its zero value, completed, is a working platform.
type Platform struct {
	// DockerHost is the Engine's own address: a unix socket of this machine.
	// Default: $DOCKER_HOST if that is a unix socket, else unix:///var/run/docker.sock.
	DockerHost string `yaml:"docker_host" json:"docker_host,omitempty"`
	// Ports are published on 127.0.0.1.
	Ports Ports `yaml:"ports" json:"ports,omitempty"`
	// Database is the platform's PostgreSQL.
	Database Database `yaml:"database" json:"database,omitempty"`
	// Runners is how many runners there are, 1 to 20. Default 1.
	Runners int `yaml:"runners" json:"runners,omitempty"`
	// ServerImage, where set, is pulled instead of loading our own server image.
	ServerImage string `yaml:"server_image,omitempty" json:"server_image,omitempty"`
}

// Ports are numbers from 1 to 65535, all different.
type Ports struct {
	// Docker is the Docker endpoint's. Default 2376.
	Docker int `yaml:"docker" json:"docker,omitempty"`
	// Server is the server API's. Default 9701.
	Server int `yaml:"server" json:"server,omitempty"`
	// UI is the web interface's. Default 9702.
	UI int `yaml:"ui" json:"ui,omitempty"`
	// Source is the source receiver's. Default 9703.
	Source int `yaml:"source" json:"source,omitempty"`
	// Database is PostgreSQL's. Default 5432.
	Database int `yaml:"database" json:"database,omitempty"`
}

// Database says how PostgreSQL is run.
type Database struct {
	// Image follows the contract of the official image. Default postgres:17.
	Image string `yaml:"image" json:"image,omitempty"`
	// Name and User are lower-case identifiers. Default pilot.
	Name string `yaml:"name" json:"name,omitempty"`
	User string `yaml:"user" json:"user,omitempty"`
}

// DefaultDatabaseImage is the official PostgreSQL image.
const DefaultDatabaseImage = "postgres:17"

// Target registers the platform.
func Target() stacks.Target {
	return stacks.Target{
		Name:    "local",
		Summary: "this machine's Docker Engine",
		New:     func() stacks.Platform { return &Platform{} },
		Settings: []stacks.Setting{
			{Name: "db-image", Usage: "PostgreSQL image (local)", Set: func(p stacks.Platform, v string) error {
				p.(*Platform).Database.Image = v
				return nil
			}},
			{Name: "docker-host", Usage: "unix socket of the Docker Engine (local)", Set: func(p stacks.Platform, v string) error {
				p.(*Platform).DockerHost = v
				return nil
			}},
			stacks.ImageSetting(), stacks.BareSetting(),
			{Name: "runners", Usage: "number of runners", Set: func(p stacks.Platform, v string) error {
				n, err := strconv.Atoi(v)
				if err != nil {
					return fmt.Errorf("%q is no whole number", v)
				}
				p.(*Platform).Runners = n
				return nil
			}},
		},
	}
}

// identifierForm keeps PostgreSQL names free of quoting; PostgreSQL itself
// cuts names off after 63 bytes.
var identifierForm = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// imageForm is the part of an image reference's grammar that catches typing errors.
var imageForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._/:@-]*[A-Za-z0-9_.-]$`)

// Complete fills in the defaults and validates.
func (p *Platform) Complete() error {
	if p.DockerHost == "" {
		p.DockerHost = "unix:///var/run/docker.sock"
		if env := os.Getenv("DOCKER_HOST"); len(env) > 7 && env[:7] == "unix://" {
			p.DockerHost = env
		}
	}
	if u, err := url.Parse(p.DockerHost); err != nil || u.Scheme != "unix" || u.Path == "" {
		return fmt.Errorf("docker_host %q: want a unix socket of this machine, such as unix:///var/run/docker.sock", p.DockerHost)
	}
	if err := p.Ports.complete(); err != nil {
		return err
	}
	def(&p.Database.Image, DefaultDatabaseImage)
	def(&p.Database.Name, "pilot")
	def(&p.Database.User, "pilot")
	for field, name := range map[string]string{"database.name": p.Database.Name, "database.user": p.Database.User} {
		if !identifierForm.MatchString(name) {
			return fmt.Errorf("%s %q: want a lower-case letter or underscore, then up to 62 lower-case letters, digits or underscores", field, name)
		}
	}
	if !imageForm.MatchString(p.Database.Image) {
		return fmt.Errorf("database.image %q: want an image reference such as %s", p.Database.Image, DefaultDatabaseImage)
	}
	if p.ServerImage != "" && !imageForm.MatchString(p.ServerImage) {
		return fmt.Errorf("server_image %q: want an image reference such as registry.example.com/pilot-server:1", p.ServerImage)
	}
	def(&p.Runners, 1)
	if p.Runners < 1 || p.Runners > 20 {
		return fmt.Errorf("runners %d: want 1 to 20", p.Runners)
	}
	return nil
}

func (p *Ports) complete() error {
	fields := []struct {
		name  string
		port  *int
		value int
	}{
		{"ports.docker", &p.Docker, 2376}, {"ports.server", &p.Server, 9701}, {"ports.ui", &p.UI, 9702},
		{"ports.source", &p.Source, 9703}, {"ports.database", &p.Database, 5432},
	}
	taken := map[int]string{}
	for _, f := range fields {
		def(f.port, f.value)
		if *f.port < 1 || *f.port > 65535 {
			return fmt.Errorf("%s %d: want 1 to 65535", f.name, *f.port)
		}
		if other, ok := taken[*f.port]; ok {
			return fmt.Errorf("%s %d: %s has the same; want different ports", f.name, *f.port, other)
		}
		taken[*f.port] = f.name
	}
	return nil
}

func def[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Inspected is true: all is on this machine's Docker Engine, and a container
// that was stopped, or ended with the machine, is to be seen and started again.
func (p *Platform) Inspected() bool { return true }

// Config is empty: no provider of this target needs configuration.
func (p *Platform) Config() auto.ConfigMap { return auto.ConfigMap{} }

// Preflight finds what would make an apply fail half-way: Docker that does not
// answer, binaries of the images that are not there, a port that something
// else has.
func (p *Platform) Preflight(ctx context.Context, stack string) error {
	if _, err := engineVersion(ctx, p.DockerHost); err != nil {
		return err
	}
	if _, err := p.gatewayImage(); err != nil {
		return err
	}
	return parts.CheckPorts(ctx, p.firewall(stack))
}
