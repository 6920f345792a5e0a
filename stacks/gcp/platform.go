// Package gcp is the ready platform on Google Cloud. It has the same parts, in
// the same order and under the same names, as the platforms on other targets.
package gcp

import (
	"github.com/pilot-framework/pilot/pkg/engine/plugins"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Platform is the spec. Its zero value, completed, is a small platform that
// nobody outside its network can reach; OperatorCIDRs let people in. A real
// platform needs a Project.
type Platform struct {
	// Project is the id of the Google Cloud project. Default:
	// $GOOGLE_CLOUD_PROJECT, then $CLOUDSDK_CORE_PROJECT. On a simulated cloud
	// it is SimulatedProject in the end.
	Project string `yaml:"project" json:"project,omitempty"`
	// Region is where everything is. Default: $CLOUDSDK_COMPUTE_REGION, then
	// us-central1.
	Region string `yaml:"region" json:"region,omitempty"`
	// Zone is the machine's zone. Default: the region's first when the machine
	// is made, which then stays.
	Zone string `yaml:"zone" json:"zone,omitempty"`
	// Size is small, medium or large. Default small.
	Size stacks.Size `yaml:"size" json:"size,omitempty"`
	// OperatorCIDRs are the IPv4 ranges of those who run and use the platform.
	OperatorCIDRs []string `yaml:"operator_cidrs" json:"operator_cidrs,omitempty"`
	// AllowPublic is the reason why OperatorCIDRs may be the whole internet.
	AllowPublic string `yaml:"allow_public" json:"allow_public,omitempty"`
	// Targets are the app targets that deploys are allowed for:
	// google-cloud-run, google-cloud-cdn. Default: both.
	Targets []string `yaml:"targets" json:"targets,omitempty"`
	// Protect refuses to delete or replace what holds data: machine, database,
	// registry.
	Protect bool `yaml:"protect" json:"protect,omitempty"`
	// Tags are labels on everything that can carry them.
	Tags map[string]string `yaml:"tags" json:"tags,omitempty"`
	// Network, Machine, Database and SSH are the details.
	Network  Network  `yaml:"network" json:"network,omitempty"`
	Machine  Machine  `yaml:"machine" json:"machine,omitempty"`
	Database Database `yaml:"database" json:"database,omitempty"`
	SSH      SSH      `yaml:"ssh" json:"ssh,omitempty"`

	// Runners is how many runners there are, 1 to 20. Default 1.
	Runners int `yaml:"runners" json:"runners,omitempty"`
	// ServerImage, where set, is pulled instead of loading our own server image.
	ServerImage string `yaml:"server_image,omitempty" json:"server_image,omitempty"`
	// BootTimeout bounds the wait for the machine's first boot; a duration from
	// 1m to 2h. Default 15m.
	BootTimeout string `yaml:"boot_timeout,omitempty" json:"boot_timeout,omitempty"`

	// Above is what to put on the machine's Docker endpoint: the Pilot server in
	// a Platform that the Target made. Nil leaves it at the machine.
	Above stacks.Above `yaml:"-" json:"-"`
	// Images are what Above may load onto the machine, by name.
	Images map[string]provider.ImageWriter `yaml:"-" json:"-"`
	// Simulated says that no machine will answer, so Above is left out, and
	// that a missing Project does no harm.
	Simulated bool `yaml:"-" json:"-"`
}

// SimulatedProject stands in for a missing project on a simulated cloud.
const SimulatedProject = "simulated-project"

// Network is the VPC network. Its ranges must be private and must not overlap.
type Network struct {
	// Machine is the machine's subnet, /16 to /29. Default 10.1.0.0/24.
	Machine string `yaml:"machine" json:"machine,omitempty"`
	// Database is the range for Cloud SQL, /16 to /24. Default 10.2.0.0/20.
	Database string `yaml:"database" json:"database,omitempty"`
	// Apps is the range of the VPC connector, a /28. Default 10.8.0.0/28.
	Apps string `yaml:"apps" json:"apps,omitempty"`
}

// Machine is the Compute Engine instance.
type Machine struct {
	// Type is the machine type, for 64-bit x86. Default: by Size.
	Type string `yaml:"type" json:"type,omitempty"`
	// Image is an image of Ubuntu 24.04, as projects/P/global/images/I, or
	// "latest" to follow the newest. Default: the newest when the machine is
	// made, which then stays.
	Image string `yaml:"image" json:"image,omitempty"`
	// DiskGB is the disk's size in GB, 20 to 65536. Default 40.
	DiskGB int `yaml:"disk_gb" json:"disk_gb,omitempty"`
}

// Database is the Cloud SQL instance.
type Database struct {
	// Class is the tier. Default: by Size.
	Class string `yaml:"class" json:"class,omitempty"`
	// Version is PostgreSQL's: 16, the default, or 17.
	Version string `yaml:"version" json:"version,omitempty"`
	// StorageGB is the disk's first size in GB, 10 to 65536. Default 10.
	StorageGB int `yaml:"storage_gb" json:"storage_gb,omitempty"`
	// MaxStorageGB is how far it grows by itself. Default 100.
	MaxStorageGB int `yaml:"max_storage_gb" json:"max_storage_gb,omitempty"`
	// BackupDays is how many daily backups are kept, 1 to 365. Default 7.
	BackupDays int `yaml:"backup_days" json:"backup_days,omitempty"`
	// MultiZone keeps a standby in a second zone.
	MultiZone bool `yaml:"multi_zone" json:"multi_zone,omitempty"`
	// Name and User are lower-case identifiers. Default pilot.
	Name string `yaml:"name" json:"name,omitempty"`
	User string `yaml:"user" json:"user,omitempty"`
}

// SSH opens port 22. It is off unless both fields are given.
type SSH struct {
	// CIDRs are the ranges that may connect, never the whole internet.
	CIDRs []string `yaml:"cidrs" json:"cidrs,omitempty"`
	// Keys are public keys for the user ubuntu. A machine gets them at its first
	// boot: a change takes effect on the next machine, not on the one that runs.
	Keys []string `yaml:"keys" json:"keys,omitempty"`
}

// WithServer has the platform put the Pilot server on its machine.
func WithServer(p *Platform) *Platform {
	p.Images = stacks.ServerImages()
	p.Above = func(ctx *pulumi.Context, e *stacks.DockerEndpoint) error {
		return stacks.PilotServer(stacks.PilotServerArgs{
			Runners: p.Runners, Image: p.ServerImage, BootTimeout: p.BootTimeout,
		})(ctx, e)
	}
	return p
}

// Target registers the platform.
func Target() stacks.Target {
	return stacks.Target{
		Name:    "gcp",
		Summary: "Google Cloud",
		New:     func() stacks.Platform { return WithServer(&Platform{}) },
		Settings: []stacks.Setting{
			setting("project", "id of the Google Cloud project", func(p *Platform, v string) { p.Project = v }).
				Asked("In which project?"),
			setting("region", "region", func(p *Platform, v string) { p.Region = v }).
				Asked("In which region?"),
			setting("zone", "zone of the machine", func(p *Platform, v string) { p.Zone = v }),
			setting("size", "small, medium or large", func(p *Platform, v string) { p.Size = stacks.Size(v) }).
				Asked("How big?", string(stacks.Small), string(stacks.Medium), string(stacks.Large)),
			setting("operator-cidr", "IPv4 range that may reach the platform, such as 203.0.113.7/32; may be given again",
				func(p *Platform, v string) { p.OperatorCIDRs = append(p.OperatorCIDRs, v) }).
				Asked("Which IPv4 range may reach the platform?"),
			setting("machine-type", "exact type of the machine", func(p *Platform, v string) { p.Machine.Type = v }),
			setting("machine-image", "image of the machine, or latest", func(p *Platform, v string) { p.Machine.Image = v }),
			setting("database-class", "exact tier of the database", func(p *Platform, v string) { p.Database.Class = v }),
			setting("boot-timeout", "how long setup waits for the machine's first boot, such as 15m", func(p *Platform, v string) { p.BootTimeout = v }),
			stacks.ImageSetting(), stacks.BareSetting(),
			{Name: "runners", Usage: "number of runners", Set: func(p stacks.Platform, v string) (err error) {
				p.(*Platform).Runners, err = stacks.Whole(v)
				return err
			}},
		},
	}
}

func setting(name, usage string, set func(*Platform, string)) stacks.Setting {
	return stacks.Setting{Name: name, Usage: usage + " (clouds)", Set: func(p stacks.Platform, v string) error {
		set(p.(*Platform), v)
		return nil
	}}
}

// Config tells the provider the project and the region; credentials come from
// Google's own chain.
func (p *Platform) Config() auto.ConfigMap {
	return auto.ConfigMap{
		"gcp:project": auto.ConfigValue{Value: p.Project},
		"gcp:region":  auto.ConfigValue{Value: p.Region},
	}
}

// Providers are Pilot's own. The one for Google Cloud is a plugin.
func (p *Platform) Providers() []infra.Provider {
	return []infra.Provider{server.Provider(p.Images, provider.WithConsole(p.boot))}
}

// sdk is the module whose version the plugin has to have.
const sdk = "github.com/pulumi/pulumi-gcp/sdk/v7"

// Plugins is the one for Google Cloud.
func (p *Platform) Plugins() ([]plugins.Plugin, error) {
	if p.Simulated {
		return nil, nil
	}
	plugin, err := plugins.Of(sdk)
	if err != nil {
		return nil, err
	}
	return []plugins.Plugin{plugin}, nil
}
