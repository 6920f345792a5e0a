package yarn

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Bounds of what a build may hand over, so that it can't fill the runner's disk.
const (
	maxFiles = 500_000
	maxBytes = 20 << 30
)

// unpack writes the folder of a Docker archive to the folder dir of root, in place
// of what is there. Links may lead to other places in the same folder only.
func unpack(archive io.Reader, root *os.Root, dir string) error {
	out, err := emptyFolder(root, dir)
	if err != nil {
		return err
	}
	defer out.Close()
	files, left, folder := 0, int64(maxBytes), ""
	for r := tar.NewReader(archive); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if files == 0 { // the folder itself, by its name or as a dot
			folder = path.Clean(h.Name)
		}
		name := relative(folder, path.Clean(h.Name))
		if !filepath.IsLocal(name) {
			return fmt.Errorf("%q leads out of the folder", name)
		}
		files++
		left -= h.Size
		if files > maxFiles || left < 0 {
			return fmt.Errorf("the folder has more than %d files or %d GiB: that is no site", maxFiles, maxBytes>>30)
		}
		if err := unpackEntry(r, out, folder, name, h); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}

func emptyFolder(root *os.Root, dir string) (*os.Root, error) {
	if err := root.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := root.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return root.OpenRoot(dir)
}

func unpackEntry(r io.Reader, out *os.Root, folder, name string, h *tar.Header) error {
	if err := out.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return out.MkdirAll(name, 0o755)
	case tar.TypeSymlink:
		if path.IsAbs(h.Linkname) || !filepath.IsLocal(path.Join(path.Dir(name), h.Linkname)) {
			return fmt.Errorf("is a link to %s, outside the folder: a site needs the file itself", h.Linkname)
		}
		return out.Symlink(h.Linkname, name)
	case tar.TypeLink: // a file that the archive has under another name already
		first, err := out.Open(relative(folder, path.Clean(h.Linkname)))
		if err != nil {
			return err
		}
		defer first.Close()
		return writeFile(out, name, first)
	case tar.TypeReg:
		return writeFile(out, name, r)
	}
	return errors.New("is neither a file, nor a folder, nor a link")
}

func writeFile(out *os.Root, name string, content io.Reader) error {
	f, err := out.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

// copyFolder copies the folder from of root to the folder to of it, without what
// does not belong to a site: hidden files, packages and the app file.
func copyFolder(root *os.Root, from, to string) error {
	if err := root.RemoveAll(to); err != nil {
		return err
	}
	return fs.WalkDir(root.FS(), from, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base, hides := path.Base(name), hidden(name) && name != from
		switch {
		case d.IsDir() && (hides || base == "node_modules"):
			return fs.SkipDir
		case d.IsDir():
			return root.MkdirAll(path.Join(to, relative(from, name)), 0o755)
		case hides || base == "waypoint.hcl":
			return nil
		}
		if info, err := root.Stat(name); err != nil { // follows a link, but not out of the app's folder
			return fmt.Errorf("%s: a link must lead to a file in the app's folder: %w", name, err)
		} else if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is neither a file nor a folder", name)
		}
		f, err := root.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		return writeFile(root, path.Join(to, relative(from, name)), f)
	})
}

// relative is name seen from the folder, in which it is.
func relative(folder, name string) string {
	if folder == "." {
		return name
	}
	if rest, ok := strings.CutPrefix(name, folder); ok && (rest == "" || rest[0] == '/') {
		return path.Join(".", strings.TrimPrefix(rest, "/"))
	}
	return "../" + name
}
