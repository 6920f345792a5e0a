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
	// untold is what healing has done that the next operation tells of.
	untold []infra.Event

	// mu lets one operation at a time through: the backend's lock tells
	// processes apart, not two callers of one stack.
	mu sync.Mutex
}

var (
	_ infra.EngineStack = (*stack)(nil)
	_ infra.LockKeeper  = (*stack)(nil)
)

// lock takes the stack's lock. Locks whose owners are gone are taken over, and
// tell hears of it. Its error is a *infra.LockedError when somebody holds it.
func (s *stack) lock(ctx context.Context, tell func(infra.Event)) (*heldLock, error) {
	h, err := s.store.acquire(ctx, tell)
	if err != nil {
		return nil, fmt.Errorf("lock stack %s: %w", s.spec.Ref, err)
	}
	return h, nil
}

// free takes over the locks whose owners are gone before the backend takes its
// own lock, which knows nothing of owners.
func (s *stack) free(ctx context.Context) error {
	_, err := s.store.heal(ctx, func(e infra.Event) { s.untold = append(s.untold, e) })
	return err
}

// lockError turns the backend's message about a lock into a typed error.
func (s *stack) lockError(ctx context.Context, err error) error {
	all, readErr := s.store.locks(context.WithoutCancel(ctx), "")
	if readErr != nil || len(all) == 0 {
		return err
	}
	holder := all[0].error(s.spec.Ref.String())
	holder.Detail = err.Error()
	return holder
}

// Locks lists the stack's locks, oldest first.
func (s *stack) Locks(ctx context.Context) ([]infra.Lock, error) {
	all, err := s.store.locks(ctx, "")
	if err != nil {
		return nil, err
	}
	if err := s.store.judge(ctx, all); err != nil {
		return nil, err
	}
	locks := make([]infra.Lock, 0, len(all))
	for _, l := range all {
		locks = append(locks, l.known(s.spec.Ref.String()))
	}
	return locks, nil
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
	held, err := s.lock(ctx, func(e infra.Event) { s.untold = append(s.untold, e) })
	if err != nil {
		if errors.Is(err, infra.ErrLocked) {
			return nil
		}
		return err
	}
	aside, err := s.store.recover(ctx)
	if aside != "" {
		s.aside = aside
	}
	return errors.Join(err, held.release(context.WithoutCancel(ctx)))
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
	if err := errors.Join(s.recover(ctx), s.free(ctx)); err != nil {
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
	if err := errors.Join(s.recover(ctx), s.free(ctx)); err != nil {
		return err
	}
	if _, err := s.backend.RemoveStack(ctx, s.handle, false, true); err != nil {
		return fmt.Errorf("remove stack %s: %w", s.spec.Ref, s.lockError(ctx, err))
	}
	return nil
}

// Close frees the connection to the backend.
func (s *stack) Close() error { return s.store.Close() }
