// Package local holds the parts of a Pilot platform on this machine's own
// Docker Engine as Pulumi components: Network, Firewall, Identity, Database
// and Machine. They mirror the packages of the clouds file by file, and end in
// the same thing: a Docker endpoint behind mutual TLS.
//
// Every component takes a Name, which becomes the beginning of the names of
// the Docker objects that it makes, and Labels, which go on all of them.
package local

import (
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Loopback is the address that ports are published on.
const Loopback = "127.0.0.1"

// Labels that tell what an object belongs to.
const (
	// LabelStack names the stack.
	LabelStack = "io.pilot.stack"
	// LabelRole says what the object is for: network, gateway, db, ...
	LabelRole = "io.pilot.role"
)

func labelled(labels map[string]string, role string) pulumi.StringMap {
	all := maps.Clone(labels)
	if all == nil {
		all = map[string]string{}
	}
	all[LabelRole] = role
	return pulumi.ToStringMap(all)
}

// orElse gives value, or fallback where value is its type's zero.
func orElse[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}
