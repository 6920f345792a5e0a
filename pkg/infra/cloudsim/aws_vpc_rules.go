package cloudsim

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// cidrPattern matches an IPv4 network in CIDR notation.
const cidrPattern = `(\d{1,3}\.){3}\d{1,3}/\d{1,2}`

// checkCIDR is the provider's own check of a network: it must parse, have no
// host bits, and have a size that the cloud takes.
func checkCIDR(in resource.PropertyMap, path string, least, most int) []problem {
	var found []problem
	for _, value := range texts(in, path) {
		p, err := netip.ParsePrefix(value)
		switch {
		case err != nil:
			found = append(found, problem{path, fmt.Sprintf("%q is not a valid CIDR block", value)})
		case p.Masked() != p:
			found = append(found, problem{path, fmt.Sprintf("%q is not a valid CIDR block; did you mean %q?", value, p.Masked())})
		case most > 0 && p.Addr().Is4() && (p.Bits() < least || p.Bits() > most):
			found = append(found, problem{path, fmt.Sprintf("expected %q to have a prefix between /%d and /%d", value, least, most)})
		}
	}
	return found
}

func checkVPC(c *call) []problem { return checkCIDR(c.in, "cidrBlock", 16, 28) }

func checkSubnet(c *call) []problem { return checkCIDR(c.in, "cidrBlock", 16, 28) }

func within(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

// verifySubnet: inside its VPC, apart from its siblings, in a zone of the region.
func verifySubnet(c *call) error {
	zone := text(c.out, "availabilityZone")
	if !strings.HasPrefix(zone, c.at.region) || !strings.Contains(awsRegions[c.at.region], strings.TrimPrefix(zone, c.at.region)) {
		return c.refuse(fault{400, "InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: " +
			strings.Join(zonesOf(c.at.region), ", ") + "."}, zone)
	}
	mine, err := netip.ParsePrefix(text(c.out, "cidrBlock"))
	if err != nil { // an IPv6-only subnet
		return nil
	}
	vpc := c.find(tokenVPC, text(c.out, "vpcId"))
	if outer, err := netip.ParsePrefix(vpc.text("cidrBlock")); err == nil && !within(outer, mine) {
		return c.refuse(fault{400, "InvalidSubnet.Range", "The CIDR '%s' is invalid."}, mine.String())
	}
	for _, o := range c.list(tokenSubnet) {
		if o.ID == c.id || o.text("vpcId") != vpc.ID {
			continue
		}
		if other, err := netip.ParsePrefix(o.text("cidrBlock")); err == nil && other.Overlaps(mine) {
			return c.refuse(fault{400, "InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet"}, mine.String())
		}
	}
	return nil
}

func zonesOf(region string) []string {
	var all []string
	for _, letter := range awsRegions[region] {
		all = append(all, region+string(letter))
	}
	return all
}

// zoneID: the zone's id is the region's short form and the zone's number.
func zoneID(c *call) {
	if zone := text(c.out, "availabilityZone"); zone != "" {
		c.out["availabilityZoneId"] = str(zoneIDOf(zone))
	}
}

var directions = strings.NewReplacer("northeast", "ne", "northwest", "nw", "southeast", "se", "southwest", "sw",
	"north", "n", "south", "s", "east", "e", "west", "w", "central", "c", "-", "")

func zoneIDOf(zone string) string {
	if zone == "" {
		return ""
	}
	region, letter := zone[:len(zone)-1], zone[len(zone)-1]
	return fmt.Sprintf("%s-az%d", directions.Replace(region), letter-'a'+1)
}

// verifyRoute: an internet gateway must be attached to the table's VPC.
func verifyRoute(c *call) error {
	table := c.find(tokenRouteTable, text(c.out, "routeTableId"))
	gateway := c.find(tokenGateway, text(c.out, "gatewayId"))
	if table != nil && gateway != nil && table.text("vpcId") != gateway.text("vpcId") {
		return c.refuse(fault{400, "InvalidParameterValue", "route table " + table.ID + " and network gateway %s belong to different networks"}, gateway.ID)
	}
	return nil
}

// verifyAssociation: table and subnet are of one VPC.
func verifyAssociation(c *call) error {
	table := c.find(tokenRouteTable, text(c.out, "routeTableId"))
	subnet := c.find(tokenSubnet, text(c.out, "subnetId"))
	if table != nil && subnet != nil && table.text("vpcId") != subnet.text("vpcId") {
		return c.refuse(fault{400, "InvalidParameterValue", "Route table " + table.ID + " and subnet %s belong to different networks"}, subnet.ID)
	}
	return nil
}

// verifyNAT: a public NAT gateway needs an address of its own and a VPC with
// an internet gateway.
func verifyNAT(c *call) error {
	if text(c.out, "connectivityType") != "public" {
		return nil
	}
	if text(c.out, "allocationId") == "" {
		return c.refuse(fault{400, "MissingParameter", "The request must include the AllocationId parameter. Add the required parameter and retry the request."}, "")
	}
	subnet := c.find(tokenSubnet, text(c.out, "subnetId"))
	if c.find(tokenGateway, subnet.text("vpcId"), "vpcId") == nil {
		return c.refuse(fault{400, "Gateway.NotAttached", "Network %s has no Internet gateway attached"}, subnet.text("vpcId"))
	}
	return nil
}

func natAddress(c *call) {
	if c.tx == nil {
		return
	}
	if eip := c.find(tokenEIP, text(c.out, "allocationId")); eip != nil {
		c.out["publicIp"] = str(eip.text("publicIp"))
	}
}
