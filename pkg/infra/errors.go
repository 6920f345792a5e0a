package infra

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// FieldError is one input that can't be used as it is.
type FieldError struct {
	// Field names the input as its giver knows it.
	Field string
	// Value is what was given. Secrets are never put here.
	Value string
	// Want says what would be right.
	Want string
}

// Error names the field, its value and what would be right.
func (e *FieldError) Error() string {
	return fmt.Sprintf("%s %q: want %s", e.Field, e.Value, e.Want)
}

// ErrEventsLost reports that the stock command ended well, but not all of its
// events arrived: what the result says is incomplete, the state is not.
var ErrEventsLost = errors.New("the operation ended well, but the engine's event stream was lost, so its result is incomplete; a preview tells what is there")

// ErrWrongPassphrase reports that the state's secrets were encrypted with another
// passphrase.
var ErrWrongPassphrase = errors.New("wrong passphrase")

// StateError tells that the place where the state is kept can't be used: it gives
// no answer, or refuses.
type StateError struct {
	// URL is the place, without a password.
	URL string
	// Err is the reason, without a password.
	Err error
}

// Error names the place, the reason and what to look at.
func (e *StateError) Error() string {
	return fmt.Sprintf("open state %s: %v\n  next: see that the address is right, that it can be reached from here, and that your credentials may read and write there", e.URL, e.Err)
}

// Unwrap returns the reason.
func (e *StateError) Unwrap() error { return e.Err }

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

// Owner names the holder in words.
func (e *LockedError) Owner() string {
	if e.User == "" && e.Host == "" {
		return "another operation"
	}
	return fmt.Sprintf("%s@%s (process %d)", e.User, e.Host, e.PID)
}

// Error names the holder and the way on.
func (e *LockedError) Error() string {
	who := e.Owner()
	if !e.Since.IsZero() {
		who += " since " + e.Since.Format(time.RFC3339)
	}
	return fmt.Sprintf("stack %s is locked by %s; wait for it to end (--wait-for-lock, infra.WithLockWait)", e.Stack, who)
}

// Is makes errors.Is(err, ErrLocked) true.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }

// ResourceError is the failure of one resource.
type ResourceError struct {
	URN, Type string
	// Op is what was being done: create, update, delete, replace, read,
	// refresh, import, or check when its inputs were refused.
	Op  string
	Err error
}

// Error gives the operation, the resource's type and name, and the reason.
func (e *ResourceError) Error() string {
	return fmt.Sprintf("%s %s %q: %v", e.Op, e.Type, urnName(e.URN), e.Err)
}

// Unwrap gives the reason.
func (e *ResourceError) Unwrap() error { return e.Err }

// ProviderGoneError reports that the process of a provider plugin ended in the
// middle of a call. What the call was about is pending in the state, and looked
// for by the next operation.
type ProviderGoneError struct {
	// Provider is the package, such as aws; Call what it was doing, and About the
	// resource's URN or the function's token, empty for the provider itself.
	Provider, Call, About string
	Err                   error
}

// Error names the provider and the call.
func (e *ProviderGoneError) Error() string {
	return fmt.Sprintf("the process of the provider %s ended in the middle of the %s", e.Provider, callText(e.Call, e.About))
}

// Unwrap gives what the connection said.
func (e *ProviderGoneError) Unwrap() error { return e.Err }

// ProgramError is a failure of the inline program itself.
type ProgramError struct{ Err error }

// Error gives the program's own error.
func (e *ProgramError) Error() string { return fmt.Sprintf("program: %v", e.Err) }

// Unwrap gives the program's own error.
func (e *ProgramError) Unwrap() error { return e.Err }

// PanicError is a panic in code that the caller gave us, contained.
type PanicError struct {
	// In says which code: "program", "progress function", "apply".
	In string
	// Value is what it panicked with.
	Value any
	// Where is the file and line that panicked, empty if not known.
	Where string
	// Stack is the goroutine's stack at that moment.
	Stack string
}

// Error gives the panic's value and place; Stack holds the rest.
func (e *PanicError) Error() string {
	if e.Where == "" {
		return fmt.Sprintf("%s panicked: %v", e.In, e.Value)
	}
	return fmt.Sprintf("%s panicked at %s: %v", e.In, e.Where, e.Value)
}

// Unwrap gives the value if it was an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// OperationError is the failure of a whole operation. errors.As finds the
// *ResourceError, *ProgramError and *PanicError inside.
type OperationError struct {
	// Verb is what was being done, Stack what it was done to ("project/stack").
	Verb  Verb
	Stack string
	// DryRun says that nothing was going to be changed.
	DryRun bool
	// Next says what to do now.
	Next string
	// Errs are the reasons, in the order in which they became known.
	Errs []error
}

// Error says in its first line what failed and what to do next, then gives one
// reason a line, each with what to do about it where that is known.
func (e *OperationError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s failed", e.Verb, e.Stack)
	if n := e.resources(); n > 0 {
		fmt.Fprintf(&b, " at %s", count(n, "resource"))
	}
	if e.Next != "" {
		b.WriteString("; " + e.Next)
	}
	for _, err := range e.Errs {
		b.WriteString("\n  " + strings.ReplaceAll(err.Error(), "\n", "\n    "))
		var r *ResourceError
		if errors.As(err, &r) && r.Cause().Next() != "" {
			b.WriteString("\n    next: " + r.Cause().Next())
		}
	}
	return b.String()
}

// Unwrap gives the reasons.
func (e *OperationError) Unwrap() []error { return e.Errs }

func (e *OperationError) resources() int {
	n := 0
	for _, err := range e.Errs {
		var r *ResourceError
		if errors.As(err, &r) {
			n++
		}
	}
	return n
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
