package pilot

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// NetworkInputs are the arguments of a Network.
type NetworkInputs struct {
	Endpoint Endpoint `pulumi:"endpoint"`
	// Name is the network's name on the daemon; no other network may have it.
	Name string `pulumi:"name"`
	// Internal cuts the network off from everything outside.
	Internal bool `pulumi:"internal,optional"`
	// Labels are kept with the network.
	Labels map[string]string `pulumi:"labels,optional"`
}

// NetworkArgs is NetworkInputs with inputs. A change of anything but the
// endpoint's credentials replaces the network.
type NetworkArgs struct {
	Endpoint EndpointArgs          `pulumi:"endpoint"`
	Name     pulumi.StringInput    `pulumi:"name"`
	Internal pulumi.BoolInput      `pulumi:"internal"`
	Labels   pulumi.StringMapInput `pulumi:"labels"`
}

// ElementType is the plain form.
func (NetworkArgs) ElementType() reflect.Type { return elementType[NetworkInputs]() }

// Network is a bridge network of a Docker daemon.
type Network struct {
	pulumi.CustomResourceState
	// Name is the network's name on the daemon.
	Name pulumi.StringOutput `pulumi:"name"`
}

// NewNetwork registers a network.
func NewNetwork(ctx *pulumi.Context, name string, args *NetworkArgs, opts ...pulumi.ResourceOption) (*Network, error) {
	res := &Network{}
	if err := register(ctx, TypeNetwork, name, args, res, opts); err != nil {
		return nil, err
	}
	return res, nil
}
