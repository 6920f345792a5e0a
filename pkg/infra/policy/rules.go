package policy

import (
	"github.com/pilot-framework/pilot/pkg/infra"
)

// Builtin are the rules that Check always runs.
func Builtin() []Rule {
	return []Rule{
		perResource{"public-admin-port", "Ports for administration are not open to the whole internet.", publicPort},
		perResource{"public-database", "Databases have no public address.", publicDatabase},
		perResource{"unencrypted-storage", "Disks and databases are encrypted at rest.", unencrypted},
		perResource{"metadata-v1", "Machines answer version 2 of the instance metadata service only.", metadataV1},
		perResource{"wildcard-iam", "Permissions name their actions and resources.", wildcardIAM},
		missingBackup{},
		databaseLoss{},
	}
}

// perResource is a rule that judges each resource by itself.
type perResource struct {
	name, about string
	judge       func(s infra.Step) []finding
}

// finding is a violation whose rule and resource are known from the context.
type finding struct{ message, fix string }

func (r perResource) Name() string  { return r.name }
func (r perResource) About() string { return r.about }

func (r perResource) Check(in Input) []Violation {
	var out []Violation
	for _, s := range in.Kept() {
		for _, f := range r.judge(s) {
			out = append(out, Violation{URN: s.URN, Message: f.message, Fix: f.fix})
		}
	}
	return out
}

// get finds a nested input: strings are keys, ints are indexes. It gives nil
// for what is not there, and a Marker for what can't be seen.
func get(v any, path ...any) any {
	for _, p := range path {
		switch x := v.(type) {
		case infra.Marker:
			return x
		case map[string]any:
			key, _ := p.(string)
			v = x[key]
		case []any:
			i, ok := p.(int)
			if !ok || i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// hidden tells whether a value is secret or not known yet.
func hidden(v any) bool {
	_, ok := v.(infra.Marker)
	return ok
}

// list gives a value's elements; a single value is a list of one.
func list(v any) []any {
	switch v := v.(type) {
	case nil, infra.Marker:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func str(v any) string {
	s, _ := v.(string)
	return s
}

// yes and no read a boolean, which some providers take as text. Both are false
// for what is not there or can't be seen.
func yes(v any) bool { return v == true || v == "true" }
func no(v any) bool  { return v == false || v == "false" }

func number(v any) (float64, bool) {
	f, ok := v.(float64)
	return f, ok
}
