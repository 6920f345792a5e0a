package gcp

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FirewallArgs say who may reach what. Everything that is not named here is
// closed.
type FirewallArgs struct {
	// Name begins the rules' names. The rules hold for machines with the
	// network tag MachineTag(Name).
	Name string
	// Project is where they are.
	Project string
	// NetworkID is the network.
	NetworkID pulumi.StringInput
	// NetworkCIDRs are the network's own ranges. The Docker endpoint is open to
	// them.
	NetworkCIDRs []string
	// OperatorCIDRs are the IPv4 ranges of the people who run the platform.
	// The machine's ports are open to them. Empty means nobody outside.
	OperatorCIDRs []string
	// AllowPublic is the reason why an operator's range may be wider than /8.
	// Without one such a range is refused.
	AllowPublic string
	// SSHCIDRs may reach port 22; empty, the default, keeps it closed. A range
	// wider than /8 is always refused.
	SSHCIDRs []string
}

// Firewall is one rule for each port and kind of source.
type Firewall struct {
	pulumi.ResourceState

	// Tag is the network tag that the rules hold for.
	Tag pulumi.StringOutput
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

// NewFirewall creates the rules.
func NewFirewall(ctx *pulumi.Context, name string, args *FirewallArgs, opts ...pulumi.ResourceOption) (*Firewall, error) {
	if err := checkRanges("OperatorCIDRs", args.OperatorCIDRs, args.AllowPublic != ""); err != nil {
		return nil, fmt.Errorf("firewall %s: %w", name, err)
	}
	if err := checkRanges("SSHCIDRs", args.SSHCIDRs, false); err != nil {
		return nil, fmt.Errorf("firewall %s: %w", name, err)
	}
	f := &Firewall{}
	if err := ctx.RegisterComponentResource("pilot:gcp:Firewall", name, f, opts...); err != nil {
		return nil, err
	}
	allow := func(part string, port int, who string, ranges []string) error {
		// A rule without a source would hold for the whole internet.
		if len(ranges) == 0 {
			return nil
		}
		sources := slices.Sorted(slices.Values(ranges))
		_, err := compute.NewFirewall(ctx, name+"-machine-"+part, &compute.FirewallArgs{
			Name: pulumi.String(args.Name + "-" + part), Project: pulumi.String(args.Project), Network: args.NetworkID,
			Direction: pulumi.String("INGRESS"), SourceRanges: pulumi.ToStringArray(sources),
			TargetTags:  pulumi.StringArray{pulumi.String(MachineTag(args.Name))},
			Description: pulumi.String(part + " from " + who),
			Allows: compute.FirewallAllowArray{&compute.FirewallAllowArgs{
				Protocol: pulumi.String("tcp"), Ports: pulumi.StringArray{pulumi.String(fmt.Sprint(port))},
			}},
		}, pulumi.Parent(f))
		return err
	}
	for _, r := range []struct {
		part   string
		port   int
		who    string
		ranges []string
	}{
		{"docker", DockerPort, "operators", args.OperatorCIDRs},
		{"server", ServerPort, "operators", args.OperatorCIDRs},
		{"ui", UIPort, "operators", args.OperatorCIDRs},
		{"source", SourcePort, "operators", args.OperatorCIDRs},
		{"ssh", SSHPort, "SSH asked for by the spec", args.SSHCIDRs},
		{"docker-network", DockerPort, "this network", args.NetworkCIDRs},
	} {
		if err := allow(r.part, r.port, r.who, r.ranges); err != nil {
			return nil, err
		}
	}
	f.Tag = pulumi.String(MachineTag(args.Name)).ToStringOutput()
	return f, ctx.RegisterResourceOutputs(f, pulumi.Map{"tag": f.Tag})
}
