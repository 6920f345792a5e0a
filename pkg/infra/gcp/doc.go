// Package gcp holds the parts of a Pilot platform on Google Cloud as Pulumi
// components: Network, Firewall, Identity, Database, Machine and Registry. Each
// is an ordinary pulumi.ComponentResource that any Pulumi program can use; none
// needs the others. Package aws mirrors this one file by file.
//
// Every component takes a Name, which becomes the beginning of the names of
// what it creates, and Labels, which go on everything that Google Cloud lets
// carry labels. Each switches on the services of the project that it needs,
// and never switches one off: something else in the project may use it.
package gcp

import (
	"strings"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The ports of a platform's machine and database.
const (
	// DockerPort is the Docker daemon's, behind mutual TLS.
	DockerPort = 2376
	// ServerPort is the Pilot server's API, UIPort its web interface and
	// SourcePort the receiver of apps' source.
	ServerPort = 9701
	UIPort     = 9702
	SourcePort = 9703
	// DatabasePort is PostgreSQL's; Cloud SQL has no other.
	DatabasePort = 5432
	// SSHPort is open only where asked for.
	SSHPort = 22
)

// MaxNameLength is the most that Name may have in every component. The limit
// comes from the names of VPC connectors (25) and service accounts (30), to
// which the components add up to eight characters.
const MaxNameLength = 21

// MachineTag is the network tag of the machine of a platform called name. The
// firewall's rules hold for it.
func MachineTag(name string) string { return name + "-machine" }

// labels copies the caller's labels into a Pulumi map.
func labels(m map[string]string) pulumi.StringMap { return pulumi.ToStringMap(m) }

// services switches on services of the project, by their name without
// .googleapis.com.
func services(ctx *pulumi.Context, name, project string, parent pulumi.ResourceOption, wanted ...string) (pulumi.ResourceOption, error) {
	enabled := make([]pulumi.Resource, 0, len(wanted))
	for _, s := range wanted {
		r, err := projects.NewService(ctx, name+"-"+strings.ReplaceAll(s, ".", "-"), &projects.ServiceArgs{
			Project: pulumi.String(project), Service: pulumi.String(s + ".googleapis.com"),
			DisableOnDestroy: pulumi.Bool(false), DisableDependentServices: pulumi.Bool(false),
		}, parent)
		if err != nil {
			return nil, err
		}
		enabled = append(enabled, r)
	}
	return pulumi.DependsOn(enabled), nil
}

// orElse gives value, or fallback where value is its type's zero.
func orElse[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}
