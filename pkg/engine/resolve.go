package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	sdkresource "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// resolve finds out what came of one pending step and brings the snapshot in
// line. Its error is an *infra.UnresolvedError.
func (m *mender) resolve(ctx context.Context, op resource.Operation) (infra.Event, error) {
	p := infra.Pending{URN: string(op.Resource.URN), Type: string(op.Resource.Type), Doing: string(op.Type)}
	done := infra.PendingResolved{Pending: p, Outcome: infra.Cleared}
	if slices.Contains(m.how.Forget, p.URN) {
		return done, nil
	}
	var err error
	switch {
	case providers.IsProviderType(op.Resource.Type) || !op.Resource.Custom:
		// There is nothing real behind it.
	case op.Type == resource.OperationTypeCreating:
		err = m.creating(ctx, op, &done)
	case op.Type == resource.OperationTypeUpdating, op.Type == resource.OperationTypeDeleting:
		err = m.existing(ctx, op, &done)
	}
	if err == nil {
		return done, nil
	}
	if u, ok := errors.AsType[*infra.UnresolvedError](err); ok {
		u.Pending = p
		return nil, u
	}
	return nil, &infra.UnresolvedError{Pending: p, Err: err}
}

// provider starts the provider of a resource, with the configuration that the
// state holds for it.
func (m *mender) provider(ctx context.Context, res *resource.State) (p plugin.Provider, inputs resource.PropertyMap, err error) {
	ref, err := providers.ParseReference(res.Provider)
	if err != nil {
		return nil, nil, fmt.Errorf("its provider %q: %w", res.Provider, err)
	}
	i := slices.IndexFunc(m.snap.Resources, func(r *resource.State) bool { return r.URN == ref.URN() && r.ID == ref.ID() })
	if i < 0 {
		return nil, nil, fmt.Errorf("its provider %s is not in the state", ref.URN().Name())
	}
	err = m.bounded(ctx, func(ctx context.Context) error { return m.registry.Same(ctx, m.snap.Resources[i], false) })
	if err != nil {
		return nil, nil, err
	}
	p, ok := m.registry.GetProvider(ref)
	if !ok {
		return nil, nil, fmt.Errorf("its provider %s did not start", ref.URN().Name())
	}
	return p, m.snap.Resources[i].Inputs, nil
}

// creating looks for what an interrupted creation may have made.
func (m *mender) creating(ctx context.Context, op resource.Operation, done *infra.PendingResolved) error {
	finder := m.stack.spec.Finders[string(op.Resource.Type.Package())]
	id, given := m.how.Adopt[done.URN]
	if finder == nil && !given {
		return nil
	}
	p, config, err := m.provider(ctx, op.Resource)
	if err != nil {
		return err
	}
	found := []infra.Candidate{{ID: id, Import: true}}
	if !given {
		err := m.bounded(ctx, func(ctx context.Context) error {
			found, err = finder(ctx, infra.Unfinished{
				URN: done.URN, Type: done.Type, Name: op.Resource.URN.Name(),
				Inputs: plain(op.Resource.Inputs), Config: plain(config),
			}, invoker(p))
			return err
		})
		if err != nil {
			return err
		}
		done.Searched = true
	}
	var made []plugin.ReadResult
	var ids []string
	for _, c := range found {
		r, err := m.read(ctx, p, op.Resource, c)
		if err != nil {
			return err
		}
		if r.ID == "" || r.Outputs == nil || m.knows(op, string(r.ID)) || slices.Contains(ids, string(r.ID)) {
			continue
		}
		made, ids = append(made, r), append(ids, string(r.ID))
	}
	switch {
	case len(made) > 1:
		return &infra.UnresolvedError{IDs: ids}
	case len(made) == 1:
		m.adopt(op.Resource, made[0])
		done.Outcome, done.ID = infra.Adopted, ids[0]
	case given:
		return fmt.Errorf("there is no %s with the id %q, or the state knows it already", done.Type, id)
	}
	return nil
}

// read asks the provider for a candidate.
func (m *mender) read(ctx context.Context, p plugin.Provider, res *resource.State, c infra.Candidate) (r plugin.ReadResult, err error) {
	req := plugin.ReadRequest{URN: res.URN, Name: res.URN.Name(), Type: res.Type, ID: resource.ID(c.ID)}
	if !c.Import {
		req.Inputs = sdkresource.FromResourcePropertyMap(res.Inputs)
		req.State = req.Inputs
	}
	err = m.bounded(ctx, func(ctx context.Context) error {
		resp, err := p.Read(ctx, req)
		r = resp.ReadResult
		return err
	})
	return r, err
}

// adopt puts a thing that was made into the state.
func (m *mender) adopt(res *resource.State, r plugin.ReadResult) {
	now := time.Now().UTC()
	s := res.Copy()
	s.ID, s.Delete, s.PendingReplacement = r.ID, false, false
	s.Outputs = sdkresource.ToResourcePropertyMap(*r.Outputs)
	s.Created, s.Modified = &now, &now
	// The copy that it replaces is deleted when the next operation ends.
	if i := m.position(res.URN); i >= 0 {
		m.snap.Resources[i].Delete = true
	}
	m.snap.Resources = slices.DeleteFunc(m.snap.Resources, func(r *resource.State) bool {
		return r.URN == res.URN && r.PendingReplacement
	})
	m.snap.Resources = append(m.snap.Resources, s)
}

// existing reads a thing whose update or deletion was interrupted.
func (m *mender) existing(ctx context.Context, op resource.Operation, done *infra.PendingResolved) error {
	i := slices.IndexFunc(m.snap.Resources, func(r *resource.State) bool { return r.URN == op.Resource.URN && r.ID == op.Resource.ID })
	if i < 0 {
		return nil
	}
	old := m.snap.Resources[i]
	p, _, err := m.provider(ctx, old)
	if err != nil {
		return err
	}
	var r plugin.ReadResult
	err = m.bounded(ctx, func(ctx context.Context) error {
		resp, err := p.Read(ctx, plugin.ReadRequest{
			URN: old.URN, Name: old.URN.Name(), Type: old.Type, ID: old.ID,
			Inputs: sdkresource.FromResourcePropertyMap(old.Inputs), State: sdkresource.FromResourcePropertyMap(old.Outputs),
		})
		r = resp.ReadResult
		return err
	})
	if err != nil {
		return err
	}
	done.Searched, done.ID = true, string(old.ID)
	switch gone := r.ID == "" || r.Outputs == nil; {
	case gone && !m.needed(old.URN):
		m.snap.Resources = slices.Delete(m.snap.Resources, i, i+1)
		done.Outcome = infra.Removed
	case !gone && op.Type == resource.OperationTypeUpdating:
		// The inputs stay as they were before: the next operation then does
		// what is left of the update.
		old.Outputs = sdkresource.ToResourcePropertyMap(*r.Outputs)
	}
	return nil
}

// invoker calls the provider's functions for a finder.
func invoker(p plugin.Provider) infra.Invoke {
	return func(ctx context.Context, token string, args map[string]any) (map[string]any, error) {
		resp, err := p.Invoke(ctx, plugin.InvokeRequest{
			Tok:  tokens.ModuleMember(token),
			Args: sdkresource.FromResourcePropertyMap(sdkresource.NewPropertyMapFromMap(args)),
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", token, err)
		}
		if len(resp.Failures) > 0 {
			return nil, fmt.Errorf("%s: %s: %s", token, resp.Failures[0].Property, resp.Failures[0].Reason)
		}
		return plain(sdkresource.ToResourcePropertyMap(resp.Properties)), nil
	}
}

// plain gives properties as ordinary values, secrets in the clear.
func plain(m resource.PropertyMap) map[string]any {
	var reveal func(v resource.PropertyValue) (any, bool)
	reveal = func(v resource.PropertyValue) (any, bool) {
		switch {
		case v.IsSecret():
			return v.SecretValue().Element.MapRepl(nil, reveal), true
		case v.IsOutput():
			return v.OutputValue().Element.MapRepl(nil, reveal), true
		}
		return nil, false
	}
	return m.MapRepl(nil, reveal)
}
