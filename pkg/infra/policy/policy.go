// Package policy checks rules against a preview, before anything is applied.
//
//	report, err := policy.Check(diff, policy.Protected(true), policy.Waive("public-database", "demo, torn down on Friday"))
//	if err != nil { ... }      // a waiver without a reason, a rule that does not exist
//	if err := report.Err(); err != nil { ... } // *policy.ViolationError
//
// A rule looks at what will be there after the apply, the unchanged resources
// too. A value that only the apply will tell can't be judged and passes.
package policy

import (
	"fmt"
	"sort"
	"strings"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// Rule is one thing that no stack should do. Callers add their own by
// implementing it and giving it to WithRules.
type Rule interface {
	// Name is what waivers call the rule: small letters, digits and hyphens.
	Name() string
	// About says in one sentence what the rule wants.
	About() string
	// Check returns a violation for each resource that breaks the rule. Rule
	// may be left out of a violation: Check fills it in.
	Check(in Input) []Violation
}

// Input is what a rule gets to see.
type Input struct {
	// Diff is the preview.
	Diff *infra.Diff
	// Protected says that the stack is one to be careful with, such as production.
	Protected bool
}

// Kept are the resources that will be there after the apply.
func (in Input) Kept() []infra.Step {
	var out []infra.Step
	for _, s := range in.Diff.Steps {
		if s.Op != infra.OpDelete && !s.Structural {
			out = append(out, s)
		}
	}
	return out
}

// Violation is one resource that breaks a rule.
type Violation struct {
	// Rule is the rule's name.
	Rule string `json:"rule"`
	// URN is the resource.
	URN string `json:"urn"`
	// Message says what is wrong, Fix what would be right.
	Message string `json:"message"`
	Fix     string `json:"fix"`
}

// String gives the violation on one line.
func (v Violation) String() string {
	name := v.URN
	if i := strings.LastIndex(name, "::"); i >= 0 {
		name = name[i+2:]
	}
	return fmt.Sprintf("%s: %s: %s; %s", v.Rule, name, v.Message, v.Fix)
}

// Waived is a violation that somebody gave a reason for.
type Waived struct {
	Violation
	Reason string `json:"reason"`
}

// Report is the result of a check.
type Report struct {
	// Violations stand, Waived do not. Both are sorted by rule and URN.
	Violations []Violation `json:"violations"`
	Waived     []Waived    `json:"waived"`
}

// Err is a *ViolationError if a violation stands.
func (r *Report) Err() error {
	if len(r.Violations) == 0 {
		return nil
	}
	return &ViolationError{Violations: r.Violations}
}

// ViolationError stops an apply.
type ViolationError struct{ Violations []Violation }

// Error says what to do, then gives one violation a line.
func (e *ViolationError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rule violations; mend them, or waive a rule by name with a reason", len(e.Violations))
	if len(e.Violations) == 1 {
		b.Reset()
		b.WriteString("1 rule violation; mend it, or waive the rule by name with a reason")
	}
	for _, v := range e.Violations {
		b.WriteString("\n  " + v.String())
	}
	return b.String()
}

// Option sets up a check.
type Option func(*options)

type options struct {
	protected bool
	rules     []Rule
	waivers   []Waiver
}

// Waiver lets one rule be broken, for a reason that the report repeats.
type Waiver struct {
	Rule   string `json:"rule" yaml:"rule"`
	Reason string `json:"reason" yaml:"reason"`
}

// Protected says that the stack is one to be careful with.
func Protected(on bool) Option { return func(o *options) { o.protected = on } }

// WithRules adds a caller's own rules to the built-in ones.
func WithRules(rules ...Rule) Option {
	return func(o *options) { o.rules = append(o.rules, rules...) }
}

// Waive waives one rule for a reason.
func Waive(rule, reason string) Option { return WithWaivers(Waiver{Rule: rule, Reason: reason}) }

// WithWaivers waives several rules.
func WithWaivers(w ...Waiver) Option {
	return func(o *options) { o.waivers = append(o.waivers, w...) }
}

// Check runs the built-in rules, and those of the caller, over a preview. Its
// error is about the waivers and rules themselves; violations are in the report.
func Check(d *infra.Diff, opts ...Option) (*Report, error) {
	if d == nil {
		return nil, &infra.FieldError{Field: "diff", Value: "nil", Want: "the diff that Preview returned"}
	}
	o := &options{rules: Builtin()}
	for _, f := range opts {
		f(o)
	}
	reasons, err := o.reasons()
	if err != nil {
		return nil, err
	}
	r := &Report{Violations: []Violation{}, Waived: []Waived{}}
	for _, rule := range o.rules {
		found, err := run(rule, Input{Diff: d, Protected: o.protected})
		if err != nil {
			return nil, err
		}
		for _, v := range found {
			v.Rule = rule.Name()
			if reason, ok := reasons[v.Rule]; ok {
				r.Waived = append(r.Waived, Waived{Violation: v, Reason: reason})
			} else {
				r.Violations = append(r.Violations, v)
			}
		}
	}
	sort.SliceStable(r.Violations, func(i, j int) bool { return before(r.Violations[i], r.Violations[j]) })
	sort.SliceStable(r.Waived, func(i, j int) bool { return before(r.Waived[i].Violation, r.Waived[j].Violation) })
	return r, nil
}

// run keeps a panic in a caller's rule from ending the process.
func run(rule Rule, in Input) (found []Violation, err error) {
	defer func() {
		if p := recover(); p != nil {
			found, err = nil, fmt.Errorf("rule %s panicked: %v", rule.Name(), p)
		}
	}()
	return rule.Check(in), nil
}

func before(a, b Violation) bool {
	if a.Rule != b.Rule {
		return a.Rule < b.Rule
	}
	return a.URN < b.URN
}

// reasons checks the rules' names and the waivers, and gives reasons by rule.
func (o *options) reasons() (map[string]string, error) {
	known := map[string]bool{}
	for _, r := range o.rules {
		if known[r.Name()] {
			return nil, &infra.FieldError{Field: "rule", Value: r.Name(), Want: "each rule name once"}
		}
		known[r.Name()] = true
	}
	reasons := map[string]string{}
	for _, w := range o.waivers {
		if !known[w.Rule] {
			return nil, &infra.FieldError{Field: "waiver", Value: w.Rule, Want: "the name of a rule" + nearest(w.Rule, known)}
		}
		if strings.TrimSpace(w.Reason) == "" {
			return nil, &infra.FieldError{Field: "reason to waive " + w.Rule, Value: w.Reason, Want: "why this stack may break the rule, for whoever reads it later"}
		}
		reasons[w.Rule] = w.Reason
	}
	return reasons, nil
}

// nearest proposes the rule that was probably meant, or lists all of them.
func nearest(name string, known map[string]bool) string {
	best, least := "", len(name)/2+1
	var all []string
	for k := range known {
		all = append(all, k)
	}
	sort.Strings(all)
	for _, k := range all {
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return ": " + strings.Join(all, ", ")
}

// distance is the number of single-letter edits between two names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
