package infra

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// run runs one operation: it waits for a lock, turns events into a diff, and
// errors into this package's own.
func (s *Stack) run(ctx context.Context, op Operation, adopt *adoption) (*Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runLocked(ctx, op, adopt)
}

func (s *Stack) runLocked(ctx context.Context, op Operation, adopt *adoption) (*Result, error) {
	return s.runAll(ctx, op, adopt, nil)
}

// runHeld runs a changing operation that is held to a diff, if there is one.
func (s *Stack) runHeld(ctx context.Context, op Operation, heldTo *Diff) (*Result, error) {
	return s.runAll(ctx, op, nil, heldTo)
}

func (s *Stack) runAll(ctx context.Context, op Operation, adopt *adoption, heldTo *Diff) (*Result, error) {
	if s.closed {
		return nil, fmt.Errorf("%s of %s: %w", op.Verb, s.ref, ErrClosed)
	}
	op.Parallel, op.SlowAfter = s.set.parallel, s.set.slowAfter
	start := time.Now()
	p := newProgress(s.set.progress)
	p.send(OperationStarted{Ref: s.ref, Verb: op.Verb, DryRun: dry(op), At: start})

	var c *collector
	var done OperationResult
	begun := true
	err := s.whileLocked(ctx, p, func() error {
		c = newCollector(s.ref, op.Verb, p.send)
		op.Events, op.Notify = s.both(c.handle), p.send
		op.Confirm = s.confirmation(op, heldTo, p.send)
		s.program.begin(adopt)
		defer c.watch(s.set.slowAfter)()
		var err error
		done, err = s.stack.Run(ctx, op)
		if err, begun = confirmed(err); !begun {
			return err
		}
		return c.failure(ctx, op, err, s.program.err())
	})

	d := c.diff(!dry(op))
	res := &Result{Diff: d, Outputs: done.Outputs, Summary: d.Summary, Elapsed: time.Since(start)}
	p.send(OperationDone{Ref: s.ref, Verb: op.Verb, DryRun: dry(op), Summary: d.Summary, Elapsed: res.Elapsed, Err: err})
	if perr := p.close(); perr != nil {
		perr = fmt.Errorf("%s of %s: %w", op.Verb, s.ref, perr)
		if err == nil {
			err = perr
		} else {
			err = errors.Join(err, perr)
		}
	}
	if !begun {
		return nil, err
	}
	return res, err
}

// both hands events to the log as well, if there is one.
func (s *Stack) both(handle func(apitype.EngineEvent)) func(apitype.EngineEvent) {
	if s.set.raw == nil {
		return handle
	}
	return func(e apitype.EngineEvent) {
		s.set.raw(e)
		handle(e)
	}
}

func dry(op Operation) bool { return op.DryRun || op.Verb == VerbPreview }

// The pauses between two tries for a lock. They carry jitter, or contenders
// that met once would meet again each time.
const (
	firstLockPause = 200 * time.Millisecond
	maxLockPause   = 5 * time.Second
)

// whileLocked calls f until it ends with another error than ErrLocked, or the
// time that the caller wants to wait is over.
func (s *Stack) whileLocked(ctx context.Context, p *progress, f func() error) error {
	start := time.Now()
	pause := firstLockPause
	for {
		err := f()
		var held *LockedError
		if err == nil || !errors.Is(err, ErrLocked) {
			return err
		}
		if !errors.As(err, &held) {
			held = &LockedError{Stack: s.ref.String(), Detail: err.Error()}
		}
		waited := time.Since(start)
		left := s.set.lockWait - waited
		if left <= 0 {
			if s.set.lockWait > 0 {
				return fmt.Errorf("gave up after waiting %s: %w", waited.Round(time.Second), err)
			}
			return err
		}
		w := LockWait{Holder: held, Waited: waited, Left: left}
		if !held.Since.IsZero() {
			w.Age = time.Since(held.Since)
		}
		p.send(WaitingForLock{w})
		if err := s.showLock(w); err != nil {
			return err
		}
		t := time.NewTimer(min(left, pause/2+rand.N(pause)))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return fmt.Errorf("cancelled while waiting for the lock of %s: %w", held.Owner(), ctx.Err())
		}
		pause = min(2*pause, maxLockPause)
	}
}

func (s *Stack) showLock(w LockWait) (err error) {
	if s.set.lockShow == nil {
		return nil
	}
	defer contain("lock progress function", &err)
	s.set.lockShow(w)
	return nil
}
