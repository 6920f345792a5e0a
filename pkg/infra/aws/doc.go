// Package aws holds the parts of a Pilot platform on AWS as Pulumi components:
// Network, Firewall, Identity, Database, Machine and Registry. Each is an
// ordinary pulumi.ComponentResource that any Pulumi program can use; none
// needs the others. Package gcp mirrors this one file by file.
//
// Every component takes a Name, which becomes the beginning of the names of
// what it creates in the account, and Tags, which go on everything that AWS
// lets carry tags.
package aws

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// The ports of a platform's machine and database.
const (
	// DockerPort is the Docker daemon's, behind mutual TLS.
	DockerPort = 2376
	// ServerPort is the Pilot server's API, UIPort its web interface and
	// SourcePort the receiver of apps' source.
	ServerPort = 9701
	UIPort     = 9702
	SourcePort = 9703
	// DatabasePort is PostgreSQL's.
	DatabasePort = 5432
	// SSHPort is open only where asked for.
	SSHPort = 22
)

// tagged adds the Name tag, which the console shows, to the caller's tags.
func tagged(tags map[string]string, name string) pulumi.StringMap {
	m := make(pulumi.StringMap, len(tags)+1)
	for k, v := range tags {
		m[k] = pulumi.String(v)
	}
	m["Name"] = pulumi.String(name)
	return m
}

// orElse gives value, or fallback where value is its type's zero.
func orElse[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}
