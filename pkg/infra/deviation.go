package infra

import (
	"fmt"
	"strings"
)

// Deviation is one difference between what was agreed to and what would be done.
type Deviation struct {
	// URN is the resource, empty for the stack's outputs.
	URN string
	// What names the difference in words.
	What string
}

// DeviationError stops an apply before its first call: it would do something
// else than was agreed to.
type DeviationError struct {
	// Ref names the stack.
	Ref Ref
	// Deviations are all differences, in tree order.
	Deviations []Deviation
}

// deviationsShown keeps the message readable; Deviations has them all.
const deviationsShown = 20

// Error says that nothing was done, and lists the differences.
func (e *DeviationError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "stopped before the first change to %s: it would differ from what was agreed to in %s; preview again and agree to that",
		e.Ref, count(len(e.Deviations), "place"))
	for i, d := range e.Deviations {
		if i == deviationsShown {
			fmt.Fprintf(&b, "\n  and %d more", len(e.Deviations)-i)
			break
		}
		if d.URN == "" {
			fmt.Fprintf(&b, "\n  %s", d.What)
		} else {
			fmt.Fprintf(&b, "\n  %s %q: %s", urnType(d.URN), urnName(d.URN), d.What)
		}
	}
	return b.String()
}

// deviation compares what was agreed to with what would be done now. Secret
// values can't be compared: that a secret changes is seen, its value is not.
func (d *Diff) deviation(now *Diff) error {
	e := &DeviationError{Ref: d.Ref}
	agreed := byKey(d.Steps)
	found := byKey(now.Steps)
	for _, s := range now.Steps {
		was, ok := agreed[s.key()]
		switch {
		case !ok && s.Op == OpSame:
		case !ok:
			e.add(s.URN, "%s, which was not agreed to", s.Op)
		case was.Op != s.Op:
			e.add(s.URN, "agreed to %s, now %s%s", was.Op, s.Op, reasonText(s))
		default:
			e.compareSteps(was, s)
		}
	}
	for _, s := range d.Steps {
		if _, ok := found[s.key()]; !ok && s.Op != OpSame {
			e.add(s.URN, "agreed to %s, now nothing", s.Op)
		}
	}
	e.compareChanges("", "output ", d.Outputs, now.Outputs)
	if len(e.Deviations) == 0 {
		return nil
	}
	return e
}

func byKey(steps []Step) map[string]Step {
	m := make(map[string]Step, len(steps))
	for _, s := range steps {
		m[s.key()] = s
	}
	return m
}

func reasonText(s Step) string {
	if len(s.ReplaceReasons) == 0 {
		return ""
	}
	return " because of " + strings.Join(s.ReplaceReasons, ", ")
}

func (e *DeviationError) add(urn, format string, args ...any) {
	e.Deviations = append(e.Deviations, Deviation{URN: urn, What: fmt.Sprintf(format, args...)})
}

func (e *DeviationError) compareSteps(was, now Step) {
	if was.Op == OpSame || was.Op == OpDelete {
		return
	}
	before := len(e.Deviations)
	e.compareChanges(now.URN, "", was.Properties, now.Properties)
	if len(e.Deviations) > before {
		return // the inputs would only say the same again
	}
	for _, c := range compare("", any(was.Inputs), any(now.Inputs), true, true) {
		e.add(now.URN, "%s: agreed to %s, now %s", c.Path, valueText(c.Old, 60), valueText(c.New, 60))
	}
}

func (e *DeviationError) compareChanges(urn, noun string, was, now []PropertyChange) {
	agreed := map[string]PropertyChange{}
	for _, p := range was {
		agreed[p.Path] = p
	}
	for _, p := range now {
		a, ok := agreed[p.Path]
		delete(agreed, p.Path)
		switch {
		case !ok:
			e.add(urn, "%s%s changes from %s to %s, which was not agreed to", noun, p.Path, valueText(p.Old, 60), valueText(p.New, 60))
		case canonical(a.New) != canonical(p.New):
			e.add(urn, "%s%s: agreed to %s, now %s", noun, p.Path, valueText(a.New, 60), valueText(p.New, 60))
		case canonical(a.Old) != canonical(p.Old):
			e.add(urn, "%s%s: was %s when agreed to, is %s now", noun, p.Path, valueText(a.Old, 60), valueText(p.Old, 60))
		case a.Kind != p.Kind:
			e.add(urn, "%s%s: agreed to %s, now %s", noun, p.Path, a.Kind, p.Kind)
		}
	}
	for _, p := range was {
		if _, left := agreed[p.Path]; left {
			e.add(urn, "%s%s no longer changes to %s", noun, p.Path, valueText(p.New, 60))
		}
	}
}
