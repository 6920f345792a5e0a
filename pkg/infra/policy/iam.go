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
		if action := str(a); action == "*" || strings.HasSuffix(action, ":*") {
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
		if str(r) != "*" {
			continue
		}
		if broad := nameable(actions); len(broad) > 0 {
			out = append(out, finding{fmt.Sprintf("it allows %s on every resource", strings.Join(broad, ", ")), resourceFix})
		}
	}
	return out
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
