package yarn

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
)

// copiedFolder is where a folder that is published as it is lies in the app's
// folder.
const copiedFolder = ".pilot-site"

// left out of the copy: history with whatever it holds, packages of another
// machine, and our own result.
var notCopied = map[string]bool{".git": true, "node_modules": true, copiedFolder: true}

// writeSource writes the app's folder as a tar file that is unpacked at the root
// of the container.
func writeSource(ctx context.Context, w io.Writer, root *os.Root) error {
	archive := tar.NewWriter(w)
	for _, dir := range []string{workDir, homeDir, cacheDir, sourceDir} {
		err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir[1:] + "/", Mode: 0o755, Uid: uid, Gid: uid})
		if err != nil {
			return err
		}
	}
	err := fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if notCopied[path.Base(name)] {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if name == "." {
			return nil
		}
		return writeEntry(archive, root, name)
	})
	if err != nil {
		return fmt.Errorf("read the app's folder: %w", err)
	}
	return archive.Close()
}

func writeEntry(archive *tar.Writer, root *os.Root, name string) error {
	info, err := root.Lstat(name)
	if err != nil {
		return err
	}
	var link string
	switch {
	case info.Mode().IsRegular(), info.IsDir():
	case info.Mode()&fs.ModeSymlink != 0:
		if link, err = root.Readlink(name); err != nil {
			return err
		}
	default: // sockets and the like are of no use in another place
		return nil
	}
	h, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	h.Name = path.Join(sourceDir[1:], name)
	if info.IsDir() {
		h.Name += "/"
	}
	// Whoever may do something with a file here may do it there.
	h.Mode = int64(info.Mode().Perm() | (info.Mode().Perm()&0o700)>>3 | 0o600)
	if info.IsDir() {
		h.Mode |= 0o700
	}
	h.Uid, h.Gid, h.Uname, h.Gname = uid, uid, "", ""
	if err := archive.WriteHeader(h); err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(archive, f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
