package infra

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Stack is one open stack. Its methods may be called from any goroutine;
// operations on the same Stack run one after another.
type Stack struct {
	ref     Ref
	set     *settings
	program *program

	mu     sync.Mutex
	stack  EngineStack
	closed bool
}

// Result is what an operation has done.
type Result struct {
	// Diff holds the steps that were done. After a failure it holds those that succeeded.
	Diff *Diff
	// Outputs are the stack's outputs, secrets in the clear and marked.
	Outputs auto.OutputMap
	// Summary counts Diff's steps.
	Summary Summary
	// Elapsed is how long it took, waiting for a lock included.
	Elapsed time.Duration
}

// Open opens a stack for an inline program and creates it when the backend has
// none. It runs nothing. Errors: *FieldError (several are joined) for bad
// input, otherwise what the engine says.
func Open(ctx context.Context, ref Ref, main pulumi.RunFunc, opts ...Option) (*Stack, error) {
	set, err := newSettings(ref, main, opts)
	if err != nil {
		return nil, err
	}
	p := &program{main: main, extra: set.extra, transforms: set.transforms}
	es, err := set.engine.Open(ctx, EngineSpec{
		Ref: ref, State: set.state, Secrets: set.secrets, Program: p.run,
		Providers: set.providers, Finders: set.finders, RestoreState: set.restore, Config: set.config, PluginDir: set.pluginDir,
	})
	if err != nil {
		return nil, fmt.Errorf("open stack %s: %w", ref, err)
	}
	return &Stack{ref: ref, set: set, program: p, stack: es}, nil
}

// Ref names the stack.
func (s *Stack) Ref() Ref { return s.ref }

// ErrClosed reports the use of a stack after its Close.
var ErrClosed = errors.New("stack is closed")

// locked runs f while no other operation of this Stack runs.
func (s *Stack) locked(what string, f func(EngineStack) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fmt.Errorf("%s of %s: %w", what, s.ref, ErrClosed)
	}
	if err := f(s.stack); err != nil {
		return fmt.Errorf("%s of %s: %w", what, s.ref, err)
	}
	return nil
}

// Outputs are the outputs of the last update, secrets in the clear and marked.
func (s *Stack) Outputs(ctx context.Context) (out auto.OutputMap, err error) {
	err = s.locked("outputs", func(e EngineStack) error {
		out, err = e.Outputs(ctx)
		return err
	})
	return out, err
}

// Export returns the state as Pulumi's own deployment, secrets encrypted.
func (s *Stack) Export(ctx context.Context) (state apitype.UntypedDeployment, err error) {
	err = s.locked("export", func(e EngineStack) error {
		state, err = e.Export(ctx)
		return err
	})
	return state, err
}

// ImportState replaces the state by one that Export, or any Pulumi tool, gave.
func (s *Stack) ImportState(ctx context.Context, state apitype.UntypedDeployment) error {
	if len(state.Deployment) == 0 {
		return &FieldError{Field: "state", Value: "", Want: "a deployment, as Export gives it"}
	}
	return s.locked("import of the state", func(e EngineStack) error { return e.Import(ctx, state) })
}

// History lists past operations, newest first; limit 0 means all.
func (s *Stack) History(ctx context.Context, limit int) (h []auto.UpdateSummary, err error) {
	if limit < 0 {
		return nil, &FieldError{Field: "limit", Value: fmt.Sprint(limit), Want: "0 (all) or more"}
	}
	err = s.locked("history", func(e EngineStack) error {
		h, err = e.History(ctx, limit)
		return err
	})
	return h, err
}

// Cancel releases the locks of an operation that is no longer running. To end
// one that is running, cancel the context it was given.
func (s *Stack) Cancel(ctx context.Context) error {
	return s.locked("cancel", func(e EngineStack) error { return e.Cancel(ctx) })
}

// Remove deletes the stack and its history. It fails while the stack has
// resources: destroy them first.
func (s *Stack) Remove(ctx context.Context) error {
	return s.locked("remove", func(e EngineStack) error { return e.Remove(ctx) })
}

// Close frees what the stack holds in memory. It may be called twice.
func (s *Stack) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if err := s.stack.Close(); err != nil {
		return fmt.Errorf("close stack %s: %w", s.ref, err)
	}
	return nil
}
