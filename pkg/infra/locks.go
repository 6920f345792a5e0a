package infra

import (
	"context"
	"errors"
	"fmt"
)

// ErrLockLost reports that somebody else has the stack's lock by now: it was
// removed by hand, or taken over while this process was paused for so long that
// it counted as dead. The operation has stopped writing; the next one finds out
// what came of what it had in flight.
var ErrLockLost = errors.New("the stack's lock was removed or taken over by somebody else while this operation ran; " +
	"it has stopped, and the next one finds out what came of what was in flight")

// Life says whether the owner of a lock can still be running.
type Life string

// What can be known about a lock's owner.
const (
	// OwnerAlive: the owner's process runs, or its heartbeat is fresh.
	OwnerAlive Life = "alive"
	// OwnerGone: the owner's process has ended, or its heartbeat has stopped.
	OwnerGone Life = "gone"
	// OwnerUnknown: nothing can be told, as of a lock on another machine that
	// was taken by a tool that keeps no heartbeat.
	OwnerUnknown Life = "unknown"
)

// Lock is one lock of a stack, with what is known about its owner.
type Lock struct {
	// Owner is who took it.
	Owner LockedError
	// Life says whether the owner can still be running, Why how that is known.
	Life Life
	Why  string
}

// LockKeeper is an EngineStack that can look at its locks one by one.
type LockKeeper interface {
	// Locks lists the stack's locks, oldest first.
	Locks(ctx context.Context) ([]Lock, error)
}

// Locks lists the stack's locks, oldest first, with what is known about each
// owner. Engines that can't tell return an error.
func (s *Stack) Locks(ctx context.Context) (locks []Lock, err error) {
	err = s.locked("locks", func(e EngineStack) error {
		k, ok := e.(LockKeeper)
		if !ok {
			return fmt.Errorf("the stack's engine (%T) can't list locks", e)
		}
		locks, err = k.Locks(ctx)
		return err
	})
	return locks, err
}

// LockTakenOver says that the lock of an operation that is no longer running
// was removed, so that this one can go on.
type LockTakenOver struct{ Lock }

func (LockTakenOver) isEvent() {}

// String is the line for people.
func (e LockTakenOver) String() string {
	return fmt.Sprintf("took over the lock of %s: %s", e.Owner.Owner(), e.Why)
}
