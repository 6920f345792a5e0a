package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/backend/diy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// runtimeName is the project runtime that the in-process host answers for.
const runtimeName = "inline"

// Engine opens stacks whose operations run in this process. The zero value is
// not usable; call New.
type Engine struct {
	root string
}

// Option changes what New returns.
type Option func(*Engine)

// WithRoot sets the directory that relative file assets of a program, and the
// working directory of provider plugins, are taken from. The default is the
// process's working directory at the time a stack is opened.
func WithRoot(dir string) Option {
	return func(e *Engine) { e.root = dir }
}

// New returns an engine that runs in this process.
func New(opts ...Option) *Engine {
	e := &Engine{}
	for _, opt := range opts {
		opt(e)
	}
	return e
}

var _ infra.Engine = (*Engine)(nil)

// Open selects the stack that spec names, and creates it when the backend
// holds none. Steps that an interrupted operation had finished but not yet
// folded into the state are folded now, unless somebody holds the stack's lock.
//
// Errors: a name or URL that is not valid says which; what the backend says is
// wrapped.
func (e *Engine) Open(ctx context.Context, spec infra.EngineSpec) (infra.EngineStack, error) {
	s, err := e.open(ctx, spec)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (e *Engine) open(ctx context.Context, spec infra.EngineSpec) (*stack, error) {
	if err := spec.Ref.Validate(); err != nil {
		return nil, err
	}
	root := e.root
	if root == "" {
		var err error
		if root, err = os.Getwd(); err != nil {
			root = os.TempDir()
		}
	}
	s, err := selectStack(ctx, spec, &workspace.Project{
		Name:    tokens.PackageName(spec.Ref.Project),
		Runtime: workspace.NewProjectRuntimeInfo(runtimeName, nil),
	}, root)
	if err == nil && s.handle == nil {
		err = s.create(ctx)
	}
	if err == nil {
		err = s.recover(ctx)
	}
	if err != nil {
		if s != nil {
			err = errors.Join(err, s.Close())
		}
		return nil, err
	}
	return s, nil
}

// selectStack opens the stack's backend. The stack's handle is nil when the
// backend holds no such stack.
func selectStack(ctx context.Context, spec infra.EngineSpec, project *workspace.Project, root string) (*stack, error) {
	b, err := openBackend(ctx, spec.State, project)
	if err != nil {
		return nil, err
	}
	ref, err := b.ParseStackReference("organization/" + spec.Ref.String())
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", spec.Ref, err)
	}
	st, err := openStore(ctx, spec.State, spec.Ref)
	if err != nil {
		return nil, fmt.Errorf("open state %s: %w", redactURL(spec.State), err)
	}
	s := &stack{
		spec:    spec,
		root:    root,
		project: project,
		backend: b,
		ref:     ref,
		store:   st,
		secrets: newSecretsProvider(spec.Secrets),
	}
	s.settings = s.specSettings
	err = st.verify(ctx, spec.RestoreState, func(e infra.Event) { s.untold = append(s.untold, e) })
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.handle, err = b.GetStack(ctx, ref); err != nil {
		return nil, errors.Join(fmt.Errorf("select stack %s: %w", spec.Ref, err), s.Close())
	}
	return s, nil
}

// create makes the stack in the backend; that somebody else made it meanwhile
// is no error.
func (s *stack) create(ctx context.Context) error {
	if err := s.free(ctx); err != nil {
		return err
	}
	deadline := time.Now().Add(createWait)
	for attempt := 1; ; attempt++ {
		handle, err := s.backend.CreateStack(ctx, s.ref, s.root, nil, nil)
		if err == nil {
			s.handle = handle
			return nil
		}
		err = s.lockError(ctx, err)
		// It may exist by now, and whoever made it may hold the lock already.
		if made, getErr := s.backend.GetStack(ctx, s.ref); getErr == nil && made != nil {
			s.handle = made
			return nil
		}
		// A lock that is gone by the time one looks leaves an error without a type.
		again := errors.Is(err, infra.ErrLocked) || attempt < createAttempts
		if !again || time.Now().After(deadline) {
			return fmt.Errorf("create stack %s: %w", s.spec.Ref, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10*time.Millisecond + rand.N(40*time.Millisecond)):
		}
	}
}

// createWait is how long the creation of a stack waits for somebody else who is
// making it: a few writes to the backend.
const createWait = 10 * time.Second

// createAttempts is how often any other error is met before it counts.
const createAttempts = 6

func openBackend(ctx context.Context, url string, project *workspace.Project) (diy.Backend, error) {
	if !diy.IsDIYBackendURL(url) {
		return nil, fmt.Errorf("state %q: want a file://, s3://, gs://, azblob:// or postgres:// URL", redactURL(url))
	}
	if err := makeStateDir(url); err != nil {
		return nil, err
	}
	// The backend reports a few warnings of its own; they must not reach the terminal.
	quiet := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
	b, err := diy.New(ctx, quiet, withOptions(url), project)
	if err != nil {
		return nil, &infra.StateError{URL: redactURL(url), Err: redactError(err, url)}
	}
	return b, nil
}
