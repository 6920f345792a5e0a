package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

const (
	snapshotPrefix = "refs/pilot/"
	mainBranch     = plumbing.ReferenceName("refs/heads/main")
	// largeObject is the size from which a file is streamed from the disk instead of read into memory.
	largeObject = 4 << 20
)

var (
	errNoProject  = errors.New("nothing was pushed to this project yet")
	errNoSnapshot = errors.New("no such snapshot: it was never pushed, or has been removed to make room for newer ones")
)

// repository is one project's bare repository. The lock is held for reading while objects are read, and for writing
// while they are added or removed.
type repository struct {
	dir string
	mu  sync.RWMutex
}

func openRepository(dir string, create bool) (*repository, error) {
	// HEAD is written last, so a repository that has one is whole.
	_, err := os.Stat(filepath.Join(dir, "HEAD"))
	if err == nil {
		return &repository{dir: dir}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open the project's repository: %w", err)
	}
	if !create {
		return nil, errNoProject
	}
	r := &repository{dir: dir}
	sto := r.storage()
	if err := sto.Init(); err != nil {
		return nil, fmt.Errorf("make the project's repository: %w", err)
	}
	cfg, err := sto.Config()
	if err != nil {
		return nil, fmt.Errorf("make the project's repository: %w", err)
	}
	cfg.Core.IsBare = true
	if err := sto.SetConfig(cfg); err != nil {
		return nil, fmt.Errorf("make the project's repository: %w", err)
	}
	if err := sto.SetReference(plumbing.NewSymbolicReference(plumbing.HEAD, mainBranch)); err != nil {
		return nil, fmt.Errorf("make the project's repository: %w", err)
	}
	return r, nil
}

// storage opens the repository anew: go-git's own caches of refs and packs are never stale then.
func (r *repository) storage() *filesystem.Storage {
	return filesystem.NewStorageWithOptions(osfs.New(r.dir), cache.NewObjectLRU(16*cache.MiByte),
		filesystem.Options{LargeObjectThreshold: largeObject})
}

// checkRef holds for refs/pilot/ID and refs/pilot/APP/ID.
func checkRef(ref plumbing.ReferenceName) error {
	rest, ok := strings.CutPrefix(ref.String(), snapshotPrefix)
	parts := strings.Split(rest, "/")
	if !ok || len(parts) > 2 {
		return fmt.Errorf("ref %q: want %sID or %sAPP/ID", ref, snapshotPrefix, snapshotPrefix)
	}
	for _, part := range parts {
		if err := checkName("ref", part); err != nil {
			return err
		}
	}
	return nil
}

// snapshot returns the commit of a snapshot.
func (r *repository) snapshot(ref plumbing.ReferenceName) (plumbing.Hash, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	got, err := r.storage().Reference(ref)
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return plumbing.ZeroHash, fmt.Errorf("%s: %w", ref, errNoSnapshot)
	}
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("read %s: %w", ref, err)
	}
	return got.Hash(), nil
}

// visible returns the refs that an access sees, and the commit of its HEAD (zero when there is none).
// The caller holds the lock.
func (r *repository) visible(sto storer.ReferenceStorer, a access) (map[string]plumbing.Hash, plumbing.Hash, error) {
	refs := map[string]plumbing.Hash{}
	if a.ref != "" {
		got, err := sto.Reference(a.ref)
		if errors.Is(err, plumbing.ErrReferenceNotFound) {
			return nil, plumbing.ZeroHash, fmt.Errorf("%s: %w", a.ref, errNoSnapshot)
		}
		if err != nil {
			return nil, plumbing.ZeroHash, err
		}
		refs[a.ref.String()] = got.Hash()
		refs[mainBranch.String()] = got.Hash()
		return refs, got.Hash(), nil
	}
	iter, err := sto.IterReferences()
	if err != nil {
		return nil, plumbing.ZeroHash, err
	}
	err = iter.ForEach(func(ref *plumbing.Reference) error {
		if ref.Type() == plumbing.HashReference {
			refs[ref.Name().String()] = ref.Hash()
		}
		return nil
	})
	return refs, refs[mainBranch.String()], err
}

// kept is one snapshot with the time it came in.
type kept struct {
	name string
	at   time.Time
}

// prune removes the snapshots that neither keep nor keepFor protect, and then the objects nobody refers to.
// It returns how many snapshots went.
func (r *repository) prune(keep int, keepFor time.Duration, now time.Time) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	groups := map[string][]kept{}
	root := filepath.Join(r.dir, filepath.FromSlash(snapshotPrefix))
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(r.dir, path)
		if err != nil {
			return err
		}
		folder := filepath.Dir(rel)
		// The file's time is when the snapshot came in; a commit's own time is whatever the client says.
		groups[folder] = append(groups[folder], kept{filepath.ToSlash(rel), info.ModTime()})
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("list snapshots: %w", err)
	}
	sto := r.storage()
	removed := 0
	for _, group := range groups {
		slices.SortFunc(group, func(a, b kept) int { return b.at.Compare(a.at) })
		for _, old := range group[min(keep, len(group)):] {
			if now.Sub(old.at) < keepFor {
				continue
			}
			if err := sto.RemoveReference(plumbing.ReferenceName(old.name)); err != nil {
				return removed, fmt.Errorf("remove snapshot %s: %w", old.name, err)
			}
			removed++
		}
	}
	if removed == 0 {
		return 0, nil
	}
	return removed, r.repack(sto)
}
