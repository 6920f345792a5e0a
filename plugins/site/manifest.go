package site

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"
	"time"
)

// Manifest is what one version of a site consists of.
type Manifest struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	// Build is the hash of the build's result, as the builder gave it.
	Build   string  `json:"build,omitempty"`
	Entries []Entry `json:"entries"`
}

// Entry is one object of a version.
type Entry struct {
	// Path is what the object is reached by, without the leading slash. That of a
	// folder's page under the folder's own address ends in a slash.
	Path string `json:"path"`
	Size int64  `json:"size"`
	Sum  string `json:"sum"`
	Header
}

// Keys of a bucket.
const (
	// Releases is the prefix of everything that may be served.
	Releases  = "releases/"
	manifests = "manifests/"
	pending   = "pending.json"
)

// Prefix is the folder of a version in the bucket, with its slash.
func Prefix(id string) string { return Releases + id + "/" }

func manifestKey(id string) string { return manifests + id + ".json" }

// Plan makes the manifest of a folder. Where folderPage is set, such as to
// "index.html", a folder's page is also an object under the folder's own address,
// for buckets that know no such page.
func (f *Folder) Plan(id, folderPage string) Manifest {
	m := Manifest{ID: id, Created: time.Now().UTC()}
	for _, file := range f.Files {
		e := Entry{Path: file.Path, Size: file.Size, Sum: file.Sum, Header: HeaderOf(file.Path)}
		m.Entries = append(m.Entries, e)
		if dir, base := path.Split(file.Path); folderPage != "" && base == folderPage && dir != "" {
			e.Path = dir
			m.Entries = append(m.Entries, e)
		}
	}
	sort.Slice(m.Entries, func(i, j int) bool { return m.Entries[i].Path < m.Entries[j].Path })
	return m
}

// Bytes is the size of all objects.
func (m Manifest) Bytes() int64 {
	var n int64
	for _, e := range m.Entries {
		n += e.Size
	}
	return n
}

// Has reports whether the version has the path.
func (m Manifest) Has(name string) bool {
	i := sort.Search(len(m.Entries), func(i int) bool { return m.Entries[i].Path >= name })
	return i < len(m.Entries) && m.Entries[i].Path == name
}

// Changed lists the addresses, each with its leading slash, that mean something
// else in next than in m: changed and removed ones, and the site's own address
// with its start page. New ones are no part of it, for a CDN does not keep what is
// not there. Only what lies below root counts, which is served as /.
func (m Manifest) Changed(next Manifest, root, index string) []string {
	now := map[string]Entry{}
	for _, e := range next.Entries {
		now[e.Path] = e
	}
	if root != "" {
		root = strings.Trim(root, "/") + "/"
	}
	var paths []string
	for _, e := range m.Entries {
		address, below := strings.CutPrefix(e.Path, root)
		if n, ok := now[e.Path]; !below || ok && n.Sum == e.Sum && n.Header == e.Header {
			continue
		}
		paths = append(paths, "/"+address)
		if address == index {
			paths = append(paths, "/")
		}
	}
	sort.Strings(paths)
	return slices.Compact(paths)
}

// LoadManifest reads the manifest of a complete version. It returns ErrNotFound
// when there is none.
func LoadManifest(ctx context.Context, s Store, id string) (Manifest, error) {
	var m Manifest
	content, err := s.Get(ctx, manifestKey(id))
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(content, &m); err != nil {
		return m, fmt.Errorf("read %s: %w", manifestKey(id), err)
	}
	return m, nil
}

// versions lists the complete versions, the newest first.
func versions(ctx context.Context, s Store) ([]Object, error) {
	list, err := s.List(ctx, manifests)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Name = strings.TrimSuffix(strings.TrimPrefix(list[i].Name, manifests), ".json")
	}
	sort.SliceStable(list, func(i, j int) bool {
		if !list[i].Modified.Equal(list[j].Modified) {
			return list[i].Modified.After(list[j].Modified)
		}
		return list[i].Name > list[j].Name
	})
	return list, nil
}

// AddPending notes addresses that must be invalidated once a switch is done, with
// those that an interrupted release left behind, and returns all of them.
func AddPending(ctx context.Context, s Store, paths []string) ([]string, error) {
	var all []string
	content, err := s.Get(ctx, pending)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return nil, err
	default:
		if err := json.Unmarshal(content, &all); err != nil {
			return nil, fmt.Errorf("read %s: %w", pending, err)
		}
	}
	had := len(all)
	all = append(all, paths...)
	sort.Strings(all)
	all = slices.Compact(all)
	if len(all) == had {
		return all, nil
	}
	if content, err = json.Marshal(all); err != nil {
		return nil, err
	}
	return all, putBytes(ctx, s, pending, content)
}

// ClearPending forgets what AddPending noted.
func ClearPending(ctx context.Context, s Store) error { return s.Remove(ctx, pending) }
