package gcp

import (
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/servicenetworking"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/vpcaccess"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// NetworkArgs describe a VPC network in one region.
type NetworkArgs struct {
	// Name begins the names of everything in the network; at most
	// MaxNameLength characters.
	Name string
	// Project and Region are where it is.
	Project, Region string
	// MachineCIDR is the subnet of the platform's machine.
	MachineCIDR string
	// DatabaseCIDR is reserved for Google's managed services, Cloud SQL above
	// all; /24 or wider (the limit of private services access).
	DatabaseCIDR string
	// AppCIDR is the range of the VPC connector through which apps on Cloud Run
	// reach the network; exactly /28 (the limit of the connector).
	AppCIDR string
	// Labels go on everything that can carry them.
	Labels map[string]string
}

// Network is a VPC network with one subnet, a peered range for the database, a
// VPC connector for apps, a way out for them and the machine's static address.
type Network struct {
	pulumi.ResourceState

	// NetworkID and SubnetID name the network and the machine's subnet.
	NetworkID, SubnetID pulumi.StringOutput
	// PublicIP is the machine's static address.
	PublicIP pulumi.StringOutput
	// ConnectorID is the VPC connector's full name.
	ConnectorID pulumi.StringOutput
	// Peering names the network too, but is known only when Cloud SQL can be
	// reached through it.
	Peering pulumi.StringOutput
}

// NewNetwork creates the network.
func NewNetwork(ctx *pulumi.Context, name string, args *NetworkArgs, opts ...pulumi.ResourceOption) (*Network, error) {
	reserved, err := netip.ParsePrefix(args.DatabaseCIDR)
	if err != nil {
		return nil, fmt.Errorf("network %s: DatabaseCIDR %q: want an IPv4 range such as 10.2.0.0/20", name, args.DatabaseCIDR)
	}
	if len(args.Name) > MaxNameLength {
		return nil, fmt.Errorf("network %s: Name %q: want at most %d characters", name, args.Name, MaxNameLength)
	}
	n := &Network{}
	if err := ctx.RegisterComponentResource("pilot:gcp:Network", name, n, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(n)
	project, region := pulumi.String(args.Project), pulumi.String(args.Region)
	ready, err := services(ctx, name, args.Project, parent, "compute", "servicenetworking", "vpcaccess")
	if err != nil {
		return nil, err
	}
	network, err := compute.NewNetwork(ctx, name+"-vpc", &compute.NetworkArgs{
		Name: pulumi.String(args.Name), Project: project, AutoCreateSubnetworks: pulumi.Bool(false),
		RoutingMode: pulumi.String("REGIONAL"), Description: pulumi.String("The platform's network"),
	}, parent, ready)
	if err != nil {
		return nil, err
	}
	subnet, err := compute.NewSubnetwork(ctx, name+"-machine", &compute.SubnetworkArgs{
		Name: pulumi.String(args.Name + "-machine"), Project: project, Region: region, Network: network.ID(),
		IpCidrRange: pulumi.String(args.MachineCIDR), PrivateIpGoogleAccess: pulumi.Bool(true),
	}, parent)
	if err != nil {
		return nil, err
	}
	address, err := compute.NewAddress(ctx, name+"-address", &compute.AddressArgs{
		Name: pulumi.String(args.Name + "-machine"), Project: project, Region: region,
		AddressType: pulumi.String("EXTERNAL"), NetworkTier: pulumi.String("PREMIUM"), Labels: labels(args.Labels),
	}, parent, ready)
	if err != nil {
		return nil, err
	}
	if err := n.peer(ctx, name, args, network, reserved, parent); err != nil {
		return nil, err
	}
	if err := n.connect(ctx, name, args, network, parent); err != nil {
		return nil, err
	}
	n.NetworkID, n.SubnetID, n.PublicIP = network.ID().ToStringOutput(), subnet.ID().ToStringOutput(), address.Address
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{
		"networkId": n.NetworkID, "subnetId": n.SubnetID, "publicIp": n.PublicIP, "connectorId": n.ConnectorID,
	})
}

// peer reserves a range and peers it with Google's network, where Cloud SQL is.
func (n *Network) peer(ctx *pulumi.Context, name string, args *NetworkArgs, network *compute.Network, reserved netip.Prefix, parent pulumi.ResourceOption) error {
	database, err := compute.NewGlobalAddress(ctx, name+"-database", &compute.GlobalAddressArgs{
		Name: pulumi.String(args.Name + "-database"), Project: pulumi.String(args.Project),
		Purpose: pulumi.String("VPC_PEERING"), AddressType: pulumi.String("INTERNAL"),
		Address: pulumi.String(reserved.Addr().String()), PrefixLength: pulumi.Int(reserved.Bits()),
		Network: network.ID(), Labels: labels(args.Labels),
	}, parent)
	if err != nil {
		return err
	}
	peering, err := servicenetworking.NewConnection(ctx, name+"-services", &servicenetworking.ConnectionArgs{
		Network: network.ID(), Service: pulumi.String("servicenetworking.googleapis.com"),
		ReservedPeeringRanges: pulumi.StringArray{database.Name},
		// Google keeps a deleted database's side of the peering for days and
		// refuses to delete the connection meanwhile. It goes with the network.
		DeletionPolicy: pulumi.String("ABANDON"),
	}, parent)
	if err != nil {
		return err
	}
	n.Peering = peering.Network
	return nil
}

// connect gives apps on Cloud Run a way into the network, and from there out.
func (n *Network) connect(ctx *pulumi.Context, name string, args *NetworkArgs, network *compute.Network, parent pulumi.ResourceOption) error {
	project, region := pulumi.String(args.Project), pulumi.String(args.Region)
	connector, err := vpcaccess.NewConnector(ctx, name+"-apps", &vpcaccess.ConnectorArgs{
		Name: pulumi.String(args.Name + "-vpc"), Project: project, Region: region, Network: network.Name,
		IpCidrRange: pulumi.String(args.AppCIDR), MachineType: pulumi.String("e2-micro"),
		MinInstances: pulumi.Int(2), MaxInstances: pulumi.Int(3),
	}, parent)
	if err != nil {
		return err
	}
	router, err := compute.NewRouter(ctx, name+"-router", &compute.RouterArgs{
		Name: pulumi.String(args.Name), Project: project, Region: region, Network: network.ID(),
	}, parent)
	if err != nil {
		return err
	}
	// Without it, an app that sends all its traffic through the connector
	// cannot reach the internet.
	if _, err := compute.NewRouterNat(ctx, name+"-nat", &compute.RouterNatArgs{
		Name: pulumi.String(args.Name), Project: project, Region: region, Router: router.Name,
		NatIpAllocateOption:           pulumi.String("AUTO_ONLY"),
		SourceSubnetworkIpRangesToNat: pulumi.String("ALL_SUBNETWORKS_ALL_IP_RANGES"),
		LogConfig:                     &compute.RouterNatLogConfigArgs{Enable: pulumi.Bool(true), Filter: pulumi.String("ERRORS_ONLY")},
	}, parent); err != nil {
		return err
	}
	n.ConnectorID = connector.ID().ToStringOutput()
	return nil
}
