package infra

import (
	"fmt"
	"time"
)

// Event is one thing that happened while an operation ran. The concrete types
// are the structs of this file.
type Event interface{ isEvent() }

// Resource names the resource of an event and what is being done to it.
type Resource struct {
	URN, Type, Name, Parent string
	// Op is the step. A replacement is OpReplace for the new copy, and OpDelete
	// with Replaced for the old one, before or after it.
	Op Op
	// Replaced says that this is the old copy of a replaced resource.
	Replaced bool
	// Structural marks the stack, components and providers.
	Structural bool
	// Planning says that nothing is done: the engine only works out what it would do.
	Planning bool
}

// OperationStarted is the first event of an operation.
type OperationStarted struct {
	Ref    Ref
	Verb   Verb
	DryRun bool
	At     time.Time
}

// ResourceStarted says that work on a resource began.
type ResourceStarted struct {
	Resource
	At time.Time
}

// ResourceDone says that work on a resource ended well.
type ResourceDone struct {
	Resource
	Elapsed time.Duration
}

// ResourceFailed says that work on a resource ended with an error.
type ResourceFailed struct {
	Resource
	Elapsed time.Duration
	// Err is the reason, as the OperationError will hold it.
	Err *ResourceError
}

// ResourceSlow names a resource that is still being worked on; it comes every
// 30 seconds for each.
type ResourceSlow struct {
	Resource
	Elapsed time.Duration
}

// CallSlow names a call that a provider has not answered; it comes every 30
// seconds. Creation, update, deletion and reading of a resource are steps of
// their own, which ResourceSlow names.
type CallSlow struct {
	// Provider is the package, such as aws; Call what it was asked for.
	Provider, Call string
	// About is the resource's URN or the function's token; empty for the
	// provider itself.
	About   string
	Elapsed time.Duration
}

// String is the line for people.
func (e CallSlow) String() string {
	return fmt.Sprintf("no answer from the provider %s for %s: %s", e.Provider, e.Elapsed.Round(time.Second), callText(e.Call, e.About))
}

// callText is "check of network-vpc (aws:ec2/vpc:Vpc)".
func callText(call, about string) string {
	switch {
	case about == "":
		return call
	case urnType(about) != "":
		return fmt.Sprintf("%s of %s (%s)", call, urnName(about), urnType(about))
	}
	return call + " " + about
}

// Diagnostic is a message of the engine, a provider or the program.
type Diagnostic struct {
	// URN is the resource that it is about, empty for none.
	URN string
	// Severity is debug, info, info#err, warning or error.
	Severity string
	Message  string
	// Ephemeral says that it reports progress and is of no interest afterwards.
	Ephemeral bool
}

// Download is the progress of a plugin's download or installation.
type Download struct {
	// Name is the plugin, Message what is being done.
	Name, Message string
	// Completed and Total are bytes; Total is 0 when not known.
	Completed, Total int64
	Done             bool
}

// WaitingForLock says that another operation's lock is being waited for.
type WaitingForLock struct{ LockWait }

// OperationDone is the last event of an operation.
type OperationDone struct {
	Ref     Ref
	Verb    Verb
	DryRun  bool
	Summary Summary
	Elapsed time.Duration
	// Err is the operation's error, nil when it ended well.
	Err error
}

func (OperationStarted) isEvent() {}
func (ResourceStarted) isEvent()  {}
func (ResourceDone) isEvent()     {}
func (ResourceFailed) isEvent()   {}
func (ResourceSlow) isEvent()     {}
func (CallSlow) isEvent()         {}
func (Diagnostic) isEvent()       {}
func (Download) isEvent()         {}
func (WaitingForLock) isEvent()   {}
func (OperationDone) isEvent()    {}
