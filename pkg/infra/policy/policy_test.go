package policy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/policy"
)

// named is a caller's own rule: resources called "legacy" are not wanted.
type named struct{ panics bool }

func (named) Name() string  { return "no-legacy" }
func (named) About() string { return "Nothing is called legacy." }
func (n named) Check(in policy.Input) []policy.Violation {
	if n.panics {
		panic("rule is broken")
	}
	var out []policy.Violation
	for _, s := range in.Kept() {
		if s.Name == "legacy" {
			out = append(out, policy.Violation{URN: s.URN, Message: "it is called legacy", Fix: "find a better name"})
		}
	}
	return out
}

func diff() *infra.Diff {
	return &infra.Diff{Steps: []infra.Step{
		{Op: infra.OpCreate, Type: "aws:rds/instance:Instance", Name: "legacy", URN: "urn:pulumi:dev::acme::aws:rds/instance:Instance::legacy",
			Inputs: map[string]any{"publiclyAccessible": true, "storageEncrypted": true}},
	}}
}

func TestCheck(t *testing.T) {
	r, err := policy.Check(diff(), policy.WithRules(named{}))
	if err != nil {
		t.Fatal(err)
	}
	var ve *policy.ViolationError
	if !errors.As(r.Err(), &ve) || len(ve.Violations) != 2 {
		t.Fatalf("got %v", r.Err())
	}
	for _, want := range []string{"2 rule violations", "no-legacy: legacy: it is called legacy; find a better name", "public-database: legacy: "} {
		if !strings.Contains(ve.Error(), want) {
			t.Errorf("%q is not in\n%v", want, ve)
		}
	}
}

func TestWaivers(t *testing.T) {
	r, err := policy.Check(diff(), policy.WithRules(named{}), policy.Waive("public-database", "torn down on Friday"), policy.Waive("no-legacy", "its name"))
	if err != nil || r.Err() != nil || len(r.Waived) != 2 {
		t.Fatalf("%v, %+v", err, r)
	}
	if w := r.Waived[1]; w.Rule != "public-database" || w.Reason != "torn down on Friday" {
		t.Errorf("got %+v", w)
	}
	tests := []struct{ rule, reason, want string }{
		{"public-database", "  ", "reason to waive public-database"},
		{"public-databse", "x", `did you mean "public-database"?`},
		{"metadata", "x", `did you mean "metadata-v1"?`},
		{"zzzzzzzzzz", "x", "public-admin-port"},
	}
	for _, tt := range tests {
		_, err := policy.Check(diff(), policy.Waive(tt.rule, tt.reason))
		var fe *infra.FieldError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("waive %q for %q: got %v, want %q in it", tt.rule, tt.reason, err, tt.want)
		}
	}
}

func TestBadRules(t *testing.T) {
	if _, err := policy.Check(diff(), policy.WithRules(named{panics: true})); err == nil || !strings.Contains(err.Error(), "rule no-legacy panicked: rule is broken") {
		t.Errorf("got %v", err)
	}
	if _, err := policy.Check(diff(), policy.WithRules(named{}, named{})); err == nil {
		t.Error("a rule was accepted twice")
	}
	if _, err := policy.Check(nil); err == nil {
		t.Error("no diff was accepted")
	}
}
