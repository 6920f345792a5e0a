package cloudsim

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// policyDocument is an IAM policy in its normal form.
// Source: IAM user guide, "Grammar of the IAM JSON policy language".
type policyDocument struct {
	Version    string            `json:"Version,omitempty"`
	ID         string            `json:"Id,omitempty"`
	Statements []policyStatement `json:"Statement"`
}

type policyStatement struct {
	Sid           string `json:"Sid,omitempty"`
	Effect        string `json:"Effect,omitempty"`
	Actions       any    `json:"Action,omitempty"`
	NotActions    any    `json:"NotAction,omitempty"`
	Resources     any    `json:"Resource,omitempty"`
	NotResources  any    `json:"NotResource,omitempty"`
	Principals    any    `json:"Principal,omitempty"`
	NotPrincipals any    `json:"NotPrincipal,omitempty"`
	Conditions    any    `json:"Condition,omitempty"`
}

// checkPolicy applies the grammar's rules to a policy that is given as JSON: a
// trust policy names principals and no resources, an identity's policy the
// reverse.
func checkPolicy(c *call, path string, trust bool) []problem {
	value := text(c.in, path)
	var raw struct {
		Version   string
		Statement json.RawMessage
	}
	if value == "" || json.Unmarshal([]byte(value), &raw) != nil {
		return nil // absent, unknown, or reported as invalid JSON already
	}
	statements := statementsOf(raw.Statement)
	if len(statements) == 0 {
		return []problem{{path, "MalformedPolicyDocument: the policy has no Statement"}}
	}
	if raw.Version != "" && raw.Version != "2012-10-17" && raw.Version != "2008-10-17" {
		return []problem{{path, fmt.Sprintf("MalformedPolicyDocument: Version %q: want 2012-10-17", raw.Version)}}
	}
	for i, s := range statements {
		bad := ""
		switch {
		case s.Effect != "Allow" && s.Effect != "Deny":
			bad = fmt.Sprintf("Effect %q: want Allow or Deny", s.Effect)
		case s.Actions == nil && s.NotActions == nil:
			bad = "it has neither Action nor NotAction"
		case trust && s.Principals == nil && s.NotPrincipals == nil:
			bad = "a trust policy needs a Principal"
		case trust && (s.Resources != nil || s.NotResources != nil):
			bad = "a trust policy has no Resource"
		case !trust && (s.Principals != nil || s.NotPrincipals != nil):
			bad = "an identity's policy has no Principal"
		case !trust && s.Resources == nil && s.NotResources == nil:
			bad = "it has neither Resource nor NotResource"
		}
		if bad != "" {
			return []problem{{path, fmt.Sprintf("MalformedPolicyDocument: statement %d: %s", i+1, bad)}}
		}
	}
	return nil
}

func statementsOf(raw json.RawMessage) []policyStatement {
	var list []policyStatement
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	var one policyStatement
	if json.Unmarshal(raw, &one) == nil {
		return []policyStatement{one}
	}
	return nil
}

// verifyTrust: a role or user of this account that a trust policy names exists.
func verifyTrust(c *call) error {
	var doc struct{ Statement json.RawMessage }
	if json.Unmarshal([]byte(text(c.out, "assumeRolePolicy")), &doc) != nil {
		return nil
	}
	for _, s := range statementsOf(doc.Statement) {
		principals, ok := s.Principals.(map[string]any)
		if !ok {
			continue
		}
		for _, p := range oneOrMore(principals["AWS"]) {
			mine := matches(`arn:[\w-]+:iam::`+c.at.account+`:(role|user)/.+`, p)
			if mine && c.find(tokenRole, p, "arn") == nil && c.find(tokenUser, p, "arn") == nil {
				return c.refuse(fault{400, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"%s"`}, p)
			}
		}
	}
	return nil
}

func oneOrMore(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, item := range v {
			if s, ok := item.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	return nil
}

// runPolicyDocument renders statements as JSON, as the data source does: one
// value stands alone, several are a sorted list.
func runPolicyDocument(c *call) (resource.PropertyMap, error) {
	doc := policyDocument{Version: firstText(text(c.in, "version"), "2012-10-17"), ID: text(c.in, "policyId"), Statements: []policyStatement{}}
	for _, path := range []string{"sourceJson", "sourcePolicyDocuments[]"} {
		if err := doc.merge(texts(c.in, path)); err != nil {
			return nil, err
		}
	}
	for _, v := range lookup(c.in, "statements[]") {
		if v.IsObject() {
			doc.add(statementFrom(v.ObjectValue()))
		}
	}
	for _, path := range []string{"overrideJson", "overridePolicyDocuments[]"} {
		if err := doc.merge(texts(c.in, path)); err != nil {
			return nil, err
		}
	}
	minified, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode the policy: %w", err)
	}
	c.urn = string(minified) // the id is made from the contents
	return resource.PropertyMap{
		"json": str(normalJSON(doc)), "minifiedJson": str(string(minified)), "id": str(c.random("id", digits, 10)),
	}, nil
}

func (d *policyDocument) merge(documents []string) error {
	for _, text := range documents {
		var other struct {
			Version, ID string
			Statement   json.RawMessage
		}
		if err := json.Unmarshal([]byte(text), &other); err != nil {
			return fmt.Errorf("merge a policy document: %w", err)
		}
		for _, s := range statementsOf(other.Statement) {
			d.add(s)
		}
	}
	return nil
}

// add appends a statement, in place of the one with the same Sid.
func (d *policyDocument) add(s policyStatement) {
	for i := range d.Statements {
		if s.Sid != "" && d.Statements[i].Sid == s.Sid {
			d.Statements[i] = s
			return
		}
	}
	d.Statements = append(d.Statements, s)
}

func statementFrom(m resource.PropertyMap) policyStatement {
	s := policyStatement{
		Sid: text(m, "sid"), Effect: firstText(text(m, "effect"), "Allow"),
		Actions: alone(texts(m, "actions[]")), NotActions: alone(texts(m, "notActions[]")),
		Resources: alone(texts(m, "resources[]")), NotResources: alone(texts(m, "notResources[]")),
		Principals: principalsFrom(m, "principals[]"), NotPrincipals: principalsFrom(m, "notPrincipals[]"),
	}
	conditions := map[string]map[string][]string{}
	for _, v := range lookup(m, "conditions[]") {
		if !v.IsObject() {
			continue
		}
		test := text(v.ObjectValue(), "test")
		if conditions[test] == nil {
			conditions[test] = map[string][]string{}
		}
		variable := text(v.ObjectValue(), "variable")
		conditions[test][variable] = append(conditions[test][variable], texts(v.ObjectValue(), "values[]")...)
	}
	if len(conditions) > 0 {
		all := map[string]map[string]any{}
		for test, variables := range conditions {
			all[test] = map[string]any{}
			for variable, values := range variables {
				all[test][variable] = alone(values)
			}
		}
		s.Conditions = all
	}
	return s
}

func principalsFrom(m resource.PropertyMap, path string) any {
	all := map[string][]string{}
	for _, v := range lookup(m, path) {
		if v.IsObject() {
			kind := text(v.ObjectValue(), "type")
			all[kind] = append(all[kind], texts(v.ObjectValue(), "identifiers[]")...)
		}
	}
	if len(all) == 0 {
		return nil
	}
	if ids := all["*"]; len(all) == 1 && len(ids) == 1 && ids[0] == "*" {
		return "*"
	}
	rendered := map[string]any{}
	for kind, ids := range all {
		rendered[kind] = alone(ids)
	}
	return rendered
}

func alone(values []string) any {
	switch len(values) {
	case 0:
		return nil
	case 1:
		return values[0]
	}
	values = slices.Clone(values)
	slices.Sort(values)
	slices.Reverse(values)
	return values
}
