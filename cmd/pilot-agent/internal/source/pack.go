package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

var errTooLarge = errors.New("the push is too large")

// measure reads a pack to its end without keeping its objects. It fails when they would take more than limit bytes,
// and returns how many there are.
func measure(pack io.Reader, limit int64) (uint32, error) {
	scanner := packfile.NewScanner(pack)
	_, count, err := scanner.Header()
	if err != nil {
		return 0, fmt.Errorf("read the pack: %w", err)
	}
	left := limit
	for range count {
		header, err := scanner.NextObjectHeader()
		if err != nil {
			return 0, fmt.Errorf("read the pack: %w", err)
		}
		m := &meter{left: left}
		if _, _, err := scanner.NextObject(m); err != nil {
			if m.left < 0 {
				return 0, tooLarge(limit)
			}
			return 0, fmt.Errorf("read the pack: %w", err)
		}
		size := left - m.left
		if header.Type == plumbing.OFSDeltaObject || header.Type == plumbing.REFDeltaObject {
			size = max(size, deltaResult(m.head.Bytes()))
		}
		if left -= size; left < 0 {
			return 0, tooLarge(limit)
		}
	}
	return count, nil
}

func tooLarge(limit int64) error {
	return fmt.Errorf("%w: its files take more than %d bytes", errTooLarge, limit)
}

// meter counts what is written to it, keeps the first bytes, and fails once nothing is left.
type meter struct {
	left int64
	head bytes.Buffer
}

func (m *meter) Write(p []byte) (int, error) {
	const deltaHeader = 2 * binary.MaxVarintLen64
	if room := deltaHeader - m.head.Len(); room > 0 {
		m.head.Write(p[:min(room, len(p))])
	}
	if m.left -= int64(len(p)); m.left < 0 {
		return 0, errTooLarge
	}
	return len(p), nil
}

// deltaResult returns the size that a delta unpacks to: the second number at its start.
func deltaResult(head []byte) int64 {
	_, n := binary.Uvarint(head)
	if n <= 0 {
		return 0
	}
	size, m := binary.Uvarint(head[n:])
	if m <= 0 || size > 1<<62 {
		return 1 << 62
	}
	return int64(size)
}

// addPack stores a pack's objects. The returned function takes them out again.
func addPack(sto *filesystem.Storage, pack *os.File) (undo func(), err error) {
	before, err := sto.ObjectPacks()
	if err != nil {
		return nil, err
	}
	if _, err := pack.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if err := packfile.WritePackfileToObjectStorage(sto, pack); err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return func() {
		after, err := sto.ObjectPacks()
		if err != nil {
			return
		}
		for _, hash := range after {
			if !slices.Contains(before, hash) {
				_ = sto.DeleteOldObjectPackAndIndex(hash, time.Time{})
			}
		}
	}, nil
}

// objects lists everything a snapshot refers to. It fails when something is missing or when a file's name would
// lead a checkout out of its folder.
func objects(sto *filesystem.Storage, commit plumbing.Hash) ([]plumbing.Hash, error) {
	c, err := object.GetCommit(sto, commit)
	if err != nil {
		return nil, fmt.Errorf("commit %s: %w", commit, err)
	}
	if c.NumParents() != 0 {
		return nil, fmt.Errorf("commit %s has %d parent(s): a snapshot is a commit without parents", commit, c.NumParents())
	}
	seen := map[plumbing.Hash]bool{commit: true}
	all := []plumbing.Hash{commit}
	var walk func(plumbing.Hash) error
	walk = func(hash plumbing.Hash) error {
		if seen[hash] {
			return nil
		}
		seen[hash] = true
		all = append(all, hash)
		tree, err := object.GetTree(sto, hash)
		if err != nil {
			return fmt.Errorf("folder %s: %w", hash, err)
		}
		for _, entry := range tree.Entries {
			switch name := strings.ToLower(entry.Name); {
			case name == "" || name == "." || name == ".." || name == ".git" || strings.ContainsAny(name, "/\\\x00"):
				return fmt.Errorf("file name %q is not allowed", entry.Name)
			case entry.Mode == filemode.Submodule:
				continue
			case entry.Mode == filemode.Dir:
				if err := walk(entry.Hash); err != nil {
					return err
				}
			case !seen[entry.Hash]:
				seen[entry.Hash] = true
				if err := sto.HasEncodedObject(entry.Hash); err != nil {
					return fmt.Errorf("file %s (%s): %w", entry.Name, entry.Hash, err)
				}
				all = append(all, entry.Hash)
			}
		}
		return nil
	}
	return all, walk(c.TreeHash)
}

// repack writes one new pack of all that the refs need and then deletes the old ones. The caller holds the lock.
func (r *repository) repack(sto *filesystem.Storage) error {
	refs, _, err := r.visible(sto, access{})
	if err != nil {
		return fmt.Errorf("repack: %w", err)
	}
	var all []plumbing.Hash
	for _, commit := range refs {
		hashes, err := objects(sto, commit)
		if err != nil {
			return fmt.Errorf("repack: %w", err)
		}
		all = append(all, hashes...)
	}
	slices.SortFunc(all, func(a, b plumbing.Hash) int { return bytes.Compare(a[:], b[:]) })
	all = slices.Compact(all)
	old, err := sto.ObjectPacks()
	if err != nil {
		return fmt.Errorf("repack: %w", err)
	}
	w, err := sto.PackfileWriter()
	if err != nil {
		return fmt.Errorf("repack: %w", err)
	}
	hash, err := encode(w, sto, all)
	if closeErr := w.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("repack: %w", err)
	}
	for _, pack := range old {
		if pack == hash {
			continue
		}
		if err := sto.DeleteOldObjectPackAndIndex(pack, time.Time{}); err != nil {
			return fmt.Errorf("repack: delete an old pack: %w", err)
		}
	}
	return nil
}

// encode writes a pack. It looks for no deltas: that costs far more time than the few bytes are worth here.
func encode(w io.Writer, sto *filesystem.Storage, hashes []plumbing.Hash) (plumbing.Hash, error) {
	return packfile.NewEncoder(w, sto, false).Encode(hashes, 0)
}
