package engine

import (
	"cmp"
	"context"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"time"

	"gocloud.dev/gcerrors"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// foundLock is one lock file of a stack.
type foundLock struct {
	key     string
	file    lockFile
	written time.Time
	life    infra.Life
	why     string
}

func (l foundLock) error(stack string) *infra.LockedError {
	e := l.file.owner(stack)
	e.Detail = l.key + ": " + l.why
	return &e
}

// locks lists the stack's locks but the one at key except, oldest first.
func (s *store) locks(ctx context.Context, except string) ([]foundLock, error) {
	listed, err := s.list(ctx, s.lockDir()+"/")
	if err != nil {
		return nil, fmt.Errorf("list locks: %w", err)
	}
	var all []foundLock
	for _, obj := range listed {
		if obj.Key == except || path.Ext(obj.Key) == tempExt {
			continue // a write under way, or one that was cut off, is no lock
		}
		data, err := s.bucket.ReadAll(ctx, obj.Key)
		if gcerrors.Code(err) == gcerrors.NotFound {
			continue // released meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("read lock: %w", err)
		}
		l := foundLock{key: obj.Key, written: obj.ModTime}
		// What can't be read is a lock all the same, of an unknown owner.
		_ = json.Unmarshal(data, &l.file)
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b foundLock) int {
		return cmp.Or(a.file.Timestamp.Compare(b.file.Timestamp), cmp.Compare(a.key, b.key))
	})
	return all, nil
}

// judge finds out which owners can still be running.
func (s *store) judge(ctx context.Context, all []foundLock) error {
	for i := range all {
		l := &all[i]
		age := time.Since(l.written)
		// A clock that differs from the keeper's would make a live owner look
		// dead: where it matters, the keeper's own is asked.
		if l.file.Beat > 0 && age > beatStale {
			now, err := s.clock(ctx)
			if err != nil {
				return err
			}
			age = now.Sub(l.written)
		}
		l.life, l.why = l.file.life(age, s.dir != "")
	}
	return nil
}

// clock gives the time by the clock of the place that keeps the state.
func (s *store) clock(ctx context.Context) (time.Time, error) {
	key := path.Join(bookkeeping, "clock", crand.Text())
	if err := s.write(ctx, key, nil); err != nil {
		return time.Time{}, fmt.Errorf("ask for the time: %w", err)
	}
	a, err := s.bucket.Attributes(ctx, key)
	err = errors.Join(err, s.bucket.Delete(ctx, key))
	if err != nil {
		return time.Time{}, fmt.Errorf("ask for the time: %w", err)
	}
	return a.ModTime, nil
}

// heal removes the locks whose owners are gone. Each lock has a key of its own
// that is never used again, so that two healers can't remove a new one. It
// returns the first lock that has to be respected, or nil.
func (s *store) heal(ctx context.Context, tell func(infra.Event)) (*foundLock, error) {
	all, err := s.locks(ctx, "")
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if err := s.judge(ctx, all); err != nil {
		return nil, err
	}
	var held *foundLock
	for i, l := range all {
		if l.life != infra.OwnerGone {
			if held == nil {
				held = &all[i]
			}
			continue
		}
		err := s.bucket.Delete(ctx, l.key)
		if gcerrors.Code(err) == gcerrors.NotFound {
			continue // somebody else took it over
		}
		if err != nil {
			return nil, fmt.Errorf("remove the lock of %s: %w", l.error("").Owner(), err)
		}
		if tell != nil {
			tell(infra.LockTakenOver{Lock: l.known(s.ref.String())})
		}
	}
	return held, nil
}

func (l foundLock) known(stack string) infra.Lock {
	return infra.Lock{Owner: *l.error(stack), Life: l.life, Why: l.why}
}

// lockTries is how often contenders that got into each other's way try again.
const lockTries = 12

// acquire takes the stack's lock, in the way that Pulumi's own backend does:
// write a lock, and keep it if nobody else's is there then. Of several
// contenders all may see one another and step back, so they try again after
// pauses of different lengths. A lock whose owner is gone is removed, and tell,
// which may be nil, hears of it.
func (s *store) acquire(ctx context.Context, tell func(infra.Event)) (*heldLock, error) {
	for try := range lockTries {
		held, err := s.heal(ctx, tell)
		if err != nil {
			return nil, err
		}
		if held != nil {
			return nil, held.error(s.ref.String())
		}
		h := newHeldLock(s, path.Join(s.lockDir(), crand.Text()+".json"))
		if err := h.write(ctx); err != nil {
			return nil, errors.Join(err, h.remove(context.WithoutCancel(ctx)))
		}
		others, err := s.locks(ctx, h.key)
		if err == nil && len(others) == 0 {
			h.begin()
			return h, nil
		}
		if err = errors.Join(err, h.remove(context.WithoutCancel(ctx))); err != nil {
			return nil, err
		}
		if try == lockTries-1 {
			return nil, others[0].error(s.ref.String())
		}
		pause := time.NewTimer(10*time.Millisecond + rand.N(time.Duration(try+1)*30*time.Millisecond))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return nil, ctx.Err()
		}
	}
	return nil, errors.New("unreachable")
}
