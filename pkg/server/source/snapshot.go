package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// Defaults of Options.
const (
	// DefaultWarnFile is the size of a single file from which on the snapshot
	// warns, 50 MiB: most often such a file was meant to be ignored.
	DefaultWarnFile = 50 << 20
	// DefaultMaxTotal is the greatest size of all files, 2 GiB, which is what the
	// receiver unpacks at most.
	DefaultMaxTotal = 2 << 30
)

// Options are the limits of a snapshot. The zero value has the defaults.
type Options struct {
	// WarnFile is the size in bytes of a single file above which there is a
	// warning.
	WarnFile int64
	// MaxTotal is the size in bytes of all files together above which there is no
	// snapshot.
	MaxTotal int64
}

// File is one file of a snapshot.
type File struct {
	// Path is relative to the folder, with forward slashes.
	Path string
	// Size in bytes.
	Size int64
}

// Snapshot is the content of a folder at one moment. It keeps names and hashes;
// the content itself is read again from the folder when it is pushed.
type Snapshot struct {
	// Dir is the folder.
	Dir string
	// Commit is the hash of the snapshot's commit. The same content gives the same
	// commit.
	Commit string
	// Files counts files and symbolic links, Bytes is their size.
	Files int
	Bytes int64
	// Largest are the largest files, at most five, the largest first.
	Largest []File
	// Warnings are for the user: big files, files that could not be told.
	Warnings []string

	commit  plumbing.Hash
	entries []entry
	objects []object
}

// entry is one file on the disk.
type entry struct {
	path string
	mode filemode.FileMode
	size int64
	hash plumbing.Hash
}

// ErrEmpty is a folder in which there is nothing to send.
var ErrEmpty = errors.New("nothing to send: the folder is empty, or all of it is ignored")

// TooLargeError is a snapshot over the limit.
type TooLargeError struct {
	// Bytes is the size found, Limit the greatest allowed.
	Bytes, Limit int64
	// Largest are the largest files.
	Largest []File
}

// Error gives the sizes, the largest files and the way on.
func (e *TooLargeError) Error() string {
	msg := fmt.Sprintf("the folder holds %s of files, the limit is %s; the largest:", Size(e.Bytes), Size(e.Limit))
	for _, f := range e.Largest {
		msg += fmt.Sprintf(" %s (%s)", f.Path, Size(f.Size))
	}
	return msg + "; add what the build does not need to .gitignore"
}

// Take makes a snapshot of the folder dir: what git would track plus what is
// untracked and not ignored. Ignore files count at every level, also those above
// dir in the same repository; .git is never part of it. Modes (executable or not)
// and symbolic links are kept; files of a submodule or an inner repository are
// taken as plain files. Sockets, pipes and devices are left out.
func Take(ctx context.Context, dir string, opts Options) (*Snapshot, error) {
	if opts.WarnFile == 0 {
		opts.WarnFile = DefaultWarnFile
	}
	if opts.MaxTotal == 0 {
		opts.MaxTotal = DefaultMaxTotal
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("folder %q: %w", dir, err)
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return nil, fmt.Errorf("folder %q: %w", dir, err)
	}
	if info, err := os.Stat(abs); err != nil {
		return nil, fmt.Errorf("folder %q: %w", dir, err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("folder %q: it is a file: want the folder that holds waypoint.hcl", dir)
	}
	s := &Snapshot{Dir: abs}
	repo := findRepository(abs)
	if repo.notice != "" {
		s.Warnings = append(s.Warnings, repo.notice)
	}
	w := &walk{ctx: ctx, dir: abs, repo: repo}
	if err := w.folder("", repo.rules, false); err != nil {
		return nil, err
	}
	s.entries = w.entries
	if err := s.measure(opts); err != nil {
		return nil, err
	}
	if err := s.hash(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// measure fills in the sizes and checks them.
func (s *Snapshot) measure(opts Options) error {
	if len(s.entries) == 0 {
		return fmt.Errorf("folder %s: %w", s.Dir, ErrEmpty)
	}
	files := make([]File, 0, len(s.entries))
	for _, e := range s.entries {
		s.Files++
		s.Bytes += e.size
		files = append(files, File{Path: e.path, Size: e.size})
		if e.size > opts.WarnFile {
			s.Warnings = append(s.Warnings, fmt.Sprintf("%s is %s: if the build does not need it, add it to .gitignore", e.path, Size(e.size)))
		}
	}
	sort.SliceStable(files, func(i, j int) bool { return files[i].Size > files[j].Size })
	s.Largest = files[:min(len(files), 5)]
	if s.Bytes > opts.MaxTotal {
		return &TooLargeError{Bytes: s.Bytes, Limit: opts.MaxTotal, Largest: s.Largest}
	}
	return nil
}

// Size writes a number of bytes for people: "1.5 MiB".
func Size(n int64) string {
	const unit = 1024
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, prefix := float64(n)/unit, 0
	for value >= unit && prefix < 3 {
		value /= unit
		prefix++
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGT"[prefix])
}

// walk collects the files of a snapshot.
type walk struct {
	ctx     context.Context
	dir     string
	repo    repository
	entries []entry
}

// folder walks one folder. rules are those from above; inside is true below an
// ignored folder, where only tracked files count.
func (w *walk) folder(rel string, rules []rule, inside bool) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	list, err := os.ReadDir(filepath.Join(w.dir, filepath.FromSlash(rel)))
	if err != nil {
		return fmt.Errorf("read folder: %w", err)
	}
	base := path.Join(w.repo.prefix, rel)
	own := readRules(filepath.Join(w.dir, filepath.FromSlash(rel), ".gitignore"), base)
	if len(own) > 0 {
		rules = append(rules[:len(rules):len(rules)], own...)
	}
	for _, item := range list {
		if item.Name() == ".git" {
			continue
		}
		if err := w.item(path.Join(rel, item.Name()), item, rules, inside); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) item(rel string, item fs.DirEntry, rules []rule, inside bool) error {
	out := inside || ignored(rules, w.repo.prefix+rel, item.IsDir())
	if item.IsDir() {
		if out && !w.repo.trackedIn[rel] {
			return nil
		}
		return w.folder(rel, rules, out)
	}
	if out && !w.repo.tracked[rel] {
		return nil
	}
	info, err := item.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // gone since the folder was listed
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", rel, err)
	}
	e := entry{path: rel, size: info.Size(), mode: filemode.Regular}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		e.mode = filemode.Symlink
	case !info.Mode().IsRegular():
		return nil
	case info.Mode().Perm()&0o100 != 0:
		e.mode = filemode.Executable
	}
	w.entries = append(w.entries, e)
	return nil
}
