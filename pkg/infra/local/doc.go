// Package local holds the parts of a platform on this machine's own Docker
// Engine, as components with the same names, in files with the same names, as
// those of a cloud. The network is a Docker network, the machine is a gateway
// container that speaks mutual TLS in front of the Docker socket.
package local

import (
	"maps"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Common is what every part is told.
type Common struct {
	// Prefix begins the name of every Docker object, such as pilot-local.
	Prefix string
	// Labels are put on every Docker object.
	Labels map[string]string
}

func (c Common) labels(role string) pulumi.StringMap {
	all := maps.Clone(c.Labels)
	if all == nil {
		all = map[string]string{}
	}
	all["io.pilot.role"] = role
	return pulumi.ToStringMap(all)
}

func (c Common) name(role string) string { return c.Prefix + "-" + role }

// socket is the endpoint of the Engine's own socket.
func socket(host string) pilot.EndpointArgs { return pilot.EndpointArgs{Host: pulumi.String(host)} }
