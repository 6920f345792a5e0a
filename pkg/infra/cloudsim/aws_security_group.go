package cloudsim

import (
	"fmt"
	"time"
)

var noGroup = fault{400, "InvalidGroup.NotFound", "The security group '%s' does not exist"}

// groupRefs are the ways in which a rule names groups.
func groupRef(path string, on blocking) ref {
	return ref{
		path: path, typ: tokenSG, also: []string{tokenVPC}, by: []string{"id", "defaultSecurityGroupId"},
		err: noGroup, onDelete: on,
	}
}

// ruleDirection is one of the two resources for one rule each.
func ruleDirection(direction, api string) *row {
	return &row{
		token: "aws:vpc/securityGroup" + direction + "Rule:SecurityGroup" + direction + "Rule",
		noun:  "VPC Security Group Rule", service: "EC2",
		source: awsVersion + " internal/service/ec2/vpc_security_group_ingress_rule.go and _egress_rule.go; EC2 API AuthorizeSecurityGroupIngress",
		api:    [4]string{"AuthorizeSecurityGroup" + api, "DescribeSecurityGroupRules", "ModifySecurityGroupRules", "RevokeSecurityGroup" + api},
		id:     "sgr-0{hex:16}",
		outputs: Props{
			"arn": "arn:{partition}:ec2:{region}:{account}:security-group-rule/{id}", "securityGroupRuleId": "{id}",
		},
		replace: []string{"securityGroupId"},
		exactly: [][]string{{"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}},
		limits: []limit{
			{path: "cidrIpv4", pattern: cidrPattern, says: "is not a valid IPv4 CIDR block"},
			{path: "fromPort", min: -1, max: 65535}, {path: "toPort", min: -1, max: 65535},
			{path: "description", maxLen: 255, pattern: `[0-9A-Za-z ._\-:/()#,@\[\]+=&;{}!$*']*`, says: "has a character that is not allowed"},
		},
		check: func(c *call) []problem {
			found := checkCIDR(c.in, "cidrIpv4", 0, 0)
			return append(found, checkPorts(c)...)
		},
		refs: []ref{groupRef("securityGroupId", cascade), groupRef("referencedSecurityGroupId", block)},
		unique: []unique{{
			paths: []string{"securityGroupId", "ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"},
			err:   fault{400, "InvalidPermission.Duplicate", "the specified rule already exists in %s"},
		}},
		takes: time.Second,
	}
}

// checkPorts: every protocol but "all" has a range of ports, in order.
func checkPorts(c *call) []problem {
	from, hasFrom := number(c.in, "fromPort")
	to, hasTo := number(c.in, "toPort")
	protocol := text(c.in, "ipProtocol")
	switch {
	case protocol == "-1" && (hasFrom || hasTo):
		return []problem{{"fromPort", `may not be given when ipProtocol is "-1"`}}
	case (protocol == "tcp" || protocol == "udp") && !given(c.in, "fromPort"):
		return []problem{{"fromPort", "is required for " + protocol}}
	case (protocol == "tcp" || protocol == "udp") && !given(c.in, "toPort"):
		return []problem{{"toPort", "is required for " + protocol}}
	case hasFrom && hasTo && from > to && from >= 0:
		return []problem{{"toPort", fmt.Sprintf("must not be below fromPort %v, got %v", from, to)}}
	}
	return nil
}

var awsSecurityGroups = []*row{
	{
		token: tokenSG, noun: "EC2 Security Group", service: "EC2",
		source:   awsVersion + " internal/service/ec2/vpc_security_group.go; EC2 API CreateSecurityGroup, DeleteSecurityGroup",
		api:      [4]string{"CreateSecurityGroup", "DescribeSecurityGroups", "ModifySecurityGroupRules", "DeleteSecurityGroup"},
		id:       "sg-0{hex:16}",
		defaults: Props{"description": "Managed by Pulumi", "revokeRulesOnDelete": false},
		outputs: Props{
			"arn": "arn:{partition}:ec2:{region}:{account}:security-group/{id}", "ownerId": "{account}",
			"ingress": []any{}, "egress": []any{}, "namePrefix": "",
		},
		replace:   []string{"name", "namePrefix", "description", "vpcId"},
		conflicts: [][]string{{"name", "namePrefix"}},
		sets:      []string{"ingress", "egress", "ingress[].cidrBlocks", "egress[].cidrBlocks", "ingress[].securityGroups", "egress[].securityGroups"},
		limits: []limit{
			{path: "name", maxLen: 255},
			{path: "description", maxLen: 255, pattern: `[0-9A-Za-z ._\-:/()#,@\[\]+=&;{}!$*']*`, says: "has a character that is not allowed"},
		},
		nameRule: `[^s].*|s[^g].*|sg[^-].*|s|sg`, nameSays: `cannot begin with "sg-"`,
		refs: []ref{
			{path: "vpcId", typ: tokenVPC, err: noVPC, onDelete: block},
			groupRef("ingress[].securityGroups", block), groupRef("egress[].securityGroups", block),
		},
		unique: []unique{{paths: []string{"name", "vpcId"}, err: fault{400, "InvalidGroup.Duplicate",
			"The security group '%s' already exists for this VPC"}}},
		inUse: &fault{400, "DependencyViolation", "resource %s has a dependent object"},
		takes: 2 * time.Second,
	},
	ruleDirection("Ingress", "Ingress"),
	ruleDirection("Egress", "Egress"),
	{
		token: "aws:ec2/securityGroupRule:SecurityGroupRule", noun: "Security Group Rule", service: "EC2",
		source:   awsVersion + " internal/service/ec2/vpc_security_group_rule.go",
		api:      [4]string{"AuthorizeSecurityGroupIngress", "DescribeSecurityGroups", "UpdateSecurityGroupRuleDescriptionsIngress", "RevokeSecurityGroupIngress"},
		id:       "sgrule-{digits:10}",
		importID: "{securityGroupId}_{type}_{protocol}_{fromPort}_{toPort}",
		defaults: Props{"self": false},
		outputs:  Props{"securityGroupRuleId": "sgr-0{hex:16}"},
		replace: []string{
			"cidrBlocks", "fromPort", "ipv6CidrBlocks", "prefixListIds", "protocol", "securityGroupId", "self",
			"sourceSecurityGroupId", "toPort", "type",
		},
		conflicts: [][]string{{"cidrBlocks", "sourceSecurityGroupId"}},
		limits: []limit{
			{path: "type", oneOf: []string{"ingress", "egress"}},
			{path: "fromPort", min: -1, max: 65535}, {path: "toPort", min: -1, max: 65535},
		},
		check: func(c *call) []problem {
			found := checkCIDR(c.in, "cidrBlocks[]", 0, 0)
			if !truth(c.in, "self") && len(c.set([]string{"cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "sourceSecurityGroupId"})) == 0 {
				found = append(found, problem{"cidrBlocks", "one of cidrBlocks, ipv6CidrBlocks, prefixListIds, self, sourceSecurityGroupId must be given"})
			}
			return found
		},
		refs: []ref{groupRef("securityGroupId", cascade), groupRef("sourceSecurityGroupId", block)},
		unique: []unique{{
			paths: []string{"securityGroupId", "type", "protocol", "fromPort", "toPort", "cidrBlocks[]", "ipv6CidrBlocks[]", "sourceSecurityGroupId", "self"},
			err:   fault{400, "InvalidPermission.Duplicate", "the specified rule already exists in %s"},
		}},
		takes: time.Second,
	},
}
