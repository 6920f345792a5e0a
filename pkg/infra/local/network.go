package local

import (
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// NetworkArgs are the arguments of a Network.
type NetworkArgs struct {
	Common
	// DockerHost is the Engine's socket, such as unix:///var/run/docker.sock.
	DockerHost string
}

// Network is the Docker network that the platform's parts talk over.
type Network struct {
	pulumi.ResourceState
	// Name is the network's name on the Engine.
	Name pulumi.StringOutput
}

// NewNetwork registers a Network.
func NewNetwork(ctx *pulumi.Context, name string, args *NetworkArgs, opts ...pulumi.ResourceOption) (*Network, error) {
	n := &Network{}
	if err := ctx.RegisterComponentResource("pilot:local:Network", name, n, opts...); err != nil {
		return nil, err
	}
	bridge, err := pilot.NewNetwork(ctx, name+"-bridge", &pilot.NetworkArgs{
		Endpoint: socket(args.DockerHost),
		Name:     pulumi.String(args.Prefix),
		Labels:   args.labels("network"),
	}, pulumi.Parent(n))
	if err != nil {
		return nil, err
	}
	n.Name = bridge.Name
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{"name": n.Name})
}
