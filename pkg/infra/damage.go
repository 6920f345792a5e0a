package infra

import (
	"fmt"
	"time"
)

// DamagedStateError reports a state that can't be read: it was cut off or
// overwritten. It is never used, and never replaced without being asked to.
type DamagedStateError struct {
	// Stack is "project/stack", File where the state lies.
	Stack, File string
	// LastGood is the newest whole copy, empty if there is none, and Taken when
	// it was written.
	LastGood string
	Taken    time.Time
	// Err is what is wrong.
	Err error
}

// Error names the damage, the last good copy and the way back to it.
func (e *DamagedStateError) Error() string {
	text := fmt.Sprintf("the state of %s is damaged, refusing to use it (%s: %v); ", e.Stack, e.File, e.Err)
	if e.LastGood == "" {
		return text + "there is no whole copy of it: put one back by hand"
	}
	return text + fmt.Sprintf("the last good one is of %s (%s); pilot repair --restore-state (infra.WithRestoredState) takes it",
		e.Taken.Format(time.RFC3339), e.LastGood)
}

// Unwrap gives what is wrong.
func (e *DamagedStateError) Unwrap() error { return e.Err }

// WithRestoredState has a damaged state replaced by the last good one as the
// stack is opened. The damaged one is kept beside it. A state that is not
// damaged is left alone.
func WithRestoredState() Option {
	return func(s *settings) error {
		s.restore = true
		return nil
	}
}

// StateRestored says that a damaged state was replaced by the last good one.
type StateRestored struct {
	// From is the copy that was taken, Damaged where the damaged one is kept.
	From, Damaged string
}

func (StateRestored) isEvent() {}

// String is the line for people.
func (e StateRestored) String() string {
	return fmt.Sprintf("restored the state from %s; the damaged one is kept as %s", e.From, e.Damaged)
}
