package aws

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// withoutResource are the actions for which AWS defines no resource, so that
// only "*" is possible. Source: AWS Service Authorization Reference.
var withoutResource = []string{
	"ecr:GetAuthorizationToken",
	"elasticloadbalancing:Describe", "ec2:Describe", "autoscaling:Describe",
	"ecs:ListTasks", "ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition",
	"logs:DescribeLogGroups", "cloudfront:List",
}

// anyName are the resources of which every one is meant, and why no narrower
// name will do.
var anyName = map[string]string{
	"repository/acme-prod/*":               "the repositories of the platform's own registry",
	"service/waypoint/**":                  "apps are named by their owners, in the platform's cluster",
	"task/waypoint/*":                      "AWS gives tasks of the platform's cluster their ids",
	"log-group:waypoint-logs:*":            "the streams of one log group",
	"secret:pilot-apps/*":                  "the secret configuration of apps, below its prefix",
	"function:*":                           "apps are named by their owners",
	"function:*:*":                         "AWS numbers a function's versions",
	"log-group:/aws/lambda/*":              "a function's log group has the function's name",
	"log-group:/aws/lambda/*:*":            "the streams of such a log group",
	"autoScalingGroupName/**":              "apps are named by their owners",
	"launchConfigurationName/**":           "apps are named by their owners",
	"ecs.amazonaws.com/*":                  "AWS's own role, with a condition on whom it is for",
	"autoscaling.amazonaws.com/*":          "AWS's own role, with a condition on whom it is for",
	"elasticloadbalancing.amazonaws.com/*": "AWS's own role, with a condition on whom it is for",
	"acme-prod-*/*":                        "the objects of the platform's own buckets",
	"acme-prod-*/releases/*":               "the releases in the platform's own buckets",
	"distribution/*":                       "AWS gives distributions their ids",
	"origin-access-control/*":              "AWS gives them their ids",
	"targetgroup/*/*":                      "apps are named by their owners, and AWS adds an id",
	"security-group/*":                     "AWS gives groups their ids: the VPC and the platform's own are told by conditions",
}

// TestAnyName lets a policy end a resource's name in a wildcard alone only
// where it has a reason.
func TestAnyName(t *testing.T) {
	all, err := run(t, whole(false))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, p := range of(all, "aws:iam/rolePolicy:RolePolicy") {
		for _, s := range statements(t, p) {
			for _, r := range s.Resource {
				last := r[strings.LastIndexAny(r, ":/")+1:]
				if r == "*" || strings.Trim(last, "*") != "" {
					continue
				}
				reason := ""
				for end := range anyName {
					if strings.HasSuffix(r, ":"+end) || strings.HasSuffix(r, "/"+end) {
						reason, used[end] = end, true
					}
				}
				if reason == "" {
					t.Errorf("%s, %s: %s is every resource of its kind", p.Name, s.Sid, r)
				}
			}
		}
	}
	for end := range anyName {
		if !used[end] {
			t.Errorf("no policy has %s any more", end)
		}
	}
}

// TestPlatformGroups keeps deploys from the security groups of the platform
// itself, by a tag that they cannot change.
func TestPlatformGroups(t *testing.T) {
	all, err := run(t, whole(false))
	if err != nil {
		t.Fatal(err)
	}
	var own []string
	for _, g := range of(all, "aws:ec2/securityGroup:SecurityGroup") {
		own = append(own, field(g.Inputs, "tags", "Name").(string))
	}
	slices.Sort(own)
	if len(own) != 3 {
		t.Fatalf("the platform's groups are %v", own)
	}
	var allowed, denied []string
	for _, p := range of(all, "aws:iam/rolePolicy:RolePolicy") {
		for _, s := range statements(t, p) {
			for _, action := range s.Action {
				service, verb, _ := strings.Cut(action, ":")
				switch {
				case service != "ec2" || strings.HasPrefix(verb, "Describe"):
				case strings.HasSuffix(verb, "Tags"):
					t.Errorf("%s may %s", p.Name, action)
				case s.Effect == "Deny":
					names := slices.Sorted(slices.Values(s.Condition["StringEquals"]["aws:ResourceTag/Name"]))
					if len(s.Condition) != 1 || !slices.Equal(names, own) || !slices.Equal(s.Resource, []string{"arn:aws:ec2:eu-west-1:123456789012:security-group/*"}) {
						t.Errorf("%s is refused for %v of %v, want %v", action, s.Resource, s.Condition, own)
					}
					denied = append(denied, action)
				case verb != "CreateSecurityGroup":
					allowed = append(allowed, action)
				}
			}
		}
	}
	if len(allowed) == 0 || !slices.Equal(allowed, denied) {
		t.Errorf("allowed are %v, but for the platform's groups refused are %v", allowed, denied)
	}
}

// TestPolicyQuota has the longest names that there are.
func TestPolicyQuota(t *testing.T) {
	where := place{partition: "aws", region: "ap-northeast-1", account: "123456789012"}
	size := 0
	for _, part := range where.parts(&IdentityArgs{Name: strings.Repeat("n", 20)}) {
		size += len(policy(part.statements("vpc-0123456789abcdef0")...))
	}
	if size > 10240 {
		t.Errorf("the deploy role's policies have %d characters, more than 10,240", size)
	}
}

func statements(t *testing.T, p made) []Statement {
	t.Helper()
	var document struct{ Statement []Statement }
	if err := json.Unmarshal([]byte(field(p.Inputs, "policy").(string)), &document); err != nil {
		t.Fatalf("%s: %v", p.Name, err)
	}
	return document.Statement
}

func TestDeployPolicies(t *testing.T) {
	all, err := run(t, whole(false))
	if err != nil {
		t.Fatal(err)
	}
	policies := of(all, "aws:iam/rolePolicy:RolePolicy")
	// The machine's, one for each target, and two that targets share.
	if len(policies) != 1+len(DeployTargets())+2 {
		t.Fatalf("%d policies", len(policies))
	}
	size := 0
	for _, p := range policies {
		if strings.HasPrefix(p.Name, "identity-deploy") {
			size += len(field(p.Inputs, "policy").(string))
		}
		seen := map[string]bool{}
		for _, s := range statements(t, p) {
			if s.Sid != "" && seen[s.Sid] {
				t.Errorf("%s: two statements %s", p.Name, s.Sid)
			}
			seen[s.Sid] = true
			for _, a := range s.Action {
				if strings.Contains(a, "*") {
					t.Errorf("%s: action %s is a wildcard", p.Name, a)
				}
				for _, r := range s.Resource {
					if r == "*" && !hasPrefix(a, withoutResource) {
						t.Errorf("%s: %s on every resource", p.Name, a)
					}
					if r != "*" && !strings.HasPrefix(r, "arn:aws:") {
						t.Errorf("%s: resource %q is no ARN", p.Name, r)
					}
				}
				// Whoever may do these may become administrator.
				for _, power := range []string{"iam:PutRolePolicy", "iam:CreateUser", "iam:CreateAccessKey", "iam:CreatePolicy", "iam:UpdateAssumeRolePolicy"} {
					if a == power {
						t.Errorf("%s: %s", p.Name, a)
					}
				}
				if (a == "iam:PassRole" || a == "iam:AttachRolePolicy" || a == "iam:DetachRolePolicy") && len(s.Condition) == 0 {
					t.Errorf("%s: %s without a condition", p.Name, a)
				}
			}
		}
	}
	// The quota of all inline policies of one role.
	if size > 10240 {
		t.Errorf("the deploy role's policies have %d characters, more than 10,240", size)
	}
}

func hasPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func TestMachinePolicy(t *testing.T) {
	all, err := run(t, whole(false))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range of(all, "aws:iam/rolePolicy:RolePolicy") {
		if p.Name != "identity-machine" {
			continue
		}
		const want = `{"Version":"2012-10-17","Statement":[` +
			`{"Effect":"Allow","Action":["secretsmanager:GetSecretValue"],"Resource":["arn:aws:mock:::identity-endpoint"]},` +
			`{"Effect":"Allow","Action":["sts:AssumeRole"],"Resource":["arn:aws:mock:::identity-deploy"]}]}`
		if got := field(p.Inputs, "policy"); got != want {
			t.Errorf("got %v\nwant %s", got, want)
		}
		return
	}
	t.Error("the machine has no policy")
}

func TestPoliciesOfTargets(t *testing.T) {
	for target, want := range map[string]string{
		TargetCloudFront: "aws-cloudfront",
		TargetECS:        "aws-ecs balancers images",
		TargetEC2:        "aws-ec2 balancers",
		TargetLambda:     "aws-lambda balancers images",
		"":               "",
	} {
		all, err := run(t, func(ctx *pulumi.Context) error {
			args := &IdentityArgs{Name: "acme-prod", VPCID: pulumi.String("vpc-1")}
			if target != "" {
				args.Targets = []string{target}
			}
			_, err := NewIdentity(ctx, "identity", args)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range of(all, "aws:iam/rolePolicy:RolePolicy") {
			if name := field(p.Inputs, "name").(string); name != "machine" {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s: policies %v, want %s", target, got, want)
		}
	}
}
