package policy

import (
	"fmt"
	"net/netip"
	"sort"
	"strconv"
	"strings"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// adminPorts are the ports that nobody but operators should reach.
var adminPorts = map[int]string{
	22: "SSH", 2376: "Docker", 3389: "remote desktop", 5432: "PostgreSQL", 9701: "Pilot server API", 9702: "Pilot server UI",
	9703: "Pilot source receiver",
}

// opening is one set of ports that is open to some addresses.
type opening struct {
	protocol any
	from, to any
	sources  []any
}

const portFix = "open it to the operators' own addresses only"

func publicPort(s infra.Step) []finding {
	var out []finding
	seen := map[string]bool{}
	for _, o := range openings(s) {
		source := worldSource(o.sources)
		if source == "" || !carriesTCP(o.protocol) {
			continue
		}
		for _, p := range o.adminPorts() {
			msg := fmt.Sprintf("port %d (%s) is open to %s", p, adminPorts[p], source)
			if !seen[msg] {
				seen[msg] = true
				out = append(out, finding{msg, portFix})
			}
		}
	}
	return out
}

func openings(s infra.Step) []opening {
	in := s.Inputs
	switch s.Type {
	case "aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":
		var out []opening
		for _, r := range list(in["ingress"]) {
			out = append(out, opening{get(r, "protocol"), get(r, "fromPort"), get(r, "toPort"),
				append(list(get(r, "cidrBlocks")), list(get(r, "ipv6CidrBlocks"))...)})
		}
		return out
	case "aws:ec2/securityGroupRule:SecurityGroupRule":
		if str(in["type"]) != "ingress" {
			return nil
		}
		return []opening{{in["protocol"], in["fromPort"], in["toPort"], append(list(in["cidrBlocks"]), list(in["ipv6CidrBlocks"])...)}}
	case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
		return []opening{{in["ipProtocol"], in["fromPort"], in["toPort"], append(list(in["cidrIpv4"]), list(in["cidrIpv6"])...)}}
	case "gcp:compute/firewall:Firewall":
		return gcpOpenings(in)
	}
	return nil
}

// gcpOpenings reads a firewall. Without any source, Google Cloud takes all
// addresses.
func gcpOpenings(in map[string]any) []opening {
	if strings.EqualFold(str(in["direction"]), "EGRESS") || yes(in["disabled"]) {
		return nil
	}
	sources := list(in["sourceRanges"])
	if in["sourceRanges"] == nil && in["sourceTags"] == nil && in["sourceServiceAccounts"] == nil {
		sources = []any{"0.0.0.0/0"}
	}
	var out []opening
	for _, a := range list(in["allows"]) {
		ports := list(get(a, "ports"))
		if len(ports) == 0 && !hidden(get(a, "ports")) {
			out = append(out, opening{get(a, "protocol"), 0.0, 65535.0, sources})
		}
		for _, p := range ports {
			low, high, isRange := strings.Cut(fmt.Sprint(p), "-")
			if !isRange {
				high = low
			}
			from, err1 := strconv.ParseFloat(low, 64)
			to, err2 := strconv.ParseFloat(high, 64)
			if err1 == nil && err2 == nil {
				out = append(out, opening{get(a, "protocol"), from, to, sources})
			}
		}
	}
	return out
}

// adminPorts are those of the opening's ports that are for administration.
func (o opening) adminPorts() []int {
	from, ok1 := number(o.from)
	to, ok2 := number(o.to)
	if all := strings.ToLower(fmt.Sprint(o.protocol)); all == "-1" || all == "all" {
		from, to, ok1, ok2 = 0, 65535, true, true
	}
	if !ok1 || !ok2 {
		return nil
	}
	var out []int
	for p := range adminPorts {
		if float64(p) >= from && float64(p) <= to {
			out = append(out, p)
		}
	}
	sort.Ints(out)
	return out
}

func carriesTCP(protocol any) bool {
	switch strings.ToLower(fmt.Sprint(protocol)) {
	case "tcp", "6", "-1", "all":
		return true
	}
	return false
}

// worldBits is the prefix length of the widest range that can be somebody's own:
// no registry has given anyone more than a /8. The spec's operator_cidrs have
// the same bound (stacks.CheckOperators).
const worldBits = 8

// worldSource gives the first source that stands for the whole internet, or for
// so much of it that a few rules together would be a way around.
func worldSource(sources []any) string {
	for _, s := range sources {
		p, err := netip.ParsePrefix(str(s))
		if err != nil || p.Bits() >= worldBits || privateIPv6(p) {
			continue
		}
		return p.String()
	}
	return ""
}

// privateIPv6 tells whether a range lies in fc00::/7, the one private range that
// is wider than worldBits.
func privateIPv6(p netip.Prefix) bool {
	return p.Addr().Is6() && p.Addr().IsPrivate() && p.Bits() >= 7
}

func publicDatabase(s infra.Step) []finding {
	in := s.Inputs
	switch s.Type {
	case "aws:rds/instance:Instance", "aws:rds/clusterInstance:ClusterInstance":
		if yes(in["publiclyAccessible"]) {
			return []finding{{"the database has a public address", "set publiclyAccessible to false"}}
		}
	case "gcp:sql/databaseInstance:DatabaseInstance":
		// ipv4Enabled is true when it is left out.
		v := get(in, "settings", "ipConfiguration", "ipv4Enabled")
		if !no(v) && !hidden(v) {
			return []finding{{"the database has a public address", "set settings.ipConfiguration.ipv4Enabled to false and give it a private network"}}
		}
	}
	return nil
}
