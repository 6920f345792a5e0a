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
		text := field(p.Inputs, "policy").(string)
		var document struct{ Statement []Statement }
		if err := json.Unmarshal([]byte(text), &document); err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		if strings.HasPrefix(p.Name, "identity-deploy") {
			size += len(text)
		}
		seen := map[string]bool{}
		for _, s := range document.Statement {
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
