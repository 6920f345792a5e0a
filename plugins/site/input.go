package site

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pilot-framework/pilot/plugins/site/sitepb"
)

// Input is what a deployment publishes: a folder, or a build whose folder is gone
// but which an earlier deployment was made of. The folder of a build lasts as long
// as the job that built it.
type Input struct {
	dir, build string
	folder     *Folder
}

// Read finds and reads what to publish: directory below source, the app's folder,
// or, where directory is empty, what was built. It refuses a folder that has not
// all of pages; empty names are no pages, and the first one is the start page.
func Read(ctx context.Context, source, directory string, built *sitepb.Folder, pages ...string) (*Input, error) {
	dir, err := Locate(source, directory, built.GetPath())
	if err != nil {
		return nil, err
	}
	if directory != "" {
		if err := notSource(dir, directory); err != nil {
			return nil, err
		}
	}
	in := &Input{dir: dir}
	if directory == "" && built.GetHash() != "" {
		in.build = built.GetHash()
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return in, nil
		}
	}
	if in.folder, err = Open(ctx, dir, pages[0]); err != nil {
		return nil, err
	}
	for _, page := range pages[1:] {
		if page != "" && !in.folder.Has(page) {
			in.Close()
			return nil, fmt.Errorf("not_found %q is not in %s", page, dir)
		}
	}
	return in, nil
}

// notSource refuses a folder of the source that somebody named as the one to
// publish. What a build hands over may have such files, for its own reasons.
func notSource(dir, directory string) error {
	for _, name := range []string{"package.json", "waypoint.hcl", "go.mod"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return fmt.Errorf("directory %q holds %s, so it is the source and not what a build makes: set directory to the build's output, such as \"build\", or, to publish files as they are, set output = %q of pilot-yarn in the build stanza and leave directory out here",
				directory, name, ".")
		}
	}
	return nil
}

// Gone reports whether only an earlier deployment can have the files.
func (in *Input) Gone() bool { return in.folder == nil }

// Missing is the error of an input that is gone from everywhere.
func (in *Input) Missing() error {
	return fmt.Errorf("folder %s is not there, and no deployment in the bucket was made of that build: the files of a build last as long as its job, so run up to build and deploy in one", in.dir)
}

// Close releases the folder.
func (in *Input) Close() {
	if in.folder != nil {
		in.folder.Close()
	}
}

// Size is the number of files and their bytes, 0 where they are gone.
func (in *Input) Size() (files int, bytes int64) {
	if in.Gone() {
		return 0, 0
	}
	return len(in.folder.Files), in.folder.Bytes()
}

// Send puts the input into the bucket as the version of that ID.
func (in *Input) Send(ctx context.Context, s Store, id string, opts Options) (Manifest, Progress, error) {
	opts.Build = in.build
	if !in.Gone() {
		return Publish(ctx, s, in.folder, id, opts)
	}
	m, p, err := Republish(ctx, s, id, opts)
	if errors.Is(err, ErrNotFound) {
		err = in.Missing()
	}
	return m, p, err
}
