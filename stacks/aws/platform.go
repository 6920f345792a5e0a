// Package aws is the ready platform on Amazon Web Services. It has the same
// parts, in the same order and under the same names, as the platforms on other
// targets.
package aws

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
// nobody outside its network can reach; OperatorCIDRs let people in.
type Platform struct {
	// Region is where everything is. Default: $AWS_REGION, then
	// $AWS_DEFAULT_REGION, then us-east-1.
	Region string `yaml:"region" json:"region,omitempty"`
	// Size is small, medium or large. Default small.
	Size stacks.Size `yaml:"size" json:"size,omitempty"`
	// OperatorCIDRs are the IPv4 ranges of those who run and use the platform.
	OperatorCIDRs []string `yaml:"operator_cidrs" json:"operator_cidrs,omitempty"`
	// AllowPublic is the reason why OperatorCIDRs may be the whole internet.
	AllowPublic string `yaml:"allow_public" json:"allow_public,omitempty"`
	// Targets are the app targets that deploys are allowed for: aws-ecs,
	// aws-ec2, aws-lambda, aws-cloudfront. Default: aws-ecs and aws-cloudfront.
	Targets []string `yaml:"targets" json:"targets,omitempty"`
	// Protect refuses to delete or replace what holds data: machine, database,
	// registry. The database leaves a last snapshot.
	Protect bool `yaml:"protect" json:"protect,omitempty"`
	// Tags go on everything that can carry them.
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
	// Simulated says that no machine will answer, so Above is left out.
	Simulated bool `yaml:"-" json:"-"`
}

// Network is the VPC. Its ranges must be private and must not overlap.
type Network struct {
	// CIDR is the whole, /16 to /21. Default 10.1.0.0/16.
	CIDR string `yaml:"cidr" json:"cidr,omitempty"`
	// Machine is the machine's subnet. Default: the first /24 of CIDR.
	Machine string `yaml:"machine" json:"machine,omitempty"`
	// Database are two subnets. Default: the second and third /24.
	Database []string `yaml:"database" json:"database,omitempty"`
	// Apps are two subnets for apps. Default: the fourth and fifth /24.
	Apps []string `yaml:"apps" json:"apps,omitempty"`
	// AppPorts are the ports of apps that load balancers in the VPC may reach.
	// Default 3000 and 5000, where deploys listen by default.
	AppPorts []int `yaml:"app_ports" json:"app_ports,omitempty"`
	// Zones are two availability zones. Default: the account's first two.
	Zones []string `yaml:"zones" json:"zones,omitempty"`
}

// Machine is the EC2 instance.
type Machine struct {
	// Type is the instance type, for 64-bit x86. Default: by Size.
	Type string `yaml:"type" json:"type,omitempty"`
	// Image is an AMI of Ubuntu 24.04, or "latest" to follow the newest. Default:
	// the newest when the machine is made, which then stays.
	Image string `yaml:"image" json:"image,omitempty"`
	// DiskGB is the disk's size in GiB, 20 to 16384. Default 40.
	DiskGB int `yaml:"disk_gb" json:"disk_gb,omitempty"`
}

// Database is the RDS instance.
type Database struct {
	// Class is the instance class. Default: by Size.
	Class string `yaml:"class" json:"class,omitempty"`
	// Version is PostgreSQL's: 16, the default, or 17.
	Version string `yaml:"version" json:"version,omitempty"`
	// StorageGB is the disk's first size in GiB, 20 to 65536. Default 20.
	StorageGB int `yaml:"storage_gb" json:"storage_gb,omitempty"`
	// MaxStorageGB is how far it grows by itself. Default 100.
	MaxStorageGB int `yaml:"max_storage_gb" json:"max_storage_gb,omitempty"`
	// BackupDays is how long backups are kept, 1 to 35. Default 7.
	BackupDays int `yaml:"backup_days" json:"backup_days,omitempty"`
	// MultiZone keeps a standby in the second zone.
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
		Name:    "aws",
		Summary: "Amazon Web Services",
		New:     func() stacks.Platform { return WithServer(&Platform{}) },
		Settings: []stacks.Setting{
			setting("region", "region", func(p *Platform, v string) { p.Region = v }).
				Asked("In which region?"),
			setting("size", "small, medium or large", func(p *Platform, v string) { p.Size = stacks.Size(v) }).
				Asked("How big?", string(stacks.Small), string(stacks.Medium), string(stacks.Large)),
			setting("operator-cidr", "IPv4 range that may reach the platform, such as 203.0.113.7/32; may be given again",
				func(p *Platform, v string) { p.OperatorCIDRs = append(p.OperatorCIDRs, v) }).
				Asked("Which IPv4 range may reach the platform?"),
			setting("machine-type", "exact instance type of the machine", func(p *Platform, v string) { p.Machine.Type = v }),
			setting("machine-image", "image of the machine, or latest", func(p *Platform, v string) { p.Machine.Image = v }),
			setting("database-class", "exact instance class of the database", func(p *Platform, v string) { p.Database.Class = v }),
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

// Config tells the provider the region; credentials come from AWS's own chain.
func (p *Platform) Config() auto.ConfigMap {
	return auto.ConfigMap{"aws:region": auto.ConfigValue{Value: p.Region}}
}

// Providers are Pilot's own. The one for AWS is a plugin.
func (p *Platform) Providers() []infra.Provider {
	return []infra.Provider{server.Provider(p.Images, provider.WithConsole(p.boot))}
}

// sdk is the module whose version the plugin has to have.
const sdk = "github.com/pulumi/pulumi-aws/sdk/v6"

// Plugins is the one for AWS.
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
