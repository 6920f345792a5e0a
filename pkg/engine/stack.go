package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/backend/diy"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// stack is one open stack.
type stack struct {
	spec    infra.EngineSpec
	root    string
	project *workspace.Project
	backend diy.Backend
	ref     backend.StackReference
	handle  backend.Stack
	store   *store
	secrets *secretsProvider
	// settings gives the stack's configuration. state is the manager of the
	// secrets in the state, nil if it holds none yet.
	settings func(ctx context.Context, state secrets.Manager) (settings, error)
	// debugProviders gives the ports of providers that are already running.
	debugProviders map[string]int
	// pluginEnv is added to the environment of provider plugins.
	pluginEnv map[string]string

	// aside is where a journal was kept that did not belong to the state; the
	// next operation tells of it.
	aside string

	// mu lets one operation at a time through: the backend's lock tells
	// processes apart, not two callers of one stack.
	mu sync.Mutex
}

var _ infra.EngineStack = (*stack)(nil)

// lock takes the stack's lock in the backend. Its error is a *infra.LockedError
// when somebody else holds it.
func (s *stack) lock(ctx context.Context) error {
	if err := s.backend.Lock(ctx, s.ref); err != nil {
		return fmt.Errorf("lock stack %s: %w", s.spec.Ref, s.lockError(ctx, err))
	}
	return nil
}

func (s *stack) unlock(ctx context.Context) {
	// Unlock is not in the backend's interface, but each of its kind has it.
	if u, ok := s.backend.(interface {
		Unlock(context.Context, backend.StackReference)
	}); ok {
		u.Unlock(ctx, s.ref)
	}
}

// lockError turns the backend's message about a lock into a typed error.
func (s *stack) lockError(ctx context.Context, err error) error {
	holder, readErr := s.store.holder(context.WithoutCancel(ctx))
	if readErr != nil || holder == nil {
		return err
	}
	holder.Detail = err.Error()
	return holder
}

// recover folds a journal that an interrupted operation left, if nobody holds
// the stack's lock. Whoever holds it may still be writing the journal.
func (s *stack) recover(ctx context.Context) error {
	raw, err := s.store.readJournal(ctx)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	if len(raw) == 0 {
		return nil
	}
	if err := s.lock(ctx); err != nil {
		if errors.Is(err, infra.ErrLocked) {
			return nil
		}
		return err
	}
	defer s.unlock(context.WithoutCancel(ctx))
	aside, err := s.store.recover(ctx)
	if aside != "" {
		s.aside = aside
	}
	return err
}

// Outputs reads the outputs of the last update.
func (s *stack) Outputs(ctx context.Context) (auto.OutputMap, error) {
	st, err := s.store.load(ctx)
	if err != nil {
		return nil, err
	}
	return s.outputs(ctx, st.deployment)
}

// Export returns the state, with its secrets encrypted.
func (s *stack) Export(ctx context.Context) (apitype.UntypedDeployment, error) {
	st, err := s.store.load(ctx)
	if err != nil {
		return apitype.UntypedDeployment{}, err
	}
	data, err := json.Marshal(st.deployment)
	if err != nil {
		return apitype.UntypedDeployment{}, fmt.Errorf("encode state: %w", err)
	}
	return apitype.UntypedDeployment{Version: st.version, Features: st.features, Deployment: data}, nil
}

// Import replaces the state. It refuses a deployment it can't read.
func (s *stack) Import(ctx context.Context, d apitype.UntypedDeployment) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.recover(ctx); err != nil {
		return err
	}
	if err := s.backend.ImportDeployment(ctx, s.handle, &d); err != nil {
		return fmt.Errorf("import stack %s: %w", s.spec.Ref, s.lockError(ctx, err))
	}
	return nil
}

// History lists past operations, newest first.
func (s *stack) History(ctx context.Context, limit int) ([]auto.UpdateSummary, error) {
	page := 0
	if limit > 0 {
		page = 1
	}
	infos, err := s.backend.GetHistory(ctx, s.ref, limit, page)
	if err != nil {
		return nil, fmt.Errorf("history of stack %s: %w", s.spec.Ref, err)
	}
	all := make([]auto.UpdateSummary, 0, len(infos))
	for _, info := range infos {
		all = append(all, updateSummary(info))
	}
	return all, nil
}

// timeLayout is how the pulumi command writes times, which are in UTC.
const timeLayout = "2006-01-02T15:04:05.000Z"

// updateSummary gives one history record in the Automation API's form. The
// file and bucket backends number no updates.
func updateSummary(info backend.UpdateInfo) auto.UpdateSummary {
	end := time.Unix(info.EndTime, 0).UTC().Format(timeLayout)
	changes := make(map[string]int, len(info.ResourceChanges))
	for op, n := range info.ResourceChanges {
		changes[string(op)] = n
	}
	cfg := auto.ConfigMap{}
	for k, v := range info.Config {
		// A nil decrypter is enough: the value of a secret stays encrypted.
		value := auto.ConfigValue{Secret: v.Secure()}
		if !v.Secure() {
			value.Value, _ = v.Value(nil)
		}
		cfg[k.String()] = value
	}
	return auto.UpdateSummary{
		Version:         info.Version,
		Kind:            string(info.Kind),
		StartTime:       time.Unix(info.StartTime, 0).UTC().Format(timeLayout),
		Message:         info.Message,
		Environment:     maps.Clone(info.Environment),
		Config:          cfg,
		Result:          string(info.Result),
		EndTime:         &end,
		ResourceChanges: &changes,
	}
}

// Cancel releases every lock of the stack, and folds what the operation that
// held one had finished.
func (s *stack) Cancel(ctx context.Context) error {
	if err := s.backend.CancelCurrentUpdate(ctx, s.ref); err != nil {
		return fmt.Errorf("cancel stack %s: %w", s.spec.Ref, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recover(ctx)
}

// Remove deletes the stack, its history and its backups.
func (s *stack) Remove(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.recover(ctx); err != nil {
		return err
	}
	if _, err := s.backend.RemoveStack(ctx, s.handle, false, true); err != nil {
		return fmt.Errorf("remove stack %s: %w", s.spec.Ref, s.lockError(ctx, err))
	}
	return nil
}

// Close frees the connection to the backend.
func (s *stack) Close() error { return s.store.Close() }
