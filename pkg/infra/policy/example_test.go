package policy_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/policy"
)

// smallDisks is a rule of a caller's own.
type smallDisks struct{ limit float64 }

func (smallDisks) Name() string  { return "small-disks" }
func (smallDisks) About() string { return "a database has no more than 100 GiB" }

func (r smallDisks) Check(in policy.Input) (out []policy.Violation) {
	for _, s := range in.Kept() {
		if s.Type != "aws:rds/instance:Instance" {
			continue
		}
		if size, ok := s.Inputs["allocatedStorage"].(float64); ok && size > r.limit {
			out = append(out, policy.Violation{
				URN: s.URN, Message: fmt.Sprintf("%v GiB of storage", size), Fix: fmt.Sprintf("at most %v", r.limit),
			})
		}
	}
	return out
}

func ExampleCheck() {
	diff := &infra.Diff{Steps: []infra.Step{{
		Op:  infra.OpCreate,
		URN: "urn:pulumi:prod::acme::aws:rds/instance:Instance::db", Type: "aws:rds/instance:Instance", Name: "db",
		Inputs: map[string]any{"allocatedStorage": 500.0, "storageEncrypted": true, "publiclyAccessible": false},
	}}}
	report, err := policy.Check(diff, policy.WithRules(smallDisks{100}))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range report.Violations {
		fmt.Println(v.Rule, "-", v.Message, "-", v.Fix)
	}
	// Output: small-disks - 500 GiB of storage - at most 100
}
