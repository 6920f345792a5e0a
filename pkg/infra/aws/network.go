package aws

import (
	"fmt"

	awssdk "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// NetworkArgs describe a VPC over two availability zones.
type NetworkArgs struct {
	// Name begins the names of everything in the network.
	Name string
	// CIDR is the VPC's range, /16 to /28 (the limit of Amazon VPC).
	CIDR string
	// PublicCIDR is the subnet of the platform's machine.
	PublicCIDR string
	// DatabaseCIDRs are two subnets without a way to or from the internet,
	// one in each zone.
	DatabaseCIDRs []string
	// AppCIDRs are two subnets for apps, one in each zone, with public
	// addresses.
	AppCIDRs []string
	// Zones are two availability zones, such as eu-west-1a. Empty means the
	// first two that are open to the account; these are kept from then on,
	// even when the account's list of zones changes.
	Zones []string
	// Tags go on everything.
	Tags map[string]string
}

// Network is a VPC with a public subnet for the machine, two database subnets,
// two app subnets and the machine's Elastic IP.
type Network struct {
	pulumi.ResourceState

	// VPCID is the VPC's id.
	VPCID pulumi.IDOutput
	// PublicSubnetID is the subnet of the machine.
	PublicSubnetID pulumi.IDOutput
	// DatabaseSubnetIDs and AppSubnetIDs are in the order of their CIDRs.
	DatabaseSubnetIDs pulumi.StringArrayOutput
	AppSubnetIDs      pulumi.StringArrayOutput
	// PublicIP is the Elastic IP and AllocationID its allocation.
	PublicIP     pulumi.StringOutput
	AllocationID pulumi.IDOutput
}

// NewNetwork creates the network. It fails when fewer than two zones are open
// to the account.
func NewNetwork(ctx *pulumi.Context, name string, args *NetworkArgs, opts ...pulumi.ResourceOption) (*Network, error) {
	if len(args.DatabaseCIDRs) != 2 || len(args.AppCIDRs) != 2 {
		return nil, fmt.Errorf("network %s: %d database and %d app subnets: want two of each, one for each zone", name, len(args.DatabaseCIDRs), len(args.AppCIDRs))
	}
	n := &Network{}
	if err := ctx.RegisterComponentResource("pilot:aws:Network", name, n, opts...); err != nil {
		return nil, err
	}
	zones, keep, err := n.zones(ctx, args)
	if err != nil {
		return nil, fmt.Errorf("network %s: %w", name, err)
	}
	parent := pulumi.Parent(n)
	vpc, err := ec2.NewVpc(ctx, name+"-vpc", &ec2.VpcArgs{
		CidrBlock: pulumi.String(args.CIDR), EnableDnsSupport: pulumi.Bool(true), EnableDnsHostnames: pulumi.Bool(true),
		Tags: tagged(args.Tags, args.Name),
	}, parent)
	if err != nil {
		return nil, err
	}
	gateway, err := ec2.NewInternetGateway(ctx, name+"-gateway", &ec2.InternetGatewayArgs{
		VpcId: vpc.ID(), Tags: tagged(args.Tags, args.Name),
	}, parent)
	if err != nil {
		return nil, err
	}
	public, err := ec2.NewRouteTable(ctx, name+"-public", &ec2.RouteTableArgs{
		VpcId: vpc.ID(), Tags: tagged(args.Tags, args.Name+"-public"),
	}, parent)
	if err != nil {
		return nil, err
	}
	if _, err := ec2.NewRoute(ctx, name+"-internet", &ec2.RouteArgs{
		RouteTableId: public.ID(), DestinationCidrBlock: pulumi.String("0.0.0.0/0"), GatewayId: gateway.ID(),
	}, parent); err != nil {
		return nil, err
	}
	// The database subnets get a table of their own, without routes, so that
	// they do not depend on what somebody puts into the VPC's main table.
	private, err := ec2.NewRouteTable(ctx, name+"-private", &ec2.RouteTableArgs{
		VpcId: vpc.ID(), Tags: tagged(args.Tags, args.Name+"-private"),
	}, parent)
	if err != nil {
		return nil, err
	}

	subnet := func(part, cidr, zone string, table *ec2.RouteTable, publicIP bool) (*ec2.Subnet, error) {
		options := []pulumi.ResourceOption{parent}
		if keep {
			options = append(options, pulumi.IgnoreChanges([]string{"availabilityZone"}))
		}
		s, err := ec2.NewSubnet(ctx, name+"-"+part, &ec2.SubnetArgs{
			VpcId: vpc.ID(), CidrBlock: pulumi.String(cidr), AvailabilityZone: pulumi.String(zone),
			MapPublicIpOnLaunch: pulumi.Bool(publicIP), Tags: tagged(args.Tags, args.Name+"-"+part),
		}, options...)
		if err != nil {
			return nil, err
		}
		_, err = ec2.NewRouteTableAssociation(ctx, name+"-"+part, &ec2.RouteTableAssociationArgs{
			SubnetId: s.ID(), RouteTableId: table.ID(),
		}, parent)
		return s, err
	}
	// The machine has its Elastic IP; an automatic address would only be a second one.
	machine, err := subnet("machine", args.PublicCIDR, zones[0], public, false)
	if err != nil {
		return nil, err
	}
	var database, app pulumi.StringArray
	for i, zone := range zones {
		d, err := subnet(fmt.Sprintf("database-%d", i+1), args.DatabaseCIDRs[i], zone, private, false)
		if err != nil {
			return nil, err
		}
		a, err := subnet(fmt.Sprintf("app-%d", i+1), args.AppCIDRs[i], zone, public, true)
		if err != nil {
			return nil, err
		}
		database, app = append(database, d.ID()), append(app, a.ID())
	}
	address, err := ec2.NewEip(ctx, name+"-address", &ec2.EipArgs{
		Domain: pulumi.String("vpc"), Tags: tagged(args.Tags, args.Name),
	}, parent, pulumi.DependsOn([]pulumi.Resource{gateway}))
	if err != nil {
		return nil, err
	}

	n.VPCID, n.PublicSubnetID = vpc.ID(), machine.ID()
	n.DatabaseSubnetIDs, n.AppSubnetIDs = database.ToStringArrayOutput(), app.ToStringArrayOutput()
	n.PublicIP, n.AllocationID = address.PublicIp, address.ID()
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{
		"vpcId": n.VPCID, "publicSubnetId": n.PublicSubnetID, "publicIp": n.PublicIP,
		"databaseSubnetIds": n.DatabaseSubnetIDs, "appSubnetIds": n.AppSubnetIDs,
	})
}

// zones gives two zones, and whether a later change of the answer is to be ignored.
func (n *Network) zones(ctx *pulumi.Context, args *NetworkArgs) ([]string, bool, error) {
	if len(args.Zones) > 0 {
		if len(args.Zones) != 2 || args.Zones[0] == args.Zones[1] {
			return nil, false, fmt.Errorf("zones %q: want two different availability zones", args.Zones)
		}
		return args.Zones, false, nil
	}
	state := "available"
	found, err := awssdk.GetAvailabilityZones(ctx, &awssdk.GetAvailabilityZonesArgs{
		State: &state,
		// Local and wavelength zones have no RDS; they are the ones to opt in to.
		Filters: []awssdk.GetAvailabilityZonesFilter{{Name: "opt-in-status", Values: []string{"opt-in-not-required"}}},
	}, pulumi.Parent(n))
	if err != nil {
		return nil, false, fmt.Errorf("look up availability zones: %w", err)
	}
	if len(found.Names) < 2 {
		return nil, false, fmt.Errorf("the region has %d availability zones open to this account: want two; choose another region", len(found.Names))
	}
	return found.Names[:2], true, nil
}
