package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	pkgstack "github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// A state is damaged in one of three ways. A checkpoint that can't be read is of
// no use to anybody, so the stack isn't opened. One that can be read but is not
// sound, as when a resource's parent is missing, may be all that is known of what
// was made: an operation that ends in one writes it down. It can still be exported,
// mended by hand and imported again; only operations refuse it. Of a journal with
// a line that can't be read, the steps behind that line are lost.

// decodeCheckpoint reads a whole checkpoint.
func decodeCheckpoint(data []byte) (*state, error) {
	if len(data) == 0 {
		return nil, errors.New("it is empty")
	}
	m := encoding.Compress(encoding.JSON, encoding.DetectCompression(data))
	chk, version, features, err := pkgstack.UnmarshalVersionedCheckpointToLatestCheckpoint(m, data)
	if err != nil {
		return nil, err
	}
	return &state{base: digest(data), deployment: chk.Latest, version: version, features: features}, nil
}

// sound tells whether the resources of a deployment fit together. The engine's own
// check does it, which takes no secret of the state.
func sound(ctx context.Context, d *apitype.DeploymentV3) error {
	if d == nil {
		return nil
	}
	bare := *d
	bare.SecretsProviders, bare.PendingOperations = nil, nil
	bare.Resources = slices.Clone(d.Resources)
	for i := range bare.Resources {
		r := &bare.Resources[i]
		r.Inputs, r.Outputs, r.ReplacementTrigger = nil, nil, nil
	}
	snap, err := pkgstack.DeserializeDeploymentV3(ctx, bare, nil)
	if err != nil {
		return err
	}
	return snap.VerifyIntegrity()
}

// damage is what is wrong with a state.
type damage struct {
	*infra.DamagedStateError
	// mend takes the last good state, and tells where the damaged one is kept. The
	// caller holds the stack's lock. It is nil if there is no good state.
	mend func(ctx context.Context) (aside string, err error)
}

// verify reads the checkpoint, if there is one. Its error is a
// *infra.DamagedStateError if it can't be read. To restore looks for any damage,
// and has that of which there is a good copy mended.
func (s *store) verify(ctx context.Context, restore bool, tell func(infra.Event)) error {
	if restore {
		return s.restore(ctx, tell)
	}
	key, data, err := s.readCheckpoint(ctx)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if _, wrong := decodeCheckpoint(data); wrong != nil {
		return s.refuse(ctx, key, wrong)
	}
	return nil
}

func (s *store) restore(ctx context.Context, tell func(infra.Event)) (err error) {
	kinds := []func(context.Context) (*damage, error){s.checkpointDamage, s.journalDamage}
	var found *damage
	for _, look := range kinds {
		if found, err = look(ctx); err != nil || found != nil {
			break
		}
	}
	switch {
	case err != nil || found == nil:
		return err // a state that is not damaged takes no lock
	case found.mend == nil:
		return found.DamagedStateError
	}
	held, err := s.acquire(ctx, tell)
	if err != nil {
		return fmt.Errorf("restore the state of %s: %w", s.ref, err)
	}
	defer func() { err = errors.Join(err, held.release(context.WithoutCancel(ctx))) }()
	// Whoever had the lock until now may have mended or written the state.
	for _, look := range kinds {
		d, err := look(ctx)
		switch {
		case err != nil:
			return err
		case d == nil:
			continue
		case d.mend == nil:
			return d.DamagedStateError
		}
		aside, err := d.mend(ctx)
		if err != nil {
			return fmt.Errorf("restore the state of %s: %w", s.ref, err)
		}
		tell(infra.StateRestored{From: d.LastGood, Damaged: aside})
	}
	return nil
}

// checkpointDamage gives what is wrong with the checkpoint, nil if nothing is.
func (s *store) checkpointDamage(ctx context.Context) (*damage, error) {
	key, data, err := s.readCheckpoint(ctx)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	st, wrong := decodeCheckpoint(data)
	if wrong == nil {
		wrong = sound(ctx, st.deployment)
	}
	if wrong == nil {
		return nil, nil
	}
	damaged, good, err := s.damaged(ctx, key, wrong)
	if err != nil {
		return nil, errors.Join(damaged, err)
	}
	d := &damage{DamagedStateError: damaged}
	if damaged.LastGood != "" {
		d.mend = func(ctx context.Context) (string, error) {
			aside := fmt.Sprintf("%s.damaged-%d", s.base(), time.Now().UnixNano())
			if err := s.write(ctx, aside, data); err != nil {
				return "", err
			}
			// Not through writeCheckpoint: the damaged one must not become the backup.
			return aside, s.write(ctx, key, good)
		}
	}
	return d, nil
}

// refuseUnsound gives a *infra.DamagedStateError for a state that is not sound.
func (s *store) refuseUnsound(ctx context.Context, st *state) error {
	if wrong := sound(ctx, st.deployment); wrong != nil {
		return s.refuse(ctx, st.key, wrong)
	}
	return nil
}

// checkSound is refuseUnsound for the state as it is now: one that is not sound
// must not pass for one with nothing to repair.
func (s *store) checkSound(ctx context.Context) error {
	st, err := s.load(ctx)
	if err != nil {
		return err
	}
	return s.refuseUnsound(ctx, st)
}

// refuse gives the *infra.DamagedStateError for a checkpoint with which something
// is wrong.
func (s *store) refuse(ctx context.Context, key string, wrong error) error {
	damaged, _, err := s.damaged(ctx, key, wrong)
	if err != nil {
		return errors.Join(damaged, err)
	}
	return damaged
}

// damaged describes a checkpoint with which something is wrong. It gives what the
// last good copy holds.
func (s *store) damaged(ctx context.Context, key string, wrong error) (*infra.DamagedStateError, []byte, error) {
	d := &infra.DamagedStateError{Stack: s.ref.String(), File: key, Err: wrong}
	copied, good, err := s.lastGood(ctx, key)
	d.LastGood, d.Taken = copied.Key, copied.ModTime
	return d, good, err
}

// lastGood finds the newest whole and sound copy of the state: one is kept of the
// end of each operation, and one of the state before the last write.
func (s *store) lastGood(ctx context.Context, key string) (found blob.ListObject, data []byte, err error) {
	var all []blob.ListObject
	for _, prefix := range []string{path.Join(bookkeeping, "backups", s.ref.Project, s.ref.Stack) + "/", key + ".bak"} {
		copies, err := s.list(ctx, prefix)
		if err != nil {
			return found, nil, fmt.Errorf("look for copies of the state: %w", err)
		}
		for _, obj := range copies {
			if path.Ext(obj.Key) != tempExt {
				all = append(all, obj)
			}
		}
	}
	slices.SortFunc(all, func(a, b blob.ListObject) int {
		return cmp.Or(b.ModTime.Compare(a.ModTime), cmp.Compare(b.Key, a.Key))
	})
	for _, obj := range all {
		data, err := s.bucket.ReadAll(ctx, obj.Key)
		if err != nil {
			continue
		}
		if st, err := decodeCheckpoint(data); err == nil && sound(ctx, st.deployment) == nil {
			return obj, data, nil
		}
	}
	return blob.ListObject{}, nil, nil
}

// journalDamage gives what is wrong with the journal, nil if nothing is.
func (s *store) journalDamage(ctx context.Context) (*damage, error) {
	_, err := s.load(ctx)
	var broken *infra.DamagedStateError
	switch {
	case errors.As(err, &broken):
		return &damage{DamagedStateError: broken, mend: s.endJournal}, nil
	case gcerrors.Code(err) == gcerrors.NotFound:
		return nil, nil // no checkpoint, no stack
	}
	return nil, err
}

// brokenJournal describes a journal that can't be read. The last good state is the
// checkpoint at key, which it belongs to.
func (s *store) brokenJournal(ctx context.Context, key string, wrong error) error {
	d := &infra.DamagedStateError{Stack: s.ref.String(), File: s.journalKey(), LastGood: key, Err: wrong}
	a, err := s.bucket.Attributes(ctx, key)
	if err != nil {
		return errors.Join(d, err)
	}
	d.Taken = a.ModTime
	return d
}

// endJournal sets a journal that can't be read aside. The steps before the broken
// line are made part of the checkpoint first, as far as that leaves it sound: the
// things they made would be forgotten otherwise. Done twice, as after a kill in
// between, it does no harm: the journal does not belong to the new checkpoint.
func (s *store) endJournal(ctx context.Context) (aside string, err error) {
	raw, err := s.readJournal(ctx)
	if err != nil {
		return "", fmt.Errorf("read journal: %w", err)
	}
	key, data, err := s.readCheckpoint(ctx)
	if err != nil {
		return "", err
	}
	st, err := decodeCheckpoint(data)
	if err != nil {
		return "", err
	}
	// That it can't be read is why it is here.
	head, entries, _, _ := parseJournal(raw)
	if head.Base == st.base && len(entries) > 0 {
		d, err := foldEntries(st.deployment, entries)
		if err == nil && sound(ctx, d.Deployment) == nil {
			if data, err = s.encodeCheckpoint(key, d); err == nil {
				err = s.writeCheckpoint(ctx, key, data)
			}
			if err != nil {
				return "", err
			}
		}
	}
	if aside, err = s.setJournalAside(ctx, raw); err != nil {
		return "", fmt.Errorf("set journal aside: %w", err)
	}
	return aside, nil
}
