package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/policy"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

// checkWaivers tells which waiver of a spec names no rule or gives no reason,
// before any work is done.
func checkWaivers(waivers map[string]string) error {
	for _, rule := range slices.Sorted(maps.Keys(waivers)) {
		_, err := policy.Check(&infra.Diff{}, policy.Waive(rule, waivers[rule]))
		var field *infra.FieldError
		switch {
		case errors.As(err, &field) && field.Value == rule:
			return fmt.Errorf("waive %q: want %s", rule, field.Want)
		case errors.As(err, &field):
			return fmt.Errorf("waive %q: the reason is %q: want %s", rule, waivers[rule], field.Want)
		case err != nil:
			return err
		}
	}
	return nil
}

// checkPolicy holds a diff against the rules, with the spec's waivers.
func checkPolicy(o *opened, diff *infra.Diff) (*policy.Report, error) {
	var opts []policy.Option
	for rule, reason := range o.Waivers {
		opts = append(opts, policy.Waive(rule, reason))
	}
	if p, ok := o.Platform.(stacks.Protector); ok {
		opts = append(opts, policy.Protected(p.Protected()))
	}
	report, err := policy.Check(diff, opts...)
	return report, usage(err)
}

// obeyPolicy stops what a rule forbids, and repeats what was waived.
func (s *session) obeyPolicy(c *cli.Context, o *opened, diff *infra.Diff) error {
	report, err := checkPolicy(o, diff)
	if err != nil {
		return err
	}
	for _, w := range report.Waived {
		s.say(c, "waived: %s (%s)", w.Violation, w.Reason)
	}
	var broken *policy.ViolationError
	if err := report.Err(); errors.As(err, &broken) {
		return &exitError{exitPolicy, err}
	}
	return nil
}

// warnOfViolations says in a preview what setup would refuse.
func (s *session) warnOfViolations(c *cli.Context, o *opened, diff *infra.Diff) error {
	report, err := checkPolicy(o, diff)
	if err != nil {
		return err
	}
	style := terminal.StyleOf(s.words(c))
	for _, v := range report.Violations {
		s.say(c, "%s%s", style.Warn("setup will refuse this: "), v)
	}
	return nil
}
