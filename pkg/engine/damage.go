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
	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// readable tells whether data is a whole checkpoint.
func readable(data []byte) error {
	if len(data) == 0 {
		return errors.New("it is empty")
	}
	m := encoding.Compress(encoding.JSON, encoding.DetectCompression(data))
	_, _, _, err := pkgstack.UnmarshalVersionedCheckpointToLatestCheckpoint(m, data)
	return err
}

// verify reads the checkpoint, if there is one. Its error is a
// *infra.DamagedStateError if it can't be read, or nil when it was restored.
func (s *store) verify(ctx context.Context, restore bool, tell func(infra.Event)) error {
	key, data, err := s.readCheckpoint(ctx)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	wrong := readable(data)
	if wrong == nil {
		return nil
	}
	damage := &infra.DamagedStateError{Stack: s.ref.String(), File: key, Err: wrong}
	copied, good, err := s.lastGood(ctx, key)
	if err != nil {
		return errors.Join(damage, err)
	}
	damage.LastGood, damage.Taken = copied.Key, copied.ModTime
	if !restore || copied.Key == "" {
		return damage
	}
	held, err := s.acquire(ctx, tell)
	if err != nil {
		return fmt.Errorf("restore the state of %s: %w", s.ref, err)
	}
	aside := fmt.Sprintf("%s.damaged-%d", s.base(), time.Now().UnixNano())
	if err = s.bucket.WriteAll(ctx, aside, data, nil); err == nil {
		// Not through writeCheckpoint: the damaged one must not become the backup.
		err = s.bucket.WriteAll(ctx, key, good, nil)
	}
	if err := errors.Join(err, held.release(context.WithoutCancel(ctx))); err != nil {
		return fmt.Errorf("restore the state of %s: %w", s.ref, err)
	}
	tell(infra.StateRestored{From: copied.Key, Damaged: aside})
	return nil
}

// lastGood finds the newest whole copy of the state: one is kept of the end of
// each operation, and one of the state before the last write.
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
		if err == nil && readable(data) == nil {
			return obj, data, nil
		}
	}
	return blob.ListObject{}, nil, nil
}
