package infra

import (
	"errors"
	"fmt"
	"time"
)

// ErrLocked reports that another operation holds the stack's lock. The
// concrete error is a *LockedError that says whose it is.
var ErrLocked = errors.New("stack is locked")

// LockedError names the holder of a stack's lock.
type LockedError struct {
	// Stack is "project/stack".
	Stack string
	// User, Host and PID name the holder as it recorded itself.
	User, Host string
	PID        int
	// Since is when the lock was taken.
	Since time.Time
	// Detail is the backend's own message.
	Detail string
}

// Error names the holder and the way on.
func (e *LockedError) Error() string {
	who := "another operation"
	if e.User != "" || e.Host != "" {
		who = fmt.Sprintf("%s@%s (process %d) since %s", e.User, e.Host, e.PID, e.Since.Format(time.RFC3339))
	}
	return fmt.Sprintf("stack %s is locked by %s; wait for it to end, or use --wait-for-lock", e.Stack, who)
}

// Is makes errors.Is(err, ErrLocked) true.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }

// ResourceError is the failure of one resource.
type ResourceError struct {
	URN, Type string
	// Op is what was being done: create, update, delete, replace, read, refresh.
	Op  string
	Err error
}

// Error gives the operation, the resource's name and the reason.
func (e *ResourceError) Error() string {
	return fmt.Sprintf("%s %s: %v", e.Op, e.URN, e.Err)
}

// Unwrap gives the reason.
func (e *ResourceError) Unwrap() error { return e.Err }
