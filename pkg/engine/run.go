package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/display"
	pulumi "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/util/cancel"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/constant"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/result"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// kinds names the verbs as Pulumi's history does.
var kinds = map[infra.Verb]apitype.UpdateKind{
	infra.VerbPreview: apitype.PreviewUpdate,
	infra.VerbUp:      apitype.UpdateUpdate,
	infra.VerbRefresh: apitype.RefreshUpdate,
	infra.VerbDestroy: apitype.DestroyUpdate,
}

// Run runs one operation to its end.
func (s *stack) Run(ctx context.Context, op infra.Operation) (infra.OperationResult, error) {
	var zero infra.OperationResult
	if _, ok := kinds[op.Verb]; !ok {
		return zero, fmt.Errorf("verb %q: want preview, up, refresh or destroy", op.Verb)
	}
	if err := ctx.Err(); err != nil {
		return zero, fmt.Errorf("%s: %w", op.Verb, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &run{stack: s, op: op, execKind: constant.ExecKindAutoInline}
	if err := r.all(ctx); err != nil {
		return infra.OperationResult{Changes: r.changes}, err
	}
	res := infra.OperationResult{Changes: r.changes}
	if r.dry {
		return res, nil
	}
	var err error
	res.Outputs, err = s.outputs(ctx, r.after)
	return res, err
}

// all runs the operation, under the stack's lock if it changes anything. The
// events end with a cancel event, whatever happens.
func (r *run) all(ctx context.Context) error {
	events := newPump(r.op.Events, r.tap)
	err := r.locked(ctx, events)
	// The lock is free by now: a slow reader holds up nobody else.
	events.end()
	<-events.done
	return err
}

func (r *run) locked(ctx context.Context, events *pump) (err error) {
	s := r.stack
	if r.op.Verb == infra.VerbPreview || r.op.DryRun {
		r.dry = true
		r.tellUntold()
		return r.do(ctx, events)
	}
	held, err := s.lock(ctx, r.tell)
	if err != nil {
		return err
	}
	r.held = held
	defer func() { err = errors.Join(err, held.release(context.WithoutCancel(ctx))) }()
	r.tellUntold()
	aside, err := s.store.recover(ctx)
	if err != nil {
		return err
	}
	if aside = cmp.Or(aside, s.aside); aside != "" {
		events.warn("The state was changed by another program after an operation was interrupted. " +
			"What that operation had finished is kept in " + aside)
		s.aside = ""
	}
	if err := s.resolvePending(ctx, held, infra.Repair{}, r.tell); err != nil {
		return err
	}
	if err := r.confirm(ctx); err != nil {
		return err
	}
	return r.do(ctx, events)
}

// run is one operation under way.
type run struct {
	stack *stack
	op    infra.Operation
	dry   bool
	// tune changes the engine's options, and tap sees its events before they
	// are converted; both may be nil.
	tune func(*pulumi.UpdateOptions)
	tap  func(pulumi.Event)
	// execKind says in the history who drives the engine.
	execKind string

	before  *state
	secrets secrets.Manager
	target  *deploy.Target
	journal *journal
	held    *heldLock
	host    atomic.Pointer[host]
	calls   *calls
	// after is the deployment that a changing operation left.
	after   *apitype.DeploymentV3
	changes map[apitype.OpType]int
}

// tell passes on what healing has done.
func (r *run) tell(e infra.Event) {
	if r.op.Notify != nil {
		r.op.Notify(e)
	}
}

// tellUntold tells what was healed as the stack was opened.
func (r *run) tellUntold() {
	for _, e := range r.stack.untold {
		r.tell(e)
	}
	r.stack.untold = nil
}

func (r *run) do(ctx context.Context, events *pump) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	start := time.Now()
	changes, err := r.drive(ctx, events)
	if lockErr := r.held.check(context.WithoutCancel(ctx)); lockErr != nil {
		// The state is somebody else's by now: nothing is written any more.
		return fmt.Errorf("%s: %w", r.op.Verb, lockErr)
	}
	if !r.dry {
		if saveErr := r.save(context.WithoutCancel(ctx), start, changes, err); saveErr != nil {
			err = errors.Join(err, saveErr)
		}
	}
	r.changes = countChanges(changes)
	return err
}

// prepare reads the state and makes the target that the engine works on.
func (r *run) prepare(ctx context.Context) error {
	s := r.stack
	st, err := s.store.load(ctx)
	if err != nil {
		return err
	}
	snap, err := s.store.snapshot(ctx, st, s.secrets)
	if err != nil {
		return err
	}
	var inState secrets.Manager
	if snap != nil {
		inState = snap.SecretsManager
	}
	settings, err := s.settings(ctx, inState)
	if err != nil {
		return err
	}
	// What the state's secrets are encrypted with stays: steps that change
	// nothing keep their ciphertexts.
	r.secrets = settings.secrets
	if inState != nil {
		r.secrets = inState
	} else if !r.dry {
		if err := ready(r.secrets); err != nil {
			return err
		}
	}
	r.before = st
	r.target = &deploy.Target{
		Name:         s.ref.Name(),
		Organization: "organization",
		Config:       settings.config,
		Decrypter:    settings.secrets.Decrypter(),
		Snapshot:     snap,
		Tags:         s.handle.Tags(),
	}
	return nil
}

// drive runs the engine. A cancelled context cancels gently, op.Abort at once.
func (r *run) drive(ctx context.Context, events *pump) (changes display.ResourceChanges, err error) {
	s := r.stack
	cancelCtx, source := cancel.NewContext(context.WithoutCancel(ctx))
	defer source.Terminate()
	engineCtx := &pulumi.Context{
		Cancel:        cancelCtx,
		Events:        events.in,
		BackendClient: backend.NewBackendClient(s.backend, s.secrets),
		SnapshotManagerCapabilities: pulumi.SnapshotManagerCapabilities{
			StateMigrations: true,
		},
	}
	if r.dry {
		engineCtx.SnapshotManager = noSnapshots{}
	} else {
		r.journal = s.newJournal(ctx, r)
		engineCtx.SnapshotManager, err = pulumi.NewJournalSnapshotManagerWithVersion(
			r.journal, r.target.Snapshot, r.secrets, apitype.LatestJournalVersion)
		if err != nil {
			return nil, fmt.Errorf("start journal: %w", err)
		}
		defer engineCtx.SnapshotManager.Close()
	}
	over := make(chan struct{})
	var naming sync.WaitGroup
	defer func() { close(over); naming.Wait() }() // nobody is told anything after this
	r.calls = newCalls(r.tell)
	go r.watch(ctx, source, over)
	naming.Go(func() { r.calls.watch(cmp.Or(r.op.SlowAfter, slowAfter), over) })
	if r.journal != nil {
		r.journal.mayHaveMade = r.mayHaveMade
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: the engine panicked: %v\n%s", r.op.Verb, p, debug.Stack())
		}
		if h := r.host.Load(); h != nil {
			// The engine closes the host too, but only after this returns.
			_ = h.Close()
		}
		err = r.word(ctx, events, err)
	}()
	info := pulumi.UpdateInfo{Root: s.root, Project: s.project, Target: r.target}
	opts := r.options()
	switch r.op.Verb {
	case infra.VerbRefresh:
		_, changes, err = pulumi.Refresh(info, engineCtx, opts, r.dry)
	case infra.VerbDestroy:
		_, changes, err = pulumi.Destroy(info, engineCtx, opts, r.dry)
	default:
		_, changes, err = pulumi.Update(info, engineCtx, opts, r.dry)
	}
	return changes, err
}

func (r *run) options() pulumi.UpdateOptions {
	parallel := r.op.Parallel
	if parallel <= 0 {
		// As the pulumi command does: most of a step is waiting.
		parallel = 4 * runtime.GOMAXPROCS(0)
	}
	opts := pulumi.UpdateOptions{
		Parallel:         int32(min(parallel, 1<<20)),
		Refresh:          r.op.Refresh,
		Targets:          deploy.NewUrnTargets(r.op.Targets),
		TargetDependents: r.op.TargetDependents,
		ReplaceTargets:   deploy.NewUrnTargets(r.op.Replace),
		ExecKind:         constant.ExecKindAutoInline,
		// A provider of this process is never installed; a plugin that is
		// missing is found missing when it is first asked for.
		SkipPluginPreInstall: true,
		HostFactory:          r.stack.hostFactory(r.calls, r.hostMade),
	}
	if r.tune != nil {
		r.tune(&opts)
	}
	return opts
}

// word makes an error of the engine fit to be read.
func (r *run) word(ctx context.Context, events *pump, err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-r.op.Abort:
		return fmt.Errorf("%s: aborted: %w", r.op.Verb, context.Canceled)
	default:
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: cancelled: %w", r.op.Verb, context.Canceled)
	}
	if result.IsBail(err) {
		err = events.failure(err)
	}
	return fmt.Errorf("%s: %w", r.op.Verb, err)
}
