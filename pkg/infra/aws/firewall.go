package aws

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FirewallArgs say who may reach what. Everything that is not named here is
// closed.
type FirewallArgs struct {
	// Name begins the security groups' names.
	Name string
	// VPCID is the network.
	VPCID pulumi.StringInput
	// NetworkCIDR is the VPC's range. The Docker endpoint is open to it.
	NetworkCIDR string
	// OperatorCIDRs are the IPv4 ranges of the people who run the platform.
	// The machine's ports are open to them. Empty means nobody outside.
	OperatorCIDRs []string
	// AllowPublic is the reason why an operator's range may be wider than /8.
	// Without one such a range is refused.
	AllowPublic string
	// SSHCIDRs may reach port 22; empty, the default, keeps it closed. A range
	// wider than /8 is always refused.
	SSHCIDRs []string
	// AppPorts are the ports of apps that are open to the VPC, where their
	// load balancers are.
	AppPorts []int
	// Tags go on everything.
	Tags map[string]string
}

// Firewall is three security groups: the machine's, the database's and the
// apps'. Each of their rules is a resource of its own, so that a change is
// seen, and made, rule by rule.
type Firewall struct {
	pulumi.ResourceState

	// MachineGroupID, DatabaseGroupID and AppGroupID are the groups' ids.
	MachineGroupID, DatabaseGroupID, AppGroupID pulumi.IDOutput
}

// publicBits is the prefix length below which a range counts as the whole
// internet: no registry has given anyone more than a /8.
const publicBits = 8

// checkRanges refuses what is no IPv4 range, is there twice or is too wide.
func checkRanges(field string, ranges []string, public bool) error {
	seen := map[string]bool{}
	for _, r := range ranges {
		p, err := netip.ParsePrefix(r)
		if err != nil || !p.Addr().Is4() || p != p.Masked() {
			return fmt.Errorf("%s %q: want an IPv4 range such as 203.0.113.7/32", field, r)
		}
		if seen[r] {
			return fmt.Errorf("%s %q: is there twice: want each range once", field, r)
		}
		seen[r] = true
		if p.Bits() < publicBits && !public {
			return fmt.Errorf("%s %q: opens the port to the internet: want /%d or narrower", field, r, publicBits)
		}
	}
	return nil
}

// NewFirewall creates the groups and their rules.
func NewFirewall(ctx *pulumi.Context, name string, args *FirewallArgs, opts ...pulumi.ResourceOption) (*Firewall, error) {
	if err := checkRanges("OperatorCIDRs", args.OperatorCIDRs, args.AllowPublic != ""); err != nil {
		return nil, fmt.Errorf("firewall %s: %w", name, err)
	}
	if err := checkRanges("SSHCIDRs", args.SSHCIDRs, false); err != nil {
		return nil, fmt.Errorf("firewall %s: %w", name, err)
	}
	if slices.Contains(args.OperatorCIDRs, args.NetworkCIDR) {
		return nil, fmt.Errorf("firewall %s: OperatorCIDRs %q: is the network itself: want the operators' own ranges", name, args.NetworkCIDR)
	}
	f := &Firewall{}
	if err := ctx.RegisterComponentResource("pilot:aws:Firewall", name, f, opts...); err != nil {
		return nil, err
	}
	rules := &rules{ctx: ctx, name: name, args: args, parent: pulumi.Parent(f)}
	machine := rules.group(groupMachine, "The platform's machine")
	database := rules.group(groupDatabase, "The platform's database")
	app := rules.group(groupApp, "Apps of the platform")

	for _, p := range []struct {
		part string
		port int
	}{{"docker", DockerPort}, {"server", ServerPort}, {"ui", UIPort}, {"source", SourcePort}} {
		for _, cidr := range args.OperatorCIDRs {
			rules.fromRange(machine, "machine", p.part, p.port, cidr, "operator")
		}
	}
	for _, cidr := range args.SSHCIDRs {
		rules.fromRange(machine, "machine", "ssh", SSHPort, cidr, "SSH asked for by the spec")
	}
	rules.fromRange(machine, "machine", "docker", DockerPort, args.NetworkCIDR, "this VPC")
	rules.fromGroup(database, "database-machine", DatabasePort, machine, "the platform's machine")
	rules.fromGroup(database, "database-app", DatabasePort, app, "apps")
	for _, port := range args.AppPorts {
		rules.fromRange(app, "app", fmt.Sprint(port), port, args.NetworkCIDR, "load balancers in this VPC")
	}
	rules.out(machine, "machine")
	rules.out(app, "app")
	if rules.err != nil {
		return nil, rules.err
	}
	f.MachineGroupID, f.DatabaseGroupID, f.AppGroupID = machine.ID(), database.ID(), app.ID()
	return f, ctx.RegisterResourceOutputs(f, pulumi.Map{
		"machineGroupId": f.MachineGroupID, "databaseGroupId": f.DatabaseGroupID, "appGroupId": f.AppGroupID,
	})
}

// The parts of the groups' names, which are also their tags Name.
const (
	groupMachine  = "machine"
	groupDatabase = "database"
	groupApp      = "app"
)

// groupNames are the names of a platform's groups.
func groupNames(name string) []string {
	return []string{name + "-" + groupMachine, name + "-" + groupDatabase, name + "-" + groupApp}
}

// rules creates groups and rules until the first error, which it keeps.
type rules struct {
	ctx    *pulumi.Context
	name   string
	args   *FirewallArgs
	parent pulumi.ResourceOption
	err    error
}

func (r *rules) group(part, description string) *ec2.SecurityGroup {
	if r.err != nil {
		return nil
	}
	var g *ec2.SecurityGroup
	g, r.err = ec2.NewSecurityGroup(r.ctx, r.name+"-"+part, &ec2.SecurityGroupArgs{
		Name: pulumi.String(r.args.Name + "-" + part), Description: pulumi.String(description),
		VpcId: r.args.VPCID, Tags: tagged(r.args.Tags, r.args.Name+"-"+part),
	}, r.parent)
	return g
}

func (r *rules) in(part string, args *vpc.SecurityGroupIngressRuleArgs, port int) {
	args.IpProtocol = pulumi.String("tcp")
	args.FromPort, args.ToPort = pulumi.Int(port), pulumi.Int(port)
	args.Tags = tagged(r.args.Tags, r.args.Name+"-"+part)
	_, r.err = vpc.NewSecurityGroupIngressRule(r.ctx, r.name+"-"+part, args, r.parent)
}

// fromRange opens one port of a group to one range. The range is part of the
// rule's name, so that adding one range to the spec touches no other rule.
func (r *rules) fromRange(group *ec2.SecurityGroup, to, part string, port int, cidr, who string) {
	if r.err != nil {
		return
	}
	r.in(to+"-"+part+"-"+strings.NewReplacer(".", "-", "/", "-").Replace(cidr), &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId: group.ID(), CidrIpv4: pulumi.String(cidr), Description: pulumi.String(part + " from " + who),
	}, port)
}

func (r *rules) fromGroup(group *ec2.SecurityGroup, part string, port int, from *ec2.SecurityGroup, who string) {
	if r.err != nil {
		return
	}
	r.in(part, &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId: group.ID(), ReferencedSecurityGroupId: from.ID(), Description: pulumi.String("from " + who),
	}, port)
}

// out lets a group reach everything: packages, registries and the clouds' APIs.
func (r *rules) out(group *ec2.SecurityGroup, part string) {
	if r.err != nil {
		return
	}
	_, r.err = vpc.NewSecurityGroupEgressRule(r.ctx, r.name+"-"+part+"-out", &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId: group.ID(), IpProtocol: pulumi.String("-1"), CidrIpv4: pulumi.String("0.0.0.0/0"),
		Description: pulumi.String("outgoing"), Tags: tagged(r.args.Tags, r.args.Name+"-"+part+"-out"),
	}, r.parent)
}
