package plugins

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// maxUnpacked is a bound on what an archive may unpack to: the greatest
// plugin is below 1 GB.
const maxUnpacked = 8 << 30

// unpack writes the files of a .tar.gz below dir. Anything but files and
// folders is refused, and so is a name that leads out of dir.
func unpack(archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("it is no .tar.gz: %w", err)
	}
	left := int64(maxUnpacked)
	r := tar.NewReader(z)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("it is cut off or damaged: %w", err)
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		to, err := inside(dir, h.Name)
		if err != nil {
			return err
		}
		switch h.Typeflag {
		case tar.TypeDir:
			err = os.MkdirAll(to, 0o755)
		case tar.TypeReg:
			if left -= h.Size; left < 0 {
				return fmt.Errorf("it unpacks to more than %d bytes, which no plugin does", int64(maxUnpacked))
			}
			err = writeFile(to, r, h.FileInfo().Mode().Perm())
		default:
			return fmt.Errorf("%q is neither a file nor a folder", h.Name)
		}
		if err != nil {
			return err
		}
	}
	// The sum at the end of the compressed stream is checked by reading to it.
	if _, err := io.Copy(io.Discard, z); err != nil {
		return fmt.Errorf("it is cut off or damaged: %w", err)
	}
	return nil
}

// inside is where a name of an archive leads to below dir.
func inside(dir, name string) (string, error) {
	clean := path.Clean(name)
	if strings.Contains(name, `\`) || path.IsAbs(name) || clean == ".." || strings.HasPrefix(clean, "../") || !filepath.IsLocal(filepath.FromSlash(clean)) {
		return "", fmt.Errorf("the name %q leads out of the folder", name)
	}
	return filepath.Join(dir, filepath.FromSlash(clean)), nil
}

func writeFile(to string, r io.Reader, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode|0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
