package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/display"
	pulumi "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack/snapshot"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// newJournal starts the journal of a changing operation.
func (s *stack) newJournal(ctx context.Context, r *run) *journal {
	// What was done must be written down even after a cancellation.
	ctx = context.WithoutCancel(ctx)
	j := newJournal(ctx, r.secrets, r.before.base, func() (medium, error) { return s.store.newMedium(ctx) })
	j.guard = func() error { return r.held.check(ctx) }
	return j
}

// fold makes the journal's entries part of the checkpoint and removes the
// journal. It gives the deployment and the bytes of the checkpoint.
func (s *stack) fold(ctx context.Context, before *state, j *journal) (apitype.TypedDeployment, []byte, error) {
	d, err := j.fold(before.deployment)
	if err != nil {
		return d, nil, err
	}
	// A damaged state is written all the same: it is what is known. The error
	// then says that it must be repaired.
	damage := snapshot.VerifyIntegrity(d.Deployment)
	data, err := s.store.encodeCheckpoint(before.key, d)
	if err != nil {
		return d, nil, err
	}
	if j.medium != nil {
		if err := markFolded(j.append, data); err != nil {
			return d, nil, err
		}
	}
	if err := s.store.writeCheckpoint(ctx, before.key, data); err != nil {
		return d, nil, err
	}
	if j.medium != nil {
		if err := j.medium.remove(); err != nil {
			return d, nil, fmt.Errorf("remove journal: %w", err)
		}
	}
	if damage != nil {
		return d, data, fmt.Errorf("the state was written, but is damaged: %w", damage)
	}
	return d, data, nil
}

// save folds the journal into the checkpoint and adds to the history. It does
// so after a failure as well: steps were finished before it.
func (r *run) save(ctx context.Context, start time.Time, changes display.ResourceChanges, runErr error) error {
	if r.journal == nil {
		return nil
	}
	d, data, err := r.stack.fold(ctx, r.before, r.journal)
	if err != nil {
		return err
	}
	r.after = d.Deployment
	info := backend.UpdateInfo{
		Kind:            kinds[r.op.Verb],
		StartTime:       start.Unix(),
		EndTime:         time.Now().Unix(),
		Message:         r.op.Message,
		Environment:     map[string]string{backend.ExecutionKind: r.execKind},
		Config:          r.target.Config,
		Result:          backend.SucceededResult,
		ResourceChanges: changes,
	}
	if runErr != nil {
		info.Result = backend.FailedResult
	}
	return r.stack.store.addHistory(ctx, r.before.key, data, info)
}

func countChanges(changes display.ResourceChanges) map[apitype.OpType]int {
	m := make(map[apitype.OpType]int, len(changes))
	for op, n := range changes {
		m[apitype.OpType(op)] = n
	}
	return m
}

// noSnapshots is the snapshot manager of an operation that changes nothing.
type noSnapshots struct{}

var _ pulumi.SnapshotManager = noSnapshots{}

func (noSnapshots) Close() error                                           { return nil }
func (noSnapshots) Write(*deploy.Snapshot) error                           { return nil }
func (noSnapshots) RebuiltBaseState() error                                { return nil }
func (noSnapshots) SupportsStateMigrations() bool                          { return true }
func (noSnapshots) StateMigration(*deploy.StateMigrationTransaction) error { return nil }
func (noSnapshots) SetSnippets([]resource.Snippet) error                   { return nil }
func (noSnapshots) RegisterResourceOutputs(deploy.Step) error              { return nil }

func (noSnapshots) BeginMutation(deploy.Step) (pulumi.SnapshotMutation, error) {
	return noMutation{}, nil
}

type noMutation struct{}

func (noMutation) End(deploy.Step, bool) error { return nil }
