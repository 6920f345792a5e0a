package local

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// NetworkArgs describe the network that the platform's containers share.
type NetworkArgs struct {
	// Name is the network's name on the Engine.
	Name string
	// DockerHost is the Engine's own socket, such as unix:///var/run/docker.sock.
	DockerHost string
	// Labels go on the network.
	Labels map[string]string
}

// Network is a bridge network. Containers on it reach one another by name;
// nothing else reaches them but over published ports.
type Network struct {
	pulumi.ResourceState

	// Name is the network's name on the Engine.
	Name pulumi.StringOutput
}

// NewNetwork creates the network.
func NewNetwork(ctx *pulumi.Context, name string, args *NetworkArgs, opts ...pulumi.ResourceOption) (*Network, error) {
	n := &Network{}
	if err := ctx.RegisterComponentResource("pilot:local:Network", name, n, opts...); err != nil {
		return nil, err
	}
	bridge, err := pilot.NewNetwork(ctx, name+"-bridge", &pilot.NetworkArgs{
		Endpoint: socket(args.DockerHost),
		Name:     pulumi.String(args.Name),
		Labels:   labelled(args.Labels, "network"),
	}, pulumi.Parent(n))
	if err != nil {
		return nil, err
	}
	n.Name = bridge.Name
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{"name": n.Name})
}

// socket is the Engine as this process reaches it before there is a gateway.
func socket(dockerHost string) pilot.EndpointArgs {
	return pilot.EndpointArgs{Host: pulumi.String(dockerHost)}
}
