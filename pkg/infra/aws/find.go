package aws

import (
	"context"
	"fmt"
	"strings"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// taggedTypes are the types whose id the cloud makes up, with what the tagging
// API calls them (see the service's "Supported services" page). The id is the
// last part of the ARN.
var taggedTypes = map[string]string{
	"aws:ec2/vpc:Vpc":                         "ec2:vpc",
	"aws:ec2/subnet:Subnet":                   "ec2:subnet",
	"aws:ec2/internetGateway:InternetGateway": "ec2:internet-gateway",
	"aws:ec2/routeTable:RouteTable":           "ec2:route-table",
	"aws:ec2/natGateway:NatGateway":           "ec2:natgateway",
	"aws:ec2/eip:Eip":                         "ec2:elastic-ip",
	"aws:ec2/securityGroup:SecurityGroup":     "ec2:security-group",
	"aws:ec2/instance:Instance":               "ec2:instance",
}

// importForms are the types that are imported by an id made of their inputs,
// as the "Import" section of each type's page gives it.
var importForms = map[string]string{
	"aws:ec2/route:Route": "{routeTableId}_{destinationCidrBlock}",
	"aws:ec2/routeTableAssociation:RouteTableAssociation": "{subnetId}/{routeTableId}",
	"aws:ec2/keyPair:KeyPair":                             "{keyName}",
	"aws:iam/role:Role":                                   "{name}",
	"aws:iam/rolePolicy:RolePolicy":                       "{role}:{name}",
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":   "{role}/{policyArn}",
	"aws:iam/instanceProfile:InstanceProfile":             "{name}",
	"aws:iam/user:User":                                   "{name}",
	"aws:iam/userPolicy:UserPolicy":                       "{user}:{name}",
	"aws:rds/subnetGroup:SubnetGroup":                     "{name}",
	"aws:rds/parameterGroup:ParameterGroup":               "{name}",
	"aws:rds/instance:Instance":                           "{identifier}",
	"aws:ecr/repository:Repository":                       "{name}",
	"aws:ecr/lifecyclePolicy:LifecyclePolicy":             "{repository}",
	"aws:ecr/repositoryPolicy:RepositoryPolicy":           "{repository}",
	"aws:cloudwatch/logGroup:LogGroup":                    "{name}",
	"aws:ssm/parameter:Parameter":                         "{name}",
	"aws:kms/alias:Alias":                                 "{name}",
	"aws:s3/bucketV2:BucketV2":                            "{bucket}",
}

// Find is the infra.Finder for the package aws: it looks for what an
// interrupted creation may have made. Things with a name of their own are
// looked for by it, the others by their tags, all of which must be those that
// were asked for; the tagging API may lag a few seconds behind.
func Find(ctx context.Context, u infra.Unfinished, call infra.Invoke) ([]infra.Candidate, error) {
	if form, ok := importForms[u.Type]; ok {
		id, err := fill(form, u.Inputs)
		if err != nil {
			return nil, err
		}
		return []infra.Candidate{{ID: id, Import: true}}, nil
	}
	if kind, ok := taggedTypes[u.Type]; ok {
		return findTagged(ctx, kind, u, call)
	}
	switch u.Type {
	case "aws:secretsmanager/secret:Secret":
		return findTagged(ctx, "secretsmanager:secret", u, call)
	case "aws:secretsmanager/secretVersion:SecretVersion":
		return findSecretVersion(ctx, u, call)
	case "aws:ec2/eipAssociation:EipAssociation":
		return findAssociation(ctx, u, call)
	case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":
		return findRules(ctx, u, call)
	}
	return nil, fmt.Errorf("it is not known how to look for a %s", u.Type)
}

// fill puts inputs into a form such as "{role}:{name}".
func fill(form string, inputs map[string]any) (string, error) {
	var b strings.Builder
	for form != "" {
		text, rest, more := strings.Cut(form, "{")
		b.WriteString(text)
		if !more {
			break
		}
		name, after, _ := strings.Cut(rest, "}")
		value, ok := inputs[name].(string)
		if !ok || value == "" {
			return "", fmt.Errorf("its input %s is not known", name)
		}
		b.WriteString(value)
		form = after
	}
	return b.String(), nil
}

// findTagged asks the tagging API for what carries all tags of the creation.
func findTagged(ctx context.Context, kind string, u infra.Unfinished, call infra.Invoke) ([]infra.Candidate, error) {
	tags, _ := u.Inputs["tags"].(map[string]any)
	var filters []any
	for k, v := range tags {
		if strings.HasPrefix(k, "__") {
			continue
		}
		filters = append(filters, map[string]any{"key": k, "values": []any{v}})
	}
	if len(filters) == 0 {
		return nil, fmt.Errorf("it has no tags to look for it by")
	}
	res, err := call(ctx, "aws:resourcegroupstaggingapi/getResources:getResources",
		map[string]any{"resourceTypeFilters": []any{kind}, "tagFilters": filters})
	if err != nil {
		return nil, err
	}
	var all []infra.Candidate
	list, _ := res["resourceTagMappingLists"].([]any)
	for _, item := range list {
		m, _ := item.(map[string]any)
		arn, _ := m["resourceArn"].(string)
		if strings.HasPrefix(kind, "ec2:") {
			arn = arn[strings.LastIndex(arn, "/")+1:]
		}
		all = append(all, infra.Candidate{ID: arn})
	}
	return all, nil
}

func findSecretVersion(ctx context.Context, u infra.Unfinished, call infra.Invoke) ([]infra.Candidate, error) {
	secret, _ := u.Inputs["secretId"].(string)
	res, err := call(ctx, "aws:secretsmanager/getSecretVersion:getSecretVersion", map[string]any{"secretId": secret})
	if err != nil {
		// Without any version the look-up itself is an error.
		if strings.Contains(err.Error(), "couldn't find resource") || strings.Contains(err.Error(), "ResourceNotFoundException") {
			return nil, nil
		}
		return nil, err
	}
	version, _ := res["versionId"].(string)
	return []infra.Candidate{{ID: secret + "|" + version}}, nil
}

func findAssociation(ctx context.Context, u infra.Unfinished, call infra.Invoke) ([]infra.Candidate, error) {
	res, err := call(ctx, "aws:ec2/getElasticIp:getElasticIp", map[string]any{"id": u.Inputs["allocationId"]})
	if err != nil {
		return nil, err
	}
	id, _ := res["associationId"].(string)
	if id == "" || res["instanceId"] != u.Inputs["instanceId"] {
		return nil, nil
	}
	return []infra.Candidate{{ID: id}}, nil
}

// findRules lists the rules of the group; the caller knows the others. Two
// creations of one group that were interrupted together are told apart by what
// the rules say.
func findRules(ctx context.Context, u infra.Unfinished, call infra.Invoke) ([]infra.Candidate, error) {
	res, err := call(ctx, "aws:vpc/getSecurityGroupRules:getSecurityGroupRules", map[string]any{
		"filters": []any{map[string]any{"name": "group-id", "values": []any{u.Inputs["securityGroupId"]}}},
	})
	if err != nil {
		return nil, err
	}
	var all []infra.Candidate
	ids, _ := res["ids"].([]any)
	for _, item := range ids {
		id, _ := item.(string)
		rule, err := call(ctx, "aws:vpc/getSecurityGroupRule:getSecurityGroupRule", map[string]any{"securityGroupRuleId": id})
		if err != nil {
			return nil, err
		}
		if sameRule(u, rule) {
			all = append(all, infra.Candidate{ID: id})
		}
	}
	return all, nil
}

func sameRule(u infra.Unfinished, rule map[string]any) bool {
	egress, _ := rule["isEgress"].(bool)
	if egress != strings.Contains(u.Type, "Egress") {
		return false
	}
	for _, name := range []string{"ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "referencedSecurityGroupId", "prefixListId"} {
		want, set := u.Inputs[name]
		if set && want != nil && fmt.Sprint(want) != fmt.Sprint(rule[name]) {
			return false
		}
	}
	return true
}
