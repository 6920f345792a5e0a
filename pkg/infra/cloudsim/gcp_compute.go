package cloudsim

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const (
	tokenNetwork    = "gcp:compute/network:Network"
	tokenSubnetwork = "gcp:compute/subnetwork:Subnetwork"
	tokenVM         = "gcp:compute/instance:Instance"
	tokenRouter     = "gcp:compute/router:Router"
	tokenAddress    = "gcp:compute/address:Address"
	tokenGlobalAddr = "gcp:compute/globalAddress:GlobalAddress"
)

// computeName is RFC 1035's rule, which Compute Engine's names follow.
const (
	computeName     = `[a-z]([-a-z0-9]{0,61}[a-z0-9])?`
	computeNameSays = "must begin with a lowercase letter and hold only lowercase letters, digits and hyphens, 63 at most"
)

var (
	byLink    = []string{"id", "selfLink", "name"}
	notThere  = fault{404, "notFound", "The resource '%s' was not found"}
	inUseBy   = &fault{400, "resourceInUseByAnotherResource", "The resource '%s' is already being used by another resource"}
	networkAt = func(path string, on blocking) ref {
		return ref{path: path, typ: tokenNetwork, by: byLink, builtin: `(.*/)?default`, err: notThere, onDelete: on}
	}
)

var gcpNetworks = of("compute.googleapis.com",
	&row{
		token: tokenNetwork, noun: "Network", service: "compute", kindName: "networks", global: true,
		source:   gcpVersion + " compute_network; Compute API networks.insert; quota: NETWORKS",
		id:       "projects/{project}/global/networks/{name}",
		defaults: Props{"autoCreateSubnetworks": true, "deleteDefaultRoutesOnCreate": false, "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL"},
		outputs: Props{
			"selfLink": computeAPI + "{id}", "gatewayIpv4": "", "numericId": "{digits:19}", "mtu": 0, "routingMode": "REGIONAL", "internalIpv6Range": "",
		},
		replace:  []string{"name", "project", "description", "autoCreateSubnetworks", "mtu", "internalIpv6Range", "enableUlaInternalIpv6"},
		nameRule: computeName, nameSays: computeNameSays,
		limits: []limit{{path: "routingMode", oneOf: []string{"REGIONAL", "GLOBAL"}}, {path: "mtu", min: 1300, max: 8896}},
		inUse:  inUseBy, quota: 15, quotaCode: "NETWORKS",
		takes: 40 * time.Second,
	},
	&row{
		token: tokenSubnetwork, noun: "Subnetwork", service: "compute", kindName: "subnetworks",
		source: gcpVersion + " compute_subnetwork; Compute API subnetworks.insert",
		id:     "projects/{project}/regions/{region}/subnetworks/{name}",
		outputs: Props{
			"selfLink": computeAPI + "{id}", "creationTimestamp": "{now}", "fingerprint": "{letters:11}=", "gatewayAddress": "",
			"privateIpGoogleAccess": false, "privateIpv6GoogleAccess": "DISABLE_GOOGLE_ACCESS", "purpose": "PRIVATE", "stackType": "IPV4_ONLY",
			"externalIpv6Prefix": "", "internalIpv6Prefix": "", "ipv6CidrRange": "", "secondaryIpRanges": []any{},
		},
		replace: []string{"name", "project", "region", "network", "description", "purpose", "externalIpv6Prefix"},
		replaceIf: func(olds, news resource.PropertyMap) []string { // a range can grow, and nothing else
			before, err := netip.ParsePrefix(text(olds, "ipCidrRange"))
			after, aerr := netip.ParsePrefix(text(news, "ipCidrRange"))
			if err == nil && aerr == nil && within(after, before) {
				return nil
			}
			return []string{"ipCidrRange"}
		},
		links: []string{"network"}, nameRule: computeName, nameSays: computeNameSays,
		limits: []limit{{path: "stackType", oneOf: []string{"IPV4_ONLY", "IPV4_IPV6"}}},
		check:  func(c *call) []problem { return checkCIDR(c.in, "ipCidrRange", 4, 29) },
		refs:   []ref{networkAt("network", block)},
		verify: verifySubnetwork,
		compute: func(c *call) {
			if p, err := netip.ParsePrefix(text(c.out, "ipCidrRange")); err == nil {
				c.out["gatewayAddress"] = str(p.Addr().Next().String())
			}
			if c.tx != nil {
				if n := c.find(tokenNetwork, text(c.out, "network"), byLink...); n != nil {
					c.out["network"] = str(n.text("selfLink"))
				}
			}
		},
		inUse: inUseBy, quota: 275, quotaCode: "SUBNETWORKS",
		takes: 20 * time.Second,
	},
	&row{
		token: "gcp:compute/firewall:Firewall", noun: "Firewall", service: "compute", kindName: "firewalls", global: true,
		source:   gcpVersion + " compute_firewall; Compute API firewalls.insert; quota: FIREWALLS",
		id:       "projects/{project}/global/firewalls/{name}",
		defaults: Props{"priority": 1000},
		outputs: Props{
			"selfLink": computeAPI + "{id}", "creationTimestamp": "{now}", "direction": "INGRESS", "destinationRanges": []any{}, "enableLogging": false,
		},
		replace:   []string{"name", "project", "network", "direction"},
		links:     []string{"network"},
		sets:      []string{"sourceRanges", "sourceTags", "targetTags", "sourceServiceAccounts", "targetServiceAccounts", "allows", "denies", "destinationRanges"},
		exactly:   [][]string{{"allows", "denies"}},
		conflicts: [][]string{{"sourceServiceAccounts", "sourceTags"}, {"sourceServiceAccounts", "targetTags"}, {"targetServiceAccounts", "sourceTags"}, {"targetServiceAccounts", "targetTags"}},
		nameRule:  computeName, nameSays: computeNameSays,
		limits: []limit{{path: "direction", oneOf: []string{"INGRESS", "EGRESS"}}, {path: "priority", min: 0, max: 65535}},
		check:  checkFirewall,
		refs:   []ref{networkAt("network", block)},
		quota:  200, quotaCode: "FIREWALLS",
		compute: linkNetwork,
		takes:   15 * time.Second,
	},
	&row{
		token: tokenAddress, noun: "Address", service: "compute", kindName: "addresses",
		source:   gcpVersion + " compute_address; Compute API addresses.insert; quota: STATIC_ADDRESSES",
		id:       "projects/{project}/regions/{region}/addresses/{name}",
		defaults: Props{"addressType": "EXTERNAL"},
		outputs: Props{
			"selfLink": computeAPI + "{id}", "creationTimestamp": "{now}", "address": "{ip:34.77}", "networkTier": "PREMIUM",
			"labelFingerprint": "42WmSpB8rSM=", "users": []any{}, "prefixLength": 0, "purpose": "", "subnetwork": "",
		},
		replace: []string{
			"name", "project", "region", "address", "addressType", "description", "ipVersion", "network", "networkTier", "prefixLength", "purpose", "subnetwork", "ipv6EndpointType",
		},
		nameRule: computeName, nameSays: computeNameSays, links: []string{"subnetwork", "network"},
		limits: []limit{{path: "addressType", oneOf: []string{"INTERNAL", "EXTERNAL"}}, {path: "networkTier", oneOf: []string{"PREMIUM", "STANDARD"}}},
		refs:   []ref{{path: "subnetwork", typ: tokenSubnetwork, by: byLink, err: notThere, onDelete: block}, networkAt("network", block)},
		inUse:  inUseBy, quota: 8, quotaCode: "STATIC_ADDRESSES",
		takes: 10 * time.Second,
	},
	&row{
		token: tokenGlobalAddr, noun: "GlobalAddress", service: "compute", kindName: "globalAddresses", global: true,
		source:   gcpVersion + " compute_global_address; Compute API globalAddresses.insert",
		id:       "projects/{project}/global/addresses/{name}",
		defaults: Props{"addressType": "EXTERNAL"},
		outputs: Props{
			"selfLink": computeAPI + "{id}", "creationTimestamp": "{now}", "address": "{ip:34.110}", "labelFingerprint": "42WmSpB8rSM=",
			"prefixLength": 0, "ipVersion": "",
		},
		replace:  []string{"name", "project", "address", "addressType", "description", "ipVersion", "network", "prefixLength", "purpose"},
		nameRule: computeName, nameSays: computeNameSays, links: []string{"network"},
		limits: []limit{{path: "addressType", oneOf: []string{"INTERNAL", "EXTERNAL"}}, {path: "purpose", oneOf: []string{"", "VPC_PEERING", "PRIVATE_SERVICE_CONNECT"}}},
		check: func(c *call) []problem {
			if text(c.in, "purpose") == "VPC_PEERING" && !given(c.in, "prefixLength") {
				return []problem{{"prefixLength", "is required when purpose is VPC_PEERING"}}
			}
			return nil
		},
		refs: []ref{networkAt("network", block)},
		compute: func(c *call) {
			if text(c.out, "addressType") == "INTERNAL" && !given(c.in, "address") {
				c.out["address"] = str(fmt.Sprintf("10.%d.0.0", 64+int(c.generate("peering")[0])%128))
			}
			linkNetwork(c)
		},
		inUse: inUseBy, quota: 8, quotaCode: "GLOBAL_ADDRESSES",
		takes: 10 * time.Second,
	},
)

// linkNetwork shows the network as its self link, as the API does.
func linkNetwork(c *call) {
	if c.tx == nil || text(c.out, "network") == "" {
		return
	}
	if n := c.find(tokenNetwork, text(c.out, "network"), byLink...); n != nil {
		c.out["network"] = str(n.text("selfLink"))
	}
}

// verifySubnetwork: the network is a custom one, and the ranges of its regions
// do not overlap.
func verifySubnetwork(c *call) error {
	network := c.find(tokenNetwork, text(c.out, "network"), byLink...)
	if network == nil { // the default network
		return nil
	}
	if network.text("autoCreateSubnetworks") == "true" {
		return c.refuse(fault{400, "invalid", "Invalid value for field 'resource.network': '%s'. Cannot create subnetworks in an auto mode network"}, network.text("selfLink"))
	}
	mine, err := netip.ParsePrefix(text(c.out, "ipCidrRange"))
	if err != nil {
		return nil
	}
	for _, o := range c.list(tokenSubnetwork) {
		if o.ID == c.id || !sameLink(o.text("network"), network.ID) {
			continue
		}
		if other, err := netip.ParsePrefix(o.text("ipCidrRange")); err == nil && other.Overlaps(mine) {
			return c.refuse(fault{400, "invalid", "Invalid IPCidrRange: %s conflicts with existing subnetwork '" + shortName(o.ID) + "' in region '" + o.Region + "'."}, mine.String())
		}
	}
	return nil
}

// checkFirewall: what a rule applies to, and that its ports are ports.
func checkFirewall(c *call) []problem {
	var found []problem
	egress := text(c.in, "direction") == "EGRESS"
	sources := c.set([]string{"sourceRanges", "sourceTags", "sourceServiceAccounts"})
	switch {
	case egress && len(sources) > 0:
		found = append(found, problem{sources[0], "may not be given when direction is EGRESS"})
	case !egress && given(c.in, "destinationRanges") && text(c.in, "direction") != "" && len(sources) == 0:
		found = append(found, problem{"sourceRanges", "one of sourceRanges, sourceTags, sourceServiceAccounts must be given"})
	case !egress && len(sources) == 0:
		found = append(found, problem{"sourceRanges", "one of sourceRanges, sourceTags, sourceServiceAccounts must be given"})
	}
	found = append(found, checkCIDR(c.in, "sourceRanges[]", 0, 32)...)
	for _, path := range []string{"allows[]", "denies[]"} {
		for _, rule := range lookup(c.in, path) {
			if !rule.IsObject() {
				continue
			}
			protocol := text(rule.ObjectValue(), "protocol")
			for _, ports := range texts(rule.ObjectValue(), "ports[]") {
				if !matches(`\d{1,5}(-\d{1,5})?`, ports) {
					found = append(found, problem{path + ".ports", fmt.Sprintf("%q is not a port or a range such as 1000-2000", ports)})
				}
			}
			if strings.EqualFold(protocol, "icmp") && given(rule.ObjectValue(), "ports[]") {
				found = append(found, problem{path + ".ports", "may not be given for icmp"})
			}
		}
	}
	return found
}
