package engine

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/util/cancel"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// The bounds of a gentle cancellation: the slowest things of the clouds take
// half an hour to make, and a deadline that has passed is to be honoured.
const (
	cancelLimit   = 30 * time.Minute
	deadlineLimit = 30 * time.Second
)

// watch passes cancellation on until the operation is over.
func (r *run) watch(ctx context.Context, source *cancel.Source, over <-chan struct{}) {
	done := ctx.Done()
	var late <-chan time.Time
	for {
		select {
		case <-done:
			done = nil
			limit := cmp.Or(r.op.CancelLimit, cancelLimit)
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				limit = min(limit, deadlineLimit)
			}
			t := time.NewTimer(limit)
			defer t.Stop()
			late = t.C
			source.Cancel()
			continue
		case <-late:
		case <-r.op.Abort:
		case <-r.held.lostSignal():
		case <-over:
			return
		}
		r.giveUp(source, over)
		return
	}
}

// confirm has the caller look, under the lock, at what would be done.
func (r *run) confirm(ctx context.Context) error {
	if r.op.Confirm == nil {
		return nil
	}
	return r.op.Confirm(ctx, func(ctx context.Context, op infra.Operation) error {
		return (&run{stack: r.stack, op: op, execKind: r.execKind}).all(ctx)
	})
}

// slowAfter is after how long a provider's call without an answer is named.
const slowAfter = 30 * time.Second

// abortGrace is how long an aborted operation may take to end in order, before
// the engine is left behind.
const abortGrace = 10 * time.Second

// giveUp ends the operation at once. What is in flight stays in the state as
// pending: nobody knows what came of it.
func (r *run) giveUp(source *cancel.Source, over <-chan struct{}) {
	if r.journal != nil {
		r.journal.seal()
	}
	source.Cancel()
	if h := r.host.Load(); h != nil {
		h.abandon()
	}
	late := time.NewTimer(abortGrace)
	defer late.Stop()
	select {
	case <-late.C:
		source.Terminate()
	case <-over:
	}
}

// hostMade keeps the operation's host, which may come after an abort.
func (r *run) hostMade(h *host) {
	r.host.Store(h)
	select {
	case <-r.op.Abort:
		h.abandon()
	default:
	}
}

// mayHaveMade tells whether a creation that failed may have made something all
// the same, and whether the next operation can look for it.
func (r *run) mayHaveMade(urn resource.URN) bool {
	return r.stack.spec.Finders[string(urn.Type().Package())] != nil && r.calls.isUnsure(string(urn))
}
