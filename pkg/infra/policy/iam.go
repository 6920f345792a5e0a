package policy

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pilot-framework/pilot/pkg/infra"
)

const (
	actionFix   = "name the actions that are needed"
	resourceFix = "name the ARNs that it is about"
)

func wildcardIAM(s infra.Step) []finding {
	in := s.Inputs
	switch s.Type {
	case "aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy", "aws:iam/userPolicy:UserPolicy", "aws:iam/groupPolicy:GroupPolicy":
		return document(in["policy"])
	case "aws:iam/role:Role":
		var out []finding
		for _, p := range list(in["inlinePolicies"]) {
			out = append(out, document(get(p, "policy"))...)
		}
		for _, arn := range list(in["managedPolicyArns"]) {
			out = append(out, managed(str(arn))...)
		}
		return out
	case "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/userPolicyAttachment:UserPolicyAttachment",
		"aws:iam/groupPolicyAttachment:GroupPolicyAttachment", "aws:iam/policyAttachment:PolicyAttachment":
		return managed(str(in["policyArn"]))
	case "gcp:projects/iAMMember:IAMMember", "gcp:projects/iAMBinding:IAMBinding",
		"gcp:organizations/iAMMember:IAMMember", "gcp:folder/iAMMember:IAMMember":
		if r := str(in["role"]); r == "roles/owner" || r == "roles/editor" {
			return []finding{{r + " allows nearly everything in the project", "grant the roles that are needed, or a custom role"}}
		}
	}
	return nil
}

// managed finds AWS's own policies that allow all actions on all resources.
func managed(arn string) []finding {
	switch name := arn[strings.LastIndex(arn, "/")+1:]; name {
	case "AdministratorAccess", "PowerUserAccess", "IAMFullAccess":
		return []finding{{name + " allows nearly everything in the account", "attach a policy that names what is needed"}}
	}
	return nil
}

// document judges an IAM policy, which is JSON text or an object.
func document(v any) []finding {
	if text, ok := v.(string); ok {
		var doc any
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			return []finding{{"its policy is not JSON: " + err.Error(), "give a JSON policy document"}}
		}
		v = doc
	}
	var out []finding
	for _, st := range list(get(v, "Statement")) {
		if str(get(st, "Effect")) == "Allow" {
			out = append(out, statement(st)...)
		}
	}
	return out
}

func statement(st any) []finding {
	var out []finding
	actions := list(get(st, "Action"))
	for _, a := range actions {
		if action := str(a); wildcardAction(action) {
			out = append(out, finding{fmt.Sprintf("it allows the action %q", action), actionFix})
		}
	}
	if get(st, "NotAction") != nil {
		out = append(out, finding{"it allows all actions but some (NotAction)", actionFix})
	}
	if get(st, "NotResource") != nil {
		out = append(out, finding{"it covers all resources but some (NotResource)", resourceFix})
	}
	for _, r := range list(get(st, "Resource")) {
		arn := str(r)
		if !nameless(arn) {
			continue
		}
		where := "every resource"
		if !wildcards(arn, "") {
			where = fmt.Sprintf("%q", arn)
		}
		if broad := nameable(actions); len(broad) > 0 {
			out = append(out, finding{fmt.Sprintf("it allows %s on %s", strings.Join(broad, ", "), where), resourceFix})
		}
	}
	return out
}

// wildcardAction tells whether an action leaves open what it changes. A wildcard
// behind a verb of reading (s3:Get*) is fine. IAM takes either case.
func wildcardAction(action string) bool {
	if !strings.ContainsAny(action, "*?") {
		return false
	}
	service, verb, _ := strings.Cut(strings.ToLower(action), ":")
	if strings.ContainsAny(service, "*?") {
		return true
	}
	for _, reading := range []string{"get", "list", "describe"} {
		if strings.HasPrefix(verb, reading) {
			return false
		}
	}
	return true
}

// untyped are services whose ARNs end in a name without a type before it, so
// that name/* is a part of one resource.
var untyped = map[string]bool{"s3": true, "sns": true, "sqs": true, "execute-api": true}

// unforeseen are types of resources that a policy can't always name: AWS makes
// up their ids, or they are apps of a platform that has none yet. Our own
// deploy role covers all of them.
var unforeseen = map[string]bool{
	"cloudfront:distribution":          true,
	"cloudfront:origin-access-control": true,
	"ec2:security-group":               true,
	"elasticloadbalancing:targetgroup": true,
	"lambda:function":                  true,
}

// nameless tells whether a resource has nothing but wildcards where its name
// should be: *, arn:aws:s3:::*, arn:aws:iam::123456789012:role/*.
func nameless(arn string) bool {
	if wildcards(arn, "") {
		return true
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		// It ends before the name: arn:aws:sqs:*.
		return parts[0] == "arn" && strings.HasSuffix(arn, "*")
	}
	service, resource := parts[2], parts[5]
	if wildcards(resource, "/:") {
		return true
	}
	i := strings.IndexAny(resource, "/:")
	if i < 0 || untyped[service] || unforeseen[service+":"+resource[:i]] {
		return false
	}
	return wildcards(resource[i:], "/:")
}

// wildcards tells whether text is made of wildcards alone, and of separators.
func wildcards(text, separators string) bool {
	return strings.ContainsAny(text, "*?") && strings.Trim(text, "*?"+separators) == ""
}

// starOnly are actions for which IAM knows no resource, so that a policy has
// to say "*" (AWS service authorization reference, the entries without a
// resource type).
var starOnly = map[string]bool{
	"ecr:GetAuthorizationToken":        true,
	"ecs:DeregisterTaskDefinition":     true,
	"s3:ListAllMyBuckets":              true,
	"sts:GetCallerIdentity":            true,
	"ssmmessages:CreateControlChannel": true,
	"ssmmessages:CreateDataChannel":    true,
	"ssmmessages:OpenControlChannel":   true,
	"ssmmessages:OpenDataChannel":      true,
}

// nameable are those actions whose resources could have been named. Looking
// things up (Describe, List) mostly can't be limited, and changes nothing.
func nameable(actions []any) []string {
	var out []string
	for _, a := range actions {
		action := str(a)
		_, verb, _ := strings.Cut(action, ":")
		if starOnly[action] || strings.HasPrefix(verb, "Describe") || strings.HasPrefix(verb, "List") {
			continue
		}
		out = append(out, action)
	}
	return out
}
