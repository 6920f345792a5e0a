package aws

import "encoding/json"

// Statement is one statement of an IAM policy.
type Statement struct {
	Sid       string                         `json:"Sid,omitempty"`
	Effect    string                         `json:"Effect"`
	Principal map[string]string              `json:"Principal,omitempty"`
	Action    []string                       `json:"Action"`
	Resource  []string                       `json:"Resource,omitempty"`
	Condition map[string]map[string][]string `json:"Condition,omitempty"`
}

// policy writes statements as a policy document. Its types cannot fail to
// marshal.
func policy(statements ...Statement) string {
	b, _ := json.Marshal(struct {
		Version   string
		Statement []Statement
	}{"2012-10-17", statements})
	return string(b)
}

// The app targets on AWS, as apps' configuration names them.
const (
	TargetECS        = "aws-ecs"
	TargetEC2        = "aws-ec2"
	TargetLambda     = "aws-lambda"
	TargetCloudFront = "aws-cloudfront"
)

// DeployTargets are the app targets that IdentityArgs knows.
func DeployTargets() []string {
	return []string{TargetECS, TargetEC2, TargetLambda, TargetCloudFront}
}

// arn names a resource in the place's region and account.
func (p place) arn(service, resource string) string {
	return "arn:" + p.partition + ":" + service + ":" + p.region + ":" + p.account + ":" + resource
}

// global names a resource of a service without regions.
func (p place) global(service, account, resource string) string {
	return "arn:" + p.partition + ":" + service + "::" + account + ":" + resource
}

// each makes one name for each pattern.
func each(patterns []string, name func(string) string) []string {
	out := make([]string, len(patterns))
	for i, p := range patterns {
		out[i] = name(p)
	}
	return out
}

func allow(sid string, resources []string, actions ...string) Statement {
	return Statement{Sid: sid, Effect: "Allow", Action: actions, Resource: resources}
}

func (s Statement) when(operator, key string, values ...string) Statement {
	c := map[string]map[string][]string{}
	for k, v := range s.Condition {
		c[k] = v
	}
	if c[operator] == nil {
		c[operator] = map[string][]string{}
	}
	c[operator][key] = values
	s.Condition = c
	return s
}

// anywhere is for the actions for which AWS defines no resource: lists,
// descriptions and log-ins. The region narrows them where they have one.
func (p place) anywhere(sid string, actions ...string) Statement {
	return allow(sid, []string{"*"}, actions...).when("StringEquals", "aws:RequestedRegion", p.region)
}

// part is one policy of the deploy role.
type part struct {
	name string
	// targets need the part; one of them enabled is enough.
	targets []string
	// statements are what their plugins call. The names in them (cluster, log
	// group, prefixes of roles and load balancers) are those that the deploy
	// engine gives.
	statements func(vpc string) []Statement
}

// parts are the deploy role's policies. What several targets need is a part of
// its own: all together must stay below 10,240 characters, the quota of a
// role's inline policies.
func (p place) parts(args *IdentityArgs) []part {
	apps := args.Apps
	if len(apps) == 0 {
		apps = []string{"*"}
	}
	own := func(target string, s func() []Statement) part {
		return part{target, []string{target}, func(string) []Statement { return s() }}
	}
	return []part{
		{"images", []string{TargetECS, TargetLambda}, func(string) []Statement { return p.images(args) }},
		{"balancers", []string{TargetECS, TargetLambda, TargetEC2}, func(vpc string) []Statement {
			return append(p.balancers(apps), p.groups(vpc, args.Name)...)
		}},
		own(TargetECS, func() []Statement { return p.ecs(apps) }),
		own(TargetLambda, func() []Statement { return p.lambda(apps) }),
		own(TargetEC2, func() []Statement { return p.ec2(apps) }),
		own(TargetCloudFront, func() []Statement { return p.cloudFront(args) }),
	}
}

// images is what building, pushing and pulling an image needs.
func (p place) images(args *IdentityArgs) []Statement {
	repositories := args.Repositories
	if len(repositories) == 0 {
		repositories = []string{args.Name, args.Name + "/*", "waypoint-*"}
	}
	return []Statement{
		p.anywhere("RegistryLogin", "ecr:GetAuthorizationToken"),
		allow("Images", each(repositories, func(r string) string { return p.arn("ecr", "repository/"+r) }),
			"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:CreateRepository",
			"ecr:DescribeImages", "ecr:DescribeRepositories", "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload",
			"ecr:PutImage", "ecr:TagResource", "ecr:UploadLayerPart"),
	}
}

// balancers is what a load balancer in front of an app needs.
func (p place) balancers(apps []string) []Statement {
	lb := func(kind string) []string {
		return []string{
			p.arn("elasticloadbalancing", kind+"/app/waypoint-*"),
		}
	}
	targetGroups := each(apps, func(a string) string { return p.arn("elasticloadbalancing", "targetgroup/"+a+"/*") })
	return []Statement{
		allow("Balancers", append(append(lb("loadbalancer"), lb("listener")...), targetGroups...),
			"elasticloadbalancing:AddTags", "elasticloadbalancing:CreateListener", "elasticloadbalancing:CreateLoadBalancer",
			"elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:DeleteListener", "elasticloadbalancing:DeleteLoadBalancer",
			"elasticloadbalancing:DeleteTargetGroup", "elasticloadbalancing:DeregisterTargets",
			"elasticloadbalancing:ModifyListener", "elasticloadbalancing:RegisterTargets"),
		p.anywhere("LookAtBalancers", "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeLoadBalancers",
			"elasticloadbalancing:DescribeTags", "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth"),
		allow("BalancersOwnRole", []string{p.global("iam", p.account, "role/aws-service-role/elasticloadbalancing.amazonaws.com/*")},
			"iam:CreateServiceLinkedRole").when("StringEquals", "iam:AWSServiceName", "elasticloadbalancing.amazonaws.com"),
	}
}

// groups is what an app's security group needs, in the platform's VPC alone.
// The platform's own groups stay as they are: whoever could change the
// machine's would open its ports. They are told by their tags, which the role
// may neither set nor remove.
func (p place) groups(vpc, name string) []Statement {
	vpcARN, group := p.arn("ec2", "vpc/"+vpc), p.arn("ec2", "security-group/*")
	changes := []string{"ec2:AuthorizeSecurityGroupIngress", "ec2:DeleteSecurityGroup"}
	own := allow("PlatformGroups", []string{group}, changes...).when("StringEquals", "aws:ResourceTag/Name", groupNames(name)...)
	own.Effect = "Deny"
	return []Statement{
		p.anywhere("LookAtNetwork", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets"),
		allow("MakeGroup", []string{vpcARN, group}, "ec2:CreateSecurityGroup"),
		allow("Groups", []string{group}, changes...).when("ArnEquals", "ec2:Vpc", vpcARN),
		own,
	}
}
