package infra

import (
	"context"
	"errors"
)

// unconfirmed is the error of an operation that was not begun.
type unconfirmed struct{ error }

func (e unconfirmed) Unwrap() error { return e.error }

// confirmation gives what an operation previews once it has the stack's lock:
// whoever had it before may have changed what was agreed to. A destroy is always
// previewed: the engine comes upon what is protected in the middle of it, when
// much is gone already. It is nil when there is nothing to hold the operation to.
func (s *Stack) confirmation(op Operation, heldTo *Diff, tell func(Event)) func(context.Context, func(context.Context, Operation) error) error {
	if heldTo == nil && op.Verb != VerbDestroy || dry(op) {
		return nil
	}
	return func(ctx context.Context, do func(context.Context, Operation) error) error {
		again := op
		again.Verb, again.DryRun = previewVerb(op.Verb), true
		c := newCollector(s.ref, again.Verb, tell)
		again.Events, again.Notify = s.both(c.handle), tell
		defer c.watch(s.set.slowAfter)()
		err := c.failure(ctx, again, do(ctx, again), s.program.err())
		s.program.begin(nil)
		if err == nil && heldTo != nil {
			err = heldTo.deviation(c.diff(false))
		}
		if err != nil {
			return unconfirmed{err}
		}
		return nil
	}
}

// confirmed takes the mark off the error of an operation that was not begun.
func confirmed(err error) (plain error, begun bool) {
	if no, ok := errors.AsType[unconfirmed](err); ok {
		return no.error, false
	}
	return err, true
}
