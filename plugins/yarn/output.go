package yarn

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"

	"github.com/pilot-framework/pilot/plugins/site/sitepb"
)

// usualOutputs are the folders that build tools make by default: Create React App
// and Docusaurus; Vite, Astro, Vue and Parcel; Next.js.
var usualOutputs = []string{"build", "dist", "out"}

// outputsBefore returns which of the usual folders are in the source, with their
// times. They may be the result of an earlier build, or have nothing to do with it.
func outputsBefore(root *os.Root, dir string) map[string]time.Time {
	there := map[string]time.Time{}
	for _, name := range usualOutputs {
		if info, err := root.Stat(path.Join(dir, name)); err == nil {
			// As exact as a tar file tells it.
			there[name] = info.ModTime().Round(time.Second)
		}
	}
	return there
}

// findOutput returns the folder with the result, relative to dir.
func (b *buildContainer) findOutput(ctx context.Context, dir, output string, before map[string]time.Time) (string, error) {
	if output != "" {
		_, ok, err := b.folder(ctx, path.Join(dir, output))
		if err != nil {
			return "", err
		}
		if !ok {
			return "", fmt.Errorf("output = %q: the build made no such folder; it has to be what the build's own settings name", output)
		}
		return output, nil
	}
	var made, old []string
	for _, name := range usualOutputs {
		changed, ok, err := b.folder(ctx, path.Join(dir, name))
		was, there := before[name]
		switch {
		case err != nil:
			return "", err
		case ok && there && changed.Equal(was):
			old = append(old, name)
		case ok:
			made = append(made, name)
		}
	}
	switch {
	case len(made) == 1:
		return made[0], nil
	case len(made) > 1:
		return "", fmt.Errorf("the build made %s: set output to the one to publish", strings.Join(made, " and "))
	case len(old) > 0:
		return "", fmt.Errorf("the build made no new folder, and %s was there before it: if that is the one to publish, set output = %q", old[0], old[0])
	}
	return "", fmt.Errorf("the build made none of the folders %s: set output to the one that it makes", strings.Join(usualOutputs, ", "))
}

// folder reports whether name, relative to the app's folder, is a folder in the
// container, or a link to one, and when something was last added to it or removed.
func (b *buildContainer) folder(ctx context.Context, name string) (changed time.Time, ok bool, err error) {
	// The dot at the end makes Docker follow a link.
	info, err := b.docker.ContainerStatPath(ctx, b.id, path.Join(sourceDir, name)+"/.")
	switch {
	case err == nil:
		return info.Mtime.Round(time.Second), info.Mode.IsDir(), nil
	case errdefs.IsNotFound(err):
		return time.Time{}, false, nil
	}
	// What Docker says of a file depends on its version.
	if info, err := b.docker.ContainerStatPath(ctx, b.id, path.Join(sourceDir, name)); err == nil && !info.Mode.IsDir() {
		return time.Time{}, false, nil
	}
	return time.Time{}, false, fmt.Errorf("look for folder %s in the build container: %w", name, err)
}

// takeOutput copies the folder out to the same place in the app's folder here.
func (b *buildContainer) takeOutput(ctx context.Context, root *os.Root, name string) error {
	archive, _, err := b.docker.CopyFromContainer(ctx, b.id, path.Join(sourceDir, name)+"/.")
	if err == nil {
		err = errors.Join(unpack(archive, root, name), archive.Close())
	}
	if err != nil {
		return fmt.Errorf("copy %s out of the build container: %w", name, err)
	}
	return nil
}

// describe returns the folder as it is handed to the plugin that deploys it. The
// hash is of the files that get published, which hidden ones are not, and depends
// on their names and contents alone.
func describe(root *os.Root, dir string) (*sitepb.Folder, error) {
	below, err := root.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer below.Close()
	f := &sitepb.Folder{Path: filepath.Join(root.Name(), filepath.FromSlash(dir))}
	var names []string
	sums := map[string][]byte{}
	err = fs.WalkDir(below.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case hidden(name) && d.IsDir():
			return fs.SkipDir
		case hidden(name) || d.IsDir():
			return nil
		}
		sum, n, err := sumOf(below, name)
		if err != nil {
			return fmt.Errorf("%s: a link must lead to a file in the same folder: %w", name, err)
		}
		names = append(names, name)
		sums[name] = sum
		f.Bytes += n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read folder %s: %w", dir, err)
	}
	slices.Sort(names)
	all := sha256.New()
	for _, name := range names {
		fmt.Fprintf(all, "%x %d:%s\n", sums[name], len(name), name)
	}
	f.Files, f.Hash = int64(len(names)), hex.EncodeToString(all.Sum(nil))
	return f, nil
}

// hidden files are not part of a site; the folder .well-known is (RFC 8615).
func hidden(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, ".") && base != ".well-known" && name != "."
}

func sumOf(root *os.Root, name string) ([]byte, int64, error) {
	file, err := root.Open(name)
	if err != nil {
		return nil, 0, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, 0, errors.Join(err, errors.New("is no file"))
	}
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	return sum.Sum(nil), n, err
}
