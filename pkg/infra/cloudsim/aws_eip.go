package cloudsim

import (
	"encoding/json"
	"strings"
	"time"
)

var noAllocation = fault{400, "InvalidAllocationID.NotFound", "The allocation ID '%s' does not exist"}

var awsEIP = []*row{
	{
		token: tokenEIP, noun: "EC2 EIP", service: "EC2",
		source: awsVersion + " internal/service/ec2/ec2_eip.go; EC2 API AllocateAddress; quota: EC2 quotas",
		api:    [4]string{"AllocateAddress", "DescribeAddresses", "AssociateAddress", "ReleaseAddress"},
		id:     "eipalloc-0{hex:16}",
		outputs: Props{
			"allocationId": "{id}", "arn": "arn:{partition}:ec2:{region}:{account}:elastic-ip/{id}", "domain": "vpc", "vpc": true,
			"publicIp": "{ip:52.18}", "publicDns": "", "ptrRecord": "", "associationId": "", "privateIp": "", "privateDns": "",
			"carrierIp": "", "customerOwnedIp": "", "customerOwnedIpv4Pool": "", "instance": "", "networkInterface": "",
			"networkBorderGroup": "{region}", "publicIpv4Pool": "amazon",
		},
		replace:   []string{"address", "customerOwnedIpv4Pool", "domain", "ipamPoolId", "networkBorderGroup", "publicIpv4Pool", "vpc"},
		conflicts: [][]string{{"domain", "vpc"}, {"instance", "networkInterface"}},
		limits:    []limit{{path: "domain", oneOf: []string{"vpc", "standard"}}},
		refs:      []ref{{path: "instance", typ: tokenInstance, err: fault{400, "InvalidInstanceID.NotFound", "The instance ID '%s' does not exist"}}},
		compute: func(c *call) {
			c.out["publicDns"] = str(publicDNS(text(c.out, "publicIp"), c.at.region))
			if text(c.in, "instance") != "" {
				c.out["associationId"] = c.fill("eipassoc-0{hex:16}", "associationId")
			}
		},
		inUse: &fault{400, "InvalidIPAddress.InUse", "Address %s is in use."},
		quota: 5, quotaCode: "AddressLimitExceeded", quotaSays: "The maximum number of addresses has been reached.",
		takes: time.Second,
	},
	{
		token: "aws:ec2/eipAssociation:EipAssociation", noun: "EC2 EIP Association", service: "EC2",
		source: awsVersion + " internal/service/ec2/ec2_eip_association.go; EC2 API AssociateAddress",
		api:    [4]string{"AssociateAddress", "DescribeAddresses", "AssociateAddress", "DisassociateAddress"},
		id:     "eipassoc-0{hex:16}",
		outputs: Props{
			"allocationId": "", "instanceId": "", "networkInterfaceId": "", "privateIpAddress": "", "publicIp": "",
		},
		replace:   []string{"allocationId", "allowReassociation", "instanceId", "networkInterfaceId", "privateIpAddress", "publicIp"},
		conflicts: [][]string{{"allocationId", "publicIp"}, {"instanceId", "networkInterfaceId"}},
		refs: []ref{
			{path: "allocationId", typ: tokenEIP, by: []string{"id", "allocationId"}, err: noAllocation, onDelete: block},
			{path: "instanceId", typ: tokenInstance, onDelete: cascade,
				err: fault{400, "InvalidInstanceID.NotFound", "The instance ID '%s' does not exist"}},
		},
		compute: computeEIPAssociation,
		created: associateEIP,
		takes:   time.Second,
	},
}

func computeEIPAssociation(c *call) {
	if c.tx == nil {
		return
	}
	if eip := c.find(tokenEIP, firstText(text(c.out, "allocationId"), text(c.out, "publicIp")), "id", "publicIp"); eip != nil {
		c.out["publicIp"], c.out["allocationId"] = str(eip.text("publicIp")), str(eip.ID)
	}
	if instance := c.find(tokenInstance, text(c.out, "instanceId")); instance != nil {
		c.out["networkInterfaceId"] = str(instance.text("primaryNetworkInterfaceId"))
		if text(c.out, "privateIpAddress") == "" {
			c.out["privateIpAddress"] = str(instance.text("privateIp"))
		}
	}
}

// associateEIP takes the address away from whoever had it, as AWS does unless
// it is told not to, which the provider never does; and shows it at the
// instance, as a refresh will find it.
func associateEIP(c *call) error {
	for _, o := range c.list(c.row.token) {
		if o.ID != c.id && o.text("allocationId") == text(c.out, "allocationId") {
			c.tx.drop(o)
		}
	}
	instance := c.find(tokenInstance, text(c.out, "instanceId"))
	if instance == nil {
		return nil
	}
	changed := instance.clone()
	ip := text(c.out, "publicIp")
	changed.Properties["publicIp"] = ip
	changed.Properties["publicDns"] = publicDNS(ip, c.at.region)
	c.tx.put(changed)
	return nil
}

func dashed(ip string) string { return strings.ReplaceAll(ip, ".", "-") }

func publicDNS(ip, region string) string {
	switch {
	case ip == "":
		return ""
	case region == "us-east-1":
		return "ec2-" + dashed(ip) + ".compute-1.amazonaws.com"
	}
	return "ec2-" + dashed(ip) + "." + region + ".compute.amazonaws.com"
}

func privateDNS(ip, region string) string {
	switch {
	case ip == "":
		return ""
	case region == "us-east-1":
		return "ip-" + dashed(ip) + ".ec2.internal"
	}
	return "ip-" + dashed(ip) + "." + region + ".compute.internal"
}

// dnsHostnames reports whether the VPC gives public names.
func dnsHostnames(c *call, subnet *Object) bool {
	if subnet == nil {
		return true
	}
	vpc := c.find(tokenVPC, subnet.text("vpcId"))
	return vpc != nil && vpc.text("enableDnsHostnames") == "true"
}

// account text for policies: the JSON of a document in its normal form.
func normalJSON(v any) string {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return ""
	}
	return string(data)
}
