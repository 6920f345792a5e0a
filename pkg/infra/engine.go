package infra

import (
	"context"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Engine opens stacks for this package. The engine of package engine runs in
// the caller's own process; StockCLI drives the ordinary pulumi command. The
// interface speaks in the Pulumi SDK's own types alone, so that neither
// implementation needs the other.
type Engine interface {
	// Open selects the stack that spec names, and creates it when its backend
	// holds none. It must not change anything else.
	Open(ctx context.Context, spec EngineSpec) (EngineStack, error)
}

// EngineSpec is everything an engine needs to know of one stack.
type EngineSpec struct {
	// Ref names the project and the stack.
	Ref Ref
	// State is the URL of the Pulumi backend, such as file:///home/me/.pilot/state.
	State string
	// Secrets says how secret values are encrypted at rest.
	Secrets Secrets
	// Program is the inline program.
	Program pulumi.RunFunc
	// Providers are served from this process instead of from a plugin.
	Providers []Provider
	// Finders look for what interrupted creations may have made, by package.
	Finders map[string]Finder
	// Config is the stack's configuration; keys carry their namespace ("aws:region").
	Config auto.ConfigMap
	// RestoreState has a damaged state replaced by the last good one.
	RestoreState bool
	// PluginDir, where set, is the only place that provider plugins are taken from.
	PluginDir string
}

// Secrets says how a stack's secret values are encrypted at rest.
type Secrets struct {
	// Provider is "passphrase" or the URL of a Pulumi secrets provider, such
	// as awskms://alias/pilot. Empty means "passphrase".
	Provider string
	// Passphrase returns the passphrase. It is called at most once for each
	// stack that is opened, and only when Provider is "passphrase".
	Passphrase func(ctx context.Context) (string, error)
	// KeyDir, where set, is a folder in which engine.New keeps the keys that it
	// derived from passphrases, which takes 0.1 s of processor time in each
	// process. Who can read it can read the stack's secrets: it has to be guarded
	// as well as the passphrase. Empty keeps none.
	KeyDir string
}

// Provider is a resource provider that is served from this process.
type Provider struct {
	// Name is the package that the provider serves, such as "pilot" or "aws".
	Name string
	// Version is the provider's semantic version without a leading v.
	Version string
	// New returns the server for one operation. It is closed at the
	// operation's end if it implements io.Closer.
	New func(ctx context.Context) (pulumirpc.ResourceProviderServer, error)
}

// Verb is what an operation does to a stack.
type Verb string

// The verbs of a stack's life.
const (
	VerbPreview Verb = "preview"
	VerbUp      Verb = "up"
	VerbRefresh Verb = "refresh"
	VerbDestroy Verb = "destroy"
)

// Operation is one run of the engine over a stack.
type Operation struct {
	// Verb is what to do. VerbPreview always leaves the state as it is.
	Verb Verb
	// DryRun makes VerbUp, VerbRefresh and VerbDestroy tell what they would do
	// and leave the state as it is.
	DryRun bool
	// Refresh reads the real resources before the operation proper.
	Refresh bool
	// Targets limits the operation to these URNs; empty means all.
	Targets []string
	// TargetDependents extends Targets to what depends on them.
	TargetDependents bool
	// Replace names URNs to be replaced even if nothing changed.
	Replace []string
	// Parallel is how many resources may be worked on at once; 0 means the engine's default.
	Parallel int
	// Message is kept in the stack's history.
	Message string
	// Events receives every engine event in order, secrets masked. It is
	// called from one goroutine and must not block; the last call carries the
	// CancelEvent that closes the stream. It may be nil.
	Events func(apitype.EngineEvent)
	// Notify hears what the engine did beside the operation proper, such as a
	// LockTakenOver, as it happens. It must not block; it may be nil.
	Notify func(Event)
	// Abort, when closed, ends the operation at once: calls in flight are
	// given up. A cancelled context is the gentle way: it finishes what is in
	// flight, saves and unlocks.
	Abort <-chan struct{}
	// CancelLimit is how long a cancelled operation may take to finish what is
	// in flight before it is aborted; 0 means 30 minutes. One whose context
	// has passed its deadline has at most 30 seconds.
	CancelLimit time.Duration
	// Confirm, where set, is called before anything is changed, under the stack's
	// lock where the engine holds it by itself; do runs an operation that changes
	// nothing. Its error ends the operation and is returned as it is.
	Confirm func(ctx context.Context, do func(context.Context, Operation) error) error
	// SlowAfter is after how long, and how often, a provider's call without an
	// answer is told to Notify as a CallSlow; 0 means 30 seconds.
	SlowAfter time.Duration
}

// OperationResult is what is known when an operation has ended without error.
type OperationResult struct {
	// Changes counts resources by what was (or, in a preview, would be) done.
	Changes map[apitype.OpType]int
	// Outputs are the stack's outputs afterwards; nil for a preview.
	Outputs auto.OutputMap
}

// EngineStack is one open stack. Its methods may be called one after another
// from any goroutine; different stacks may run side by side.
type EngineStack interface {
	// Run runs one operation to its end. Errors: ErrLocked (as *LockedError)
	// when somebody else's operation is under way, context.Canceled after a
	// gentle cancel, anything else as the engine says it.
	Run(ctx context.Context, op Operation) (OperationResult, error)
	// Outputs are the outputs of the last update, secrets in the clear and marked.
	Outputs(ctx context.Context) (auto.OutputMap, error)
	// Export returns the state as Pulumi's own deployment, secrets encrypted.
	Export(ctx context.Context) (apitype.UntypedDeployment, error)
	// Import replaces the state.
	Import(ctx context.Context, state apitype.UntypedDeployment) error
	// History lists past operations, newest first; limit 0 means all.
	History(ctx context.Context, limit int) ([]auto.UpdateSummary, error)
	// Cancel releases the locks of an operation that is no longer running.
	Cancel(ctx context.Context) error
	// Remove deletes the stack and its history. It fails while the stack has resources.
	Remove(ctx context.Context) error
	// Close frees what the stack holds in memory.
	Close() error
}
