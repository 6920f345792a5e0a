package engine

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	pkgstack "github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// state is a stack's deployment as the backend holds it at one moment.
type state struct {
	key  string // where the checkpoint lies
	base string // digest of the checkpoint file
	// deployment is nil when nothing was ever deployed.
	deployment *apitype.DeploymentV3
	version    int
	features   []string
	// journal is the raw journal of an operation that didn't end, or is still
	// under way; its entries are already part of deployment.
	journal []byte
	// folded says that the journal's entries are already in the checkpoint.
	folded bool
	// foreign says that the journal belongs to another checkpoint than this.
	foreign bool
}

// load reads the checkpoint and, in memory, adds what a journal says. Its error
// is a *infra.DamagedStateError if the journal can't be read.
func (s *store) load(ctx context.Context) (*state, error) {
	// The journal is read first: if its operation ends in between, the
	// checkpoint then holds all of it, and the digests tell.
	raw, err := s.readJournal(ctx)
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	key, data, err := s.readCheckpoint(ctx)
	if err != nil {
		return nil, err
	}
	st, err := decodeCheckpoint(data)
	if err != nil {
		return nil, fmt.Errorf("read state %s: %w", key, err)
	}
	st.key = key
	if len(raw) == 0 {
		return st, nil
	}
	head, entries, folded, err := parseJournal(raw)
	if err != nil {
		return nil, s.brokenJournal(ctx, key, err)
	}
	st.journal = raw
	switch {
	case head.Base == st.base:
		d, err := foldEntries(st.deployment, entries)
		if err != nil {
			return nil, s.brokenJournal(ctx, key, err)
		}
		st.deployment, st.version, st.features = d.Deployment, d.Version, d.Features
	case folded == st.base, head.Journal == 0:
		st.folded = true
	default:
		st.foreign = true
	}
	return st, nil
}

// parseJournal reads what a journal's medium holds. folded is the digest of
// the last fold, empty if there was none. With an error come the entries before
// the line that can't be read.
func parseJournal(data []byte) (head journalHeader, entries []apitype.JournalEntry, folded string, err error) {
	first := true
	for len(data) > 0 {
		line, rest, whole := bytes.Cut(data, []byte{'\n'})
		if !whole {
			break // the write was cut off
		}
		data = rest
		switch {
		case first:
			if err := json.Unmarshal(line, &head); err != nil || head.Journal != 1 {
				return journalHeader{}, nil, "", fmt.Errorf("journal: want a header of format 1, got %.40q", line)
			}
			first = false
		case bytes.HasPrefix(line, []byte(`{"folded":`)):
			var f journalFold
			if err := json.Unmarshal(line, &f); err != nil {
				return head, entries, "", fmt.Errorf("journal: %w", err)
			}
			folded = f.Folded
		default:
			var e apitype.JournalEntry
			if err := json.Unmarshal(line, &e); err != nil {
				return head, entries, "", fmt.Errorf("journal: entry %d: %w", len(entries)+1, err)
			}
			entries = append(entries, e)
		}
	}
	return head, entries, folded, nil
}

// recover folds the journal of an operation that was interrupted. The caller
// holds the stack's lock. A journal that can't be folded, because another
// program changed the state after the interruption, is kept aside: that
// program's view wins.
func (s *store) recover(ctx context.Context) (aside string, err error) {
	st, err := s.load(ctx)
	if err != nil || st.journal == nil {
		return "", err
	}
	switch {
	case st.foreign:
		if aside, err = s.setJournalAside(ctx, st.journal); err != nil {
			return "", fmt.Errorf("set journal aside: %w", err)
		}
		return aside, nil
	case !st.folded:
		if err := s.foldAgain(ctx, st); err != nil {
			return "", err
		}
	}
	return "", s.removeJournal(ctx)
}

// foldAgain writes what load made of the checkpoint and the journal.
func (s *store) foldAgain(ctx context.Context, st *state) error {
	d := apitype.TypedDeployment{Deployment: st.deployment, Version: st.version, Features: st.features}
	data, err := s.encodeCheckpoint(st.key, d)
	if err != nil {
		return err
	}
	m, err := s.reopenMedium(ctx)
	if err != nil {
		return err
	}
	if err := errors.Join(markFolded(m.append, data), m.close()); err != nil {
		return err
	}
	return s.writeCheckpoint(ctx, st.key, data)
}

// markFolded says in the journal which checkpoint holds its entries, so that
// they aren't added twice if the process ends before the journal is removed.
func markFolded(write func(lines []byte) error, checkpoint []byte) error {
	line, err := json.Marshal(journalFold{Folded: digest(checkpoint)})
	if err != nil {
		return err
	}
	if err := write(append(line, '\n')); err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

// snapshot turns the deployment into the engine's own form and checks it. It
// is nil when nothing was ever deployed.
func (s *store) snapshot(ctx context.Context, st *state, p *secretsProvider) (*deploy.Snapshot, error) {
	if st.deployment == nil {
		return nil, nil
	}
	snap, err := pkgstack.DeserializeDeploymentV3(ctx, *st.deployment, p)
	if err != nil {
		// It may be a secret that can't be read, or the state itself.
		return nil, cmp.Or(s.refuseUnsound(ctx, st), fmt.Errorf("read state: %w", err))
	}
	if wrong := snap.VerifyIntegrity(); wrong != nil {
		return nil, s.refuse(ctx, st.key, wrong)
	}
	return snap, nil
}
