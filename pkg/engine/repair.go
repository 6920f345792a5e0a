package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy/providers"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	pkgstack "github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// resolveLimit is how long a provider may take to answer about one pending step.
const resolveLimit = time.Minute

var _ infra.Repairer = (*stack)(nil)

// Repair resolves the pending steps under the stack's lock.
func (s *stack) Repair(ctx context.Context, how infra.Repair, tell func(infra.Event)) error {
	if tell == nil {
		tell = func(infra.Event) {}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	held, err := s.lock(ctx, tell)
	if err != nil {
		return err
	}
	aside, err := s.store.recover(ctx)
	s.aside = cmp.Or(aside, s.aside)
	if err == nil {
		err = s.store.checkSound(ctx)
	}
	if err == nil {
		err = s.resolvePending(ctx, held, how, tell)
	}
	return errors.Join(err, held.release(context.WithoutCancel(ctx)))
}

// resolvePending asks the providers what came of each pending step, and writes
// down what they say. The caller holds the stack's lock. What could be resolved
// is kept when something else can't be.
func (s *stack) resolvePending(ctx context.Context, held *heldLock, how infra.Repair, tell func(infra.Event)) error {
	st, err := s.store.load(ctx)
	if err != nil || st.deployment == nil {
		return err
	}
	if len(st.deployment.PendingOperations) == 0 {
		return nil
	}
	snap, err := s.store.snapshot(ctx, st, s.secrets)
	if err != nil {
		return err
	}
	m, err := s.newMender(ctx, snap, how)
	if err != nil {
		return err
	}
	defer m.close()
	var open []resource.Operation
	var events []infra.Event
	var errs []error
	for _, op := range snap.PendingOperations {
		e, err := m.resolve(ctx, op)
		if err != nil {
			open, errs = append(open, op), append(errs, err)
			continue
		}
		events = append(events, e)
	}
	snap.PendingOperations = open
	if len(events) > 0 {
		if err := s.writeSnapshot(context.WithoutCancel(ctx), held, st, snap); err != nil {
			return errors.Join(append(errs, err)...)
		}
		for _, e := range events {
			tell(e)
		}
	}
	return errors.Join(errs...)
}

// writeSnapshot replaces the checkpoint that st was read from.
func (s *stack) writeSnapshot(ctx context.Context, held *heldLock, st *state, snap *deploy.Snapshot) error {
	if err := snap.VerifyIntegrity(); err != nil {
		return fmt.Errorf("the repaired state is not sound, it was not written: %w", err)
	}
	d, version, features, err := pkgstack.SerializeDeploymentWithMetadata(ctx, snap, false)
	if err != nil {
		return fmt.Errorf("write the repaired state: %w", err)
	}
	data, err := s.store.encodeCheckpoint(st.key, apitype.TypedDeployment{Deployment: d, Version: version, Features: features})
	if err != nil {
		return err
	}
	if err := held.check(ctx); err != nil {
		return err
	}
	return s.store.writeCheckpoint(ctx, st.key, data)
}

// mender resolves the pending steps of one snapshot.
type mender struct {
	stack    *stack
	snap     *deploy.Snapshot
	how      infra.Repair
	host     *host
	registry *providers.Registry
	context  *plugin.Context
}

func (s *stack) newMender(ctx context.Context, snap *deploy.Snapshot, how infra.Repair) (*mender, error) {
	quiet := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
	m := &mender{stack: s, snap: snap, how: how}
	made, err := s.hostFactory(newCalls(func(infra.Event) {}), func(h *host) { m.host = h })(context.WithoutCancel(ctx), quiet, quiet, nil)
	if err != nil {
		return nil, err
	}
	m.context, err = plugin.NewContextWithRoot(context.WithoutCancel(ctx), quiet, quiet, made, s.root, s.root,
		nil, false, nil, nil, nil, nil, nil)
	if err != nil {
		return nil, errors.Join(err, made.Close())
	}
	m.registry = providers.NewRegistry(m.context, false, nil)
	return m, nil
}

func (m *mender) close() { _ = m.host.Close() }

// bounded has f answer within resolveLimit, or until ctx ends.
func (m *mender) bounded(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, resolveLimit)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		m.host.abandon()
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fmt.Errorf("the provider gave no answer within %s", resolveLimit)
		}
		return ctx.Err()
	}
}

// position is where the state of a resource that lives is in the snapshot, or -1.
func (m *mender) position(urn resource.URN) int {
	return slices.IndexFunc(m.snap.Resources, func(r *resource.State) bool {
		return r.URN == urn && !r.Delete && !r.PendingReplacement
	})
}

// knows tells whether the state holds a thing already.
func (m *mender) knows(op resource.Operation, id string) bool {
	return slices.ContainsFunc(m.snap.Resources, func(r *resource.State) bool {
		return r.Type == op.Resource.Type && string(r.ID) == id
	})
}

// needed tells whether another resource depends on one.
func (m *mender) needed(urn resource.URN) bool {
	return slices.ContainsFunc(m.snap.Resources, func(r *resource.State) bool {
		if r.URN == urn {
			return false
		}
		for _, deps := range r.PropertyDependencies {
			if slices.Contains(deps, urn) {
				return true
			}
		}
		return r.Parent == urn || r.DeletedWith == urn || r.ViewOf == urn || slices.Contains(r.Dependencies, urn) || slices.Contains(r.ReplaceWith, urn)
	})
}
