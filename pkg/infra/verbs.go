package infra

import (
	"context"
	"fmt"
	"strings"
)

// OpOption sets up one operation.
type OpOption func(*opSettings) error

type opSettings struct {
	op       Operation
	heldTo   *Diff
	heldPlan *Plan
}

// Targets limits the operation to these URNs.
func Targets(urns ...string) OpOption {
	return func(o *opSettings) error {
		o.op.Targets = append(o.op.Targets, urns...)
		return checkURNs("target", urns)
	}
}

// TargetDependents extends Targets to everything that depends on them.
func TargetDependents() OpOption {
	return func(o *opSettings) error {
		o.op.TargetDependents = true
		return nil
	}
}

// Replace has these URNs replaced even if nothing about them changed.
func Replace(urns ...string) OpOption {
	return func(o *opSettings) error {
		o.op.Replace = append(o.op.Replace, urns...)
		return checkURNs("replace", urns)
	}
}

// Message is kept in the stack's history.
func Message(text string) OpOption {
	return func(o *opSettings) error {
		o.op.Message = text
		return nil
	}
}

// WithRefresh reads the real resources before the operation proper, so that
// drift becomes part of it.
func WithRefresh() OpOption {
	return func(o *opSettings) error {
		o.op.Refresh = true
		return nil
	}
}

// WithAbort ends the operation at once when abort is closed: calls in flight
// are given up. Cancelling the context is the gentle way, which finishes what
// is in flight.
func WithAbort(abort <-chan struct{}) OpOption {
	return func(o *opSettings) error {
		o.op.Abort = abort
		return nil
	}
}

// WithAbortOfAll gives every operation of the stack this channel, as WithAbort
// does for one. WithAbort wins over it.
func WithAbortOfAll(abort <-chan struct{}) Option {
	return func(s *settings) error {
		s.abort = abort
		return nil
	}
}

// HeldTo holds Up (or Destroy) to the preview that somebody just agreed to. Once
// it has the stack's lock it is previewed once more, and if that differs from
// diff, the operation stops before its first call with a *DeviationError. The
// stock command takes the lock for itself alone: with StockCLI the preview comes
// just before that.
func HeldTo(diff *Diff) OpOption {
	return func(o *opSettings) error {
		if diff == nil {
			return &FieldError{Field: "held to", Value: "nil", Want: "the diff that Preview returned"}
		}
		o.heldTo = diff
		return nil
	}
}

// HeldToPlan holds Up (or Destroy) to a saved plan, and takes the plan's
// targets and replacements over. See HeldTo.
func HeldToPlan(plan *Plan) OpOption {
	return func(o *opSettings) error {
		if plan == nil || plan.Diff == nil {
			return &FieldError{Field: "held to plan", Value: "nil", Want: "a plan from NewPlan or LoadPlan"}
		}
		o.heldPlan = plan
		return nil
	}
}

func checkURNs(field string, urns []string) error {
	for _, u := range urns {
		if !strings.HasPrefix(u, "urn:pulumi:") {
			return &FieldError{Field: field, Value: u, Want: "a resource's URN, as a preview shows it: urn:pulumi:STACK::PROJECT::TYPE::NAME"}
		}
	}
	return nil
}

func (s *Stack) operation(verb Verb, dryRun bool, opts []OpOption) (*opSettings, error) {
	o := &opSettings{op: Operation{Verb: verb, DryRun: dryRun, Abort: s.set.abort}}
	for _, f := range opts {
		if err := f(o); err != nil {
			return nil, fmt.Errorf("%s of %s: %w", verb, s.ref, err)
		}
	}
	if o.heldPlan != nil {
		if o.heldPlan.Ref != s.ref {
			return nil, &FieldError{Field: "plan", Value: o.heldPlan.Ref.String(), Want: "a plan for the stack " + s.ref.String()}
		}
		o.op.Targets, o.op.TargetDependents = o.heldPlan.Targets, o.heldPlan.TargetDependents
		o.op.Replace, o.op.Refresh = o.heldPlan.Replace, o.heldPlan.Refresh
		o.heldTo = o.heldPlan.Diff
	}
	if o.heldTo != nil {
		if err := s.fits(o.heldTo, verb); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// fits tells whether a diff can hold an operation at all.
func (s *Stack) fits(d *Diff, verb Verb) error {
	if d.Ref != s.ref {
		return &FieldError{Field: "held to", Value: d.Ref.String(), Want: "a diff of the stack " + s.ref.String()}
	}
	if want := previewVerb(verb); d.Verb != want {
		return &FieldError{Field: "held to", Value: "a diff of " + string(d.Verb), Want: "a diff of " + string(want)}
	}
	return nil
}

// previewVerb is the verb that the preview of an operation runs under.
func previewVerb(verb Verb) Verb {
	if verb == VerbUp {
		return VerbPreview
	}
	return verb
}

// Preview tells what Up would do and leaves the state as it is. With an error
// it still returns what was found out before it.
func (s *Stack) Preview(ctx context.Context, opts ...OpOption) (*Diff, error) {
	return s.preview(ctx, VerbPreview, opts)
}

// PreviewDestroy tells what Destroy would do.
func (s *Stack) PreviewDestroy(ctx context.Context, opts ...OpOption) (*Diff, error) {
	return s.preview(ctx, VerbDestroy, opts)
}

// Drift reads the real resources and tells, property by property, where they
// differ from the state: Old is the state's value, New the real one. It is
// read-only: neither the resources nor the state change.
func (s *Stack) Drift(ctx context.Context, opts ...OpOption) (*Diff, error) {
	return s.preview(ctx, VerbRefresh, opts)
}

func (s *Stack) preview(ctx context.Context, verb Verb, opts []OpOption) (*Diff, error) {
	o, err := s.operation(verb, true, opts)
	if err != nil {
		return nil, err
	}
	if o.heldTo != nil {
		return nil, &FieldError{Field: "held to", Value: string(verb), Want: "Up or Destroy: a preview changes nothing that could be held"}
	}
	res, err := s.run(ctx, o.op, nil)
	if res == nil {
		return nil, err
	}
	return res.Diff, err
}

// Up brings the real resources to what the program says. With an error it
// still returns what was done before it.
func (s *Stack) Up(ctx context.Context, opts ...OpOption) (*Result, error) {
	return s.apply(ctx, VerbUp, opts)
}

// Refresh takes the real resources' state over into the stack's state.
func (s *Stack) Refresh(ctx context.Context, opts ...OpOption) (*Result, error) {
	return s.apply(ctx, VerbRefresh, opts)
}

// Destroy deletes all resources of the stack. If one of them is protected it
// fails before anything is deleted. The stack itself and its history stay:
// Remove deletes those.
func (s *Stack) Destroy(ctx context.Context, opts ...OpOption) (*Result, error) {
	return s.apply(ctx, VerbDestroy, opts)
}

func (s *Stack) apply(ctx context.Context, verb Verb, opts []OpOption) (*Result, error) {
	o, err := s.operation(verb, false, opts)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runHeld(ctx, o.op, o.heldTo)
}
