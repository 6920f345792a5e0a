package cloudsim

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// taggedKinds is what the tagging API calls the types that it covers.
// Source: Resource Groups Tagging API Reference, GetResources, "Supported services".
var taggedKinds = map[string]string{
	tokenVPC: "ec2:vpc", tokenSubnet: "ec2:subnet", tokenGateway: "ec2:internet-gateway", tokenRouteTable: "ec2:route-table",
	tokenNAT: "ec2:natgateway", tokenEIP: "ec2:elastic-ip", tokenSG: "ec2:security-group", tokenInstance: "ec2:instance",
	tokenSecret: "secretsmanager:secret", "aws:rds/instance:Instance": "rds:db", tokenECR: "ecr:repository",
}

var awsFindFunctions = []*function{
	{
		token: "aws:resourcegroupstaggingapi/getResources:getResources", noun: "Resource Groups Tagging API Resources",
		source: awsVersion + " internal/service/resourcegroupstaggingapi/resources_data_source.go", run: runTagged,
	},
	{
		token: "aws:ec2/getElasticIp:getElasticIp", noun: "EC2 EIP",
		source: awsVersion + " internal/service/ec2/ec2_eip_data_source.go",
		run: func(c *call) (resource.PropertyMap, error) {
			o := c.find(tokenEIP, firstText(text(c.in, "id"), text(c.in, "publicIp")), "id", "publicIp")
			if o == nil {
				return nil, fmt.Errorf("reading EC2 EIPs: couldn't find resource: api error InvalidAllocationID.NotFound: The allocation ID '%s' does not exist", text(c.in, "id"))
			}
			m := Props{
				"id": o.ID, "arn": o.text("arn"), "publicIp": o.text("publicIp"), "domain": "vpc", "associationId": "", "instanceId": "",
				"carrierIp": "", "customerOwnedIp": "", "customerOwnedIpv4Pool": "", "ipamPoolId": "", "networkInterfaceId": "",
				"networkInterfaceOwnerId": "", "privateDns": "", "privateIp": "", "ptrRecord": "", "publicDns": "", "publicIpv4Pool": "amazon",
				"tags": o.Properties["tagsAll"],
			}
			if a := c.find("aws:ec2/eipAssociation:EipAssociation", o.ID, "allocationId"); a != nil {
				m["associationId"], m["instanceId"] = a.ID, a.text("instanceId")
			}
			return propertyMap(m), nil
		},
	},
	{
		token: "aws:secretsmanager/getSecretVersion:getSecretVersion", noun: "Secrets Manager Secret Version",
		source: awsVersion + " internal/service/secretsmanager/secret_version_data_source.go", run: runSecretVersion,
	},
	{
		token: "aws:vpc/getSecurityGroupRules:getSecurityGroupRules", noun: "VPC Security Group Rules",
		source: awsVersion + " internal/service/ec2/vpc_security_group_rules_data_source.go",
		run: func(c *call) (resource.PropertyMap, error) {
			var ids []string
			for _, o := range c.groupRules() {
				ok, err := filtered(c.in, map[string]string{"group-id": o.text("securityGroupId"), "security-group-rule-id": o.ID})
				if err != nil {
					return nil, err
				}
				if ok {
					ids = append(ids, o.ID)
				}
			}
			return resource.PropertyMap{"id": str(c.at.region), "ids": strs(ids...)}, nil
		},
	},
	{
		token: "aws:vpc/getSecurityGroupRule:getSecurityGroupRule", noun: "VPC Security Group Rule",
		source: awsVersion + " internal/service/ec2/vpc_security_group_rule_data_source.go", run: runGroupRule,
	},
}

// runTagged finds what carries all the tags that are asked for.
func runTagged(c *call) (resource.PropertyMap, error) {
	kinds := texts(c.in, "resourceTypeFilters[]")
	var found []any
	for _, typ := range slices.Sorted(maps.Keys(taggedKinds)) {
		if len(kinds) > 0 && !slices.Contains(kinds, taggedKinds[typ]) {
			continue
		}
		for _, o := range c.list(typ) {
			tags, _ := o.Properties["tagsAll"].(map[string]any)
			if o.Region != c.at.region || !taggedAs(c.in, tags) {
				continue
			}
			found = append(found, map[string]any{"resourceArn": o.text("arn"), "tags": tags, "complianceDetails": []any{}})
		}
	}
	return propertyMap(Props{"id": c.at.partition, "resourceTagMappingLists": found}), nil
}

func taggedAs(in resource.PropertyMap, tags map[string]any) bool {
	for _, f := range lookup(in, "tagFilters[]") {
		if !f.IsObject() {
			continue
		}
		value, ok := tags[text(f.ObjectValue(), "key")]
		values := texts(f.ObjectValue(), "values[]")
		if !ok || len(values) > 0 && !slices.Contains(values, fmt.Sprint(value)) {
			return false
		}
	}
	return true
}

// runSecretVersion gives the current version, without its value: of a secret
// only a digest is kept.
func runSecretVersion(c *call) (resource.PropertyMap, error) {
	id := text(c.in, "secretId")
	secret := c.find(tokenSecret, id, "id", "arn", "name")
	if secret == nil {
		return nil, fmt.Errorf("reading Secrets Manager Secret Version (%s): couldn't find resource", id)
	}
	for _, o := range c.list("aws:secretsmanager/secretVersion:SecretVersion") {
		if sameLink(o.text("secretId"), secret.ID) && slices.Contains(o.texts("versionStages[]"), "AWSCURRENT") {
			return propertyMap(Props{
				"id": o.ID, "arn": secret.ID, "secretId": id, "versionId": o.text("versionId"), "versionStages": o.Properties["versionStages"],
				"createdDate": o.Created.Format("2006-01-02T15:04:05Z"), "secretString": "", "secretBinary": "",
			}), nil
		}
	}
	return nil, fmt.Errorf("reading Secrets Manager Secret Version (%s|AWSCURRENT): couldn't find resource", id)
}

func (c *call) groupRules() []*Object {
	return append(c.list("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"), c.list("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")...)
}

func runGroupRule(c *call) (resource.PropertyMap, error) {
	id := text(c.in, "securityGroupRuleId")
	for _, o := range c.groupRules() {
		if o.ID != id {
			continue
		}
		m := Props{
			"id": o.ID, "securityGroupRuleId": o.ID, "isEgress": strings.Contains(o.Type, "Egress"), "fromPort": -1, "toPort": -1,
			"cidrIpv4": "", "cidrIpv6": "", "prefixListId": "", "referencedSecurityGroupId": "", "description": "", "tags": o.Properties["tagsAll"],
		}
		for _, name := range []string{"arn", "securityGroupId", "ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId", "description"} {
			if v, ok := o.Properties[name]; ok && v != nil {
				m[name] = v
			}
		}
		return propertyMap(m), nil
	}
	return nil, fmt.Errorf("reading VPC Security Group Rule (%s): couldn't find resource: api error InvalidSecurityGroupRuleId.NotFound: The security group rule ID '%s' does not exist", id, id)
}
