package source

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // git's object names are SHA-1
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// object is one git object of a snapshot. Trees and the commit are held in data;
// a file's content is read from path when it is needed.
type object struct {
	kind plumbing.ObjectType
	hash plumbing.Hash
	size int64
	data []byte
	path string
	link bool
}

// The commit says the same whoever takes the snapshot and when, so that the same
// content is the same commit.
const (
	commitAuthor  = "Pilot <pilot@localhost> 0 +0000"
	commitMessage = "Snapshot of a working folder\n"
)

// hash computes all object names and builds trees and commit.
func (s *Snapshot) hash(ctx context.Context) error {
	seen := map[plumbing.Hash]bool{}
	add := func(o object) {
		if !seen[o.hash] {
			seen[o.hash] = true
			s.objects = append(s.objects, o)
		}
	}
	for i := range s.entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := &s.entries[i]
		o := object{kind: plumbing.BlobObject, size: e.size, path: e.path, link: e.mode == filemode.Symlink}
		h, err := s.hashFile(o)
		if err != nil {
			return err
		}
		e.hash, o.hash = h, h
		add(o)
	}
	root, err := trees(s.entries, add)
	if err != nil {
		return err
	}
	data := []byte(fmt.Sprintf("tree %s\nauthor %s\ncommitter %s\n\n%s", root, commitAuthor, commitAuthor, commitMessage))
	s.commit = plumbing.ComputeHash(plumbing.CommitObject, data)
	s.Commit = s.commit.String()
	add(object{kind: plumbing.CommitObject, hash: s.commit, size: int64(len(data)), data: data})
	return nil
}

func (s *Snapshot) hashFile(o object) (plumbing.Hash, error) {
	r, err := s.open(o)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	defer r.Close()
	h := newObjectHash(o.kind, o.size)
	n, err := io.Copy(h, r)
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("read %s: %w", o.path, err)
	}
	if n != o.size {
		return plumbing.ZeroHash, changedError(o.path)
	}
	return h.sum(), nil
}

func changedError(path string) error {
	return fmt.Errorf("%s changed while the folder was read: run the command again", path)
}

// open gives the content of an object.
func (s *Snapshot) open(o object) (io.ReadCloser, error) {
	if o.data != nil {
		return io.NopCloser(bytes.NewReader(o.data)), nil
	}
	file := filepath.Join(s.Dir, filepath.FromSlash(o.path))
	if o.link {
		target, err := os.Readlink(file)
		if err != nil {
			return nil, err
		}
		return io.NopCloser(strings.NewReader(filepath.ToSlash(target))), nil
	}
	return os.Open(file)
}

// objectHash computes an object's name from its content.
type objectHash struct {
	io.Writer
	sum func() plumbing.Hash
}

func newObjectHash(kind plumbing.ObjectType, size int64) objectHash {
	h := sha1.New() //nolint:gosec // git's object names are SHA-1
	_, _ = io.WriteString(h, kind.String()+" "+strconv.FormatInt(size, 10)+"\x00")
	return objectHash{Writer: h, sum: func() plumbing.Hash { return plumbing.Hash(h.Sum(nil)) }}
}

// node is one folder of the tree under construction.
type node struct {
	files   []entry
	folders map[string]*node
}

// trees builds the tree objects and gives the root's name.
func trees(entries []entry, add func(object)) (plumbing.Hash, error) {
	root := &node{}
	for _, e := range entries {
		n := root
		if dir := path.Dir(e.path); dir != "." {
			for _, part := range strings.Split(dir, "/") {
				if n.folders == nil {
					n.folders = map[string]*node{}
				}
				if n.folders[part] == nil {
					n.folders[part] = &node{}
				}
				n = n.folders[part]
			}
		}
		n.files = append(n.files, e)
	}
	return root.write(add)
}

func (n *node) write(add func(object)) (plumbing.Hash, error) {
	type line struct {
		key, name string
		mode      filemode.FileMode
		hash      plumbing.Hash
	}
	lines := make([]line, 0, len(n.files)+len(n.folders))
	for _, e := range n.files {
		name := path.Base(e.path)
		lines = append(lines, line{key: name, name: name, mode: e.mode, hash: e.hash})
	}
	for name, folder := range n.folders {
		h, err := folder.write(add)
		if err != nil {
			return plumbing.ZeroHash, err
		}
		// git sorts a folder as if its name ended in a slash.
		lines = append(lines, line{key: name + "/", name: name, mode: filemode.Dir, hash: h})
	}
	sort.Slice(lines, func(i, j int) bool { return lines[i].key < lines[j].key })
	var b bytes.Buffer
	for _, l := range lines {
		if strings.ContainsRune(l.name, 0) {
			return plumbing.ZeroHash, fmt.Errorf("file name %q holds a zero byte", l.name)
		}
		fmt.Fprintf(&b, "%o %s\x00", uint32(l.mode), l.name)
		b.Write(l.hash[:])
	}
	h := plumbing.ComputeHash(plumbing.TreeObject, b.Bytes())
	add(object{kind: plumbing.TreeObject, hash: h, size: int64(b.Len()), data: b.Bytes()})
	return h, nil
}

// refID is a new name for a push of this snapshot: sortable by time, unique, and
// with the commit in it.
func (s *Snapshot) refID(now time.Time) string {
	return now.UTC().Format("20060102T150405.000") + "-" + s.Commit[:12]
}
