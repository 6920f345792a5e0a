package plugins

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/fsutil"
)

// DefaultSource is where the releases of Pulumi's own providers are.
const DefaultSource = "https://github.com/pulumi"

// Options say where plugins come from and where they go.
type Options struct {
	// Dir is the folder of plugins. It is made if it is missing.
	Dir string
	// Source is the address of the releases, or of a mirror that has the same
	// paths below it: pulumi-NAME/releases/download/vVERSION/FILE. Default
	// DefaultSource.
	Source string
	// Sums is the file that records sums, one "FILE sha256:HEX" a line. Default
	// plugins.sum beside Dir. Lines may be written by hand.
	Sums string
	// Progress is told how many bytes are here, of how many; total is 0 while
	// that is not known. It may be nil, and is called from one goroutine.
	Progress func(done, total int64)
	// Client makes the calls. Default: one that follows the proxy variables of
	// the environment.
	Client *http.Client
}

func (o Options) complete() (Options, error) {
	if o.Dir == "" {
		return o, errors.New(`plugin folder "": want a folder for plugins`)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return o, fmt.Errorf("plugin folder %q: %w", o.Dir, err)
	}
	o.Dir = dir
	if o.Source == "" {
		o.Source = DefaultSource
	}
	u, err := url.Parse(o.Source)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return o, fmt.Errorf("plugin source %q: want the address of a mirror, such as %s", o.Source, DefaultSource)
	}
	o.Source = strings.TrimRight(o.Source, "/")
	if o.Sums == "" {
		o.Sums = filepath.Join(filepath.Dir(o.Dir), "plugins.sum")
	}
	if o.Progress == nil {
		o.Progress = func(int64, int64) {}
	}
	if o.Client == nil {
		o.Client = defaultClient()
	}
	return o, nil
}

// address is where a file of a plugin's release is.
func (o Options) address(p Plugin, file string) string {
	return fmt.Sprintf("%s/pulumi-%s/releases/download/v%s/%s", o.Source, p.Name, p.Version, file)
}

// Ensure gives the path of a plugin's program in o.Dir and fetches it first if
// it is not there. Of several processes that want the same plugin one fetches
// it. A fetch that was broken off is taken up where it ended. Errors: *SumError
// when the archive is not what it should be, *UnknownError when nothing says
// what it should be.
func Ensure(ctx context.Context, p Plugin, o Options) (string, error) {
	o, err := o.complete()
	if err != nil {
		return "", err
	}
	path, err := Find(o.Dir, p)
	var missing *MissingError
	if err == nil || !errors.As(err, &missing) {
		return path, err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return "", fmt.Errorf("make the plugin folder: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(o.Dir, p.Folder()+lockSuffix))
	if err != nil {
		return "", fmt.Errorf("install plugin %s: %w", p, err)
	}
	defer unlock()
	// Somebody else may have installed it meanwhile.
	if path, err := Find(o.Dir, p); err == nil {
		return path, nil
	}
	if err := o.install(ctx, p); err != nil {
		return "", fmt.Errorf("install plugin %s: %w", p, err)
	}
	return Find(o.Dir, p)
}

// lock waits for the lock that Pulumi takes for the same work.
func lock(ctx context.Context, file string) (unlock func(), err error) {
	m := fsutil.NewFileMutex(file)
	locked := make(chan error, 1)
	go func() { locked <- m.Lock() }()
	select {
	case err := <-locked:
		return func() { _ = m.Unlock() }, err
	case <-ctx.Done():
		// The lock can't be asked for with an end: it is given back when it comes.
		go func() {
			if <-locked == nil {
				_ = m.Unlock()
			}
		}()
		return nil, ctx.Err()
	}
}

func (o Options) install(ctx context.Context, p Plugin) error {
	want, err := o.expected(ctx, p)
	if err != nil {
		return err
	}
	part := filepath.Join(o.Dir, p.Archive()+".part")
	got, resumed, err := o.fetch(ctx, o.address(p, p.Archive()), part)
	if err == nil && got != want.sum && resumed {
		// What was left of an earlier try may have been another file.
		if err = os.Remove(part); err == nil {
			got, _, err = o.fetch(ctx, o.address(p, p.Archive()), part)
		}
	}
	if err != nil {
		return err
	}
	if got != want.sum {
		return errors.Join(&SumError{File: p.Archive(), Got: got, Want: want.sum, From: want.from}, os.Remove(part))
	}
	if err := o.unpack(p, part); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := record(ctx, o.Sums, p.Archive(), got); err != nil {
		return err
	}
	return os.Remove(part)
}

// unpack puts an archive's files into the plugin's folder, all or none.
func (o Options) unpack(p Plugin, archive string) error {
	folder := filepath.Join(o.Dir, p.Folder())
	fresh, err := os.MkdirTemp(o.Dir, ".unpack-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := unpack(archive, fresh); err != nil {
		return fmt.Errorf("unpack %s: %w", p.Archive(), err)
	}
	program := filepath.Join(fresh, p.Program())
	if info, err := os.Lstat(program); err != nil || !info.Mode().IsRegular() {
		return fmt.Errorf("unpack %s: it holds no program %s", p.Archive(), p.Program())
	}
	for _, name := range []string{fresh, program} {
		if err := os.Chmod(name, 0o755); err != nil {
			return err
		}
	}
	// What an installation of Pulumi's own left half done gives way.
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := os.Rename(fresh, folder); err != nil {
		return err
	}
	if err := os.Remove(folder + partialSuffix); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
