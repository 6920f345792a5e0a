package site

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// DefaultParallel is how many requests to the bucket run at the same time. Amazon
// S3 takes 3,500 writes a second of one prefix, Cloud Storage 1,000 of a new
// bucket: with answers after 20 to 50 ms this stays below both.
const DefaultParallel = 32

// Options of a publication.
type Options struct {
	// Parallel is how many requests run at the same time. Default:
	// DefaultParallel.
	Parallel int
	// FolderPage is the file that is a folder's page, where the bucket itself
	// knows none: it is then stored under the folder's address as well.
	FolderPage string
	// Build is the hash of the build's result, where there was one, for Republish.
	Build string
	// Progress is called after each object, from one goroutine at a time.
	Progress func(Progress)
}

// Progress is how far a publication is.
type Progress struct {
	// Done and Total count objects.
	Done, Total int
	// Uploaded and Copied say how the done ones got there.
	Uploaded, Copied int
	// Bytes were uploaded so far.
	Bytes int64
}

var versionID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// compared is how many older versions are looked at for files to copy: that which
// is served and a few that may have been before.
const compared = 3

// Publish puts the folder into the bucket as a version of that ID and returns its
// manifest. Files that one of the newest versions has are copied, the others
// uploaded. Nothing that is served changes. After an error, what was put there is
// removed again.
func Publish(ctx context.Context, s Store, f *Folder, id string, opts Options) (Manifest, Progress, error) {
	if !versionID.MatchString(id) {
		return Manifest{}, Progress{}, fmt.Errorf("version %q: must be 1 to 64 letters, digits, - and _", id)
	}
	p := &publication{store: s, folder: f, opts: opts, manifest: f.Plan(id, opts.FolderPage)}
	p.manifest.Build = opts.Build
	return p.publish(ctx)
}

// Republish puts a version of a build into the bucket whose folder is gone, by
// copying all of a version that was made of the same build. It returns ErrNotFound
// when there is none any more.
func Republish(ctx context.Context, s Store, id string, opts Options) (Manifest, Progress, error) {
	if !versionID.MatchString(id) {
		return Manifest{}, Progress{}, fmt.Errorf("version %q: must be 1 to 64 letters, digits, - and _", id)
	}
	complete, err := versions(ctx, s)
	if err != nil {
		return Manifest{}, Progress{}, err
	}
	for _, v := range complete {
		m, err := LoadManifest(ctx, s, v.Name)
		if err != nil && !errors.Is(err, ErrNotFound) { // it may be destroyed meanwhile
			return Manifest{}, Progress{}, err
		}
		if err != nil || opts.Build == "" || m.Build != opts.Build {
			continue
		}
		p := &publication{store: s, opts: opts, manifest: m, have: map[string]string{}}
		for _, e := range m.Entries {
			p.have[e.Sum] = Prefix(m.ID) + e.Path
		}
		p.manifest.ID, p.manifest.Created = id, time.Now().UTC()
		return p.publish(ctx)
	}
	return Manifest{}, Progress{}, ErrNotFound
}

func (p *publication) publish(ctx context.Context) (Manifest, Progress, error) {
	if p.opts.Parallel <= 0 {
		p.opts.Parallel = DefaultParallel
	}
	p.progress.Total = len(p.manifest.Entries)
	if err := p.run(ctx); err != nil {
		// The cleaning up must work when the reason is that ctx has ended.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if left := Remove(ctx, p.store, p.manifest.ID); left != nil {
			err = fmt.Errorf("%w; what was uploaded could not be removed and lies below %s: %w", err, Prefix(p.manifest.ID), left)
		}
		return Manifest{}, p.progress, err
	}
	return p.manifest, p.progress, nil
}

type publication struct {
	store    Store
	folder   *Folder
	opts     Options
	manifest Manifest
	have     map[string]string // sum -> key of an object with that content

	mu       sync.Mutex
	progress Progress
}

func (p *publication) run(ctx context.Context) error {
	if p.have == nil {
		if err := p.compare(ctx); err != nil {
			return fmt.Errorf("compare with what is in the bucket: %w", err)
		}
	}
	files, folders := p.manifest.Entries, []Entry(nil)
	if p.opts.FolderPage != "" {
		files = nil
		for _, e := range p.manifest.Entries {
			if strings.HasSuffix(e.Path, "/") {
				folders = append(folders, e)
			} else {
				files = append(files, e)
			}
		}
	}
	// A folder's page is copied from the file that it is, so that comes first.
	if err := p.each(ctx, files, p.send); err != nil {
		return err
	}
	if err := p.each(ctx, folders, func(ctx context.Context, e Entry) error {
		from := Prefix(p.manifest.ID) + e.Path + p.opts.FolderPage
		if err := p.store.Copy(ctx, from, Prefix(p.manifest.ID)+e.Path, e.Header); err != nil {
			return fmt.Errorf("copy %s: %w", e.Path, err)
		}
		p.done(0, false)
		return nil
	}); err != nil {
		return err
	}
	content, err := json.Marshal(p.manifest)
	if err != nil {
		return err
	}
	if err := putBytes(ctx, p.store, manifestKey(p.manifest.ID), content); err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	return nil
}

// compare learns what content the bucket has already.
func (p *publication) compare(ctx context.Context) error {
	older, err := versions(ctx, p.store)
	if err != nil {
		return err
	}
	p.have = map[string]string{}
	for _, v := range older[:min(compared, len(older))] {
		m, err := LoadManifest(ctx, p.store, v.Name)
		if errors.Is(err, ErrNotFound) { // destroyed meanwhile
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range m.Entries {
			if _, ok := p.have[e.Sum]; !ok {
				p.have[e.Sum] = Prefix(m.ID) + e.Path
			}
		}
	}
	return nil
}

func (p *publication) each(ctx context.Context, entries []Entry, do func(context.Context, Entry) error) error {
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(p.opts.Parallel)
	for _, e := range entries {
		if running.Err() != nil {
			break
		}
		group.Go(func() error { return do(running, e) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

func (p *publication) send(ctx context.Context, e Entry) error {
	key := Prefix(p.manifest.ID) + e.Path
	if from, ok := p.have[e.Sum]; ok {
		err := p.store.Copy(ctx, from, key, e.Header)
		if err == nil {
			p.done(0, false)
			return nil
		}
		if !errors.Is(err, ErrNotFound) || p.folder == nil {
			return fmt.Errorf("copy %s: %w", e.Path, err)
		}
	}
	file, _ := p.folder.file(e.Path)
	body, err := p.folder.open(file)
	if err != nil {
		return fmt.Errorf("upload %s: %w", e.Path, err)
	}
	defer body.Close()
	if err := p.store.Put(ctx, key, body, e.Size, e.Header); err != nil {
		return fmt.Errorf("upload %s: %w", e.Path, err)
	}
	p.done(e.Size, true)
	return nil
}

func (p *publication) done(bytes int64, uploaded bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.progress.Done++
	p.progress.Bytes += bytes
	if uploaded {
		p.progress.Uploaded++
	} else {
		p.progress.Copied++
	}
	if p.opts.Progress != nil {
		p.opts.Progress(p.progress)
	}
}
