package site

import (
	"bytes"
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
	"runtime"
	"sort"
	"strings"

	"golang.org/x/sync/errgroup"
)

// File is one file of a folder.
type File struct {
	// Path is relative to the folder, with forward slashes.
	Path string
	// Size is in bytes.
	Size int64
	// Sum is the SHA-256 of the content, in hexadecimal.
	Sum string
}

// Folder is what is published. Close it after use.
type Folder struct {
	// Dir is the folder's absolute path.
	Dir string
	// Files are all files, by path.
	Files []File

	root *os.Root
}

// maxFile is the most that one PUT or one copy of an object takes (Amazon S3 and
// Cloud Storage quotas).
const maxFile = 5 << 30

// Locate returns the folder to publish: directory below source, the app's folder,
// or, where directory is empty, built, which the build made.
func Locate(source, directory, built string) (string, error) {
	if directory == "" {
		if built == "" {
			return "", errors.New("no folder to publish: the build handed none over, so set directory to the folder that it makes, such as \"build\"")
		}
		return built, nil
	}
	if !filepath.IsLocal(directory) {
		return "", fmt.Errorf("directory %q must be a folder below the app's own, such as \"build\"", directory)
	}
	return filepath.Join(source, directory), nil
}

// Open reads the folder: every regular file below it but hidden ones
// (.well-known is not hidden), each with its hash. It refuses a folder that is
// missing, empty or a whole checkout, and one without its start page.
func Open(ctx context.Context, dir, index string) (*Folder, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("folder %s is not there: run the build first, or set directory to the folder that the build makes", dir)
	case err != nil:
		return nil, fmt.Errorf("read the folder to publish: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("%s is a file: directory must name a folder", dir)
	}
	for _, name := range []string{".git", "node_modules"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return nil, fmt.Errorf("folder %s holds %s, so it is the source and not what the build makes: set directory", dir, name)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("read the folder to publish: %w", err)
	}
	f := &Folder{Dir: dir, root: root}
	if err := f.read(ctx); err != nil {
		root.Close()
		return nil, err
	}
	if len(f.Files) == 0 {
		root.Close()
		return nil, fmt.Errorf("folder %s is empty: the build made nothing to publish", dir)
	}
	if _, ok := f.file(index); !ok {
		root.Close()
		return nil, fmt.Errorf("folder %s has no %s, the site's start page: set directory to the folder that has it", dir, index)
	}
	return f, nil
}

// Close releases the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Bytes is the size of all files.
func (f *Folder) Bytes() int64 {
	var n int64
	for _, file := range f.Files {
		n += file.Size
	}
	return n
}

// Hash is a hash of all names and contents, in hexadecimal.
func (f *Folder) Hash() string {
	h := sha256.New()
	for _, file := range f.Files {
		fmt.Fprintf(h, "%s %d:%s\n", file.Sum, len(file.Path), file.Path)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Has reports whether the folder has the file.
func (f *Folder) Has(name string) bool { _, ok := f.file(name); return ok }

func (f *Folder) file(name string) (File, bool) {
	i := sort.Search(len(f.Files), func(i int) bool { return f.Files[i].Path >= name })
	if i == len(f.Files) || f.Files[i].Path != name {
		return File{}, false
	}
	return f.Files[i], true
}

func (f *Folder) read(ctx context.Context) error {
	err := fs.WalkDir(f.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(path.Base(name), ".") && name != "." && name != ".well-known"
		switch {
		case hidden && d.IsDir():
			return fs.SkipDir
		case hidden || d.IsDir():
			return nil
		case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }):
			return fmt.Errorf("%q: a file's name must be printable UTF-8 text", name)
		}
		info, err := f.root.Stat(name) // follows a link, but not out of the folder
		if err != nil {
			return fmt.Errorf("%s: a link must lead to a file in the same folder: %w", name, err)
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is neither a file nor a folder", name)
		}
		if info.Size() > maxFile {
			return fmt.Errorf("%s has %d bytes: a file may have %d at most", name, info.Size(), int64(maxFile))
		}
		f.Files = append(f.Files, File{Path: name, Size: info.Size()})
		return nil
	})
	if err != nil {
		return fmt.Errorf("read folder %s: %w", f.Dir, err)
	}
	sort.Slice(f.Files, func(i, j int) bool { return f.Files[i].Path < f.Files[j].Path })
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for i := range f.Files {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			file, err := f.root.Open(f.Files[i].Path)
			if err != nil {
				return err
			}
			defer file.Close()
			f.Files[i].Sum, f.Files[i].Size, err = sum(file)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("read folder %s: %w", f.Dir, err)
	}
	return nil
}

func sum(r io.Reader) (string, int64, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return hex.EncodeToString(h.Sum(nil)), n, err
}

// Body is the content of a file while it is sent. A failed request is sent again
// from the start.
type Body interface {
	io.ReadSeeker
	io.Closer
}

// inMemory is the size up to which a file is read once and sent from memory.
const inMemory = 4 << 20

type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

// open gives the content as it was hashed, and fails when it is another by now: a
// version must be what its manifest says.
func (f *Folder) open(file File) (Body, error) {
	changed := fmt.Errorf("%s changed while the folder was read: let no build run at the same time", file.Path)
	opened, err := f.root.Open(file.Path)
	if err != nil {
		return nil, err
	}
	if file.Size > inMemory {
		got, _, err := sum(opened)
		if err == nil && got != file.Sum {
			err = changed
		}
		if err == nil {
			_, err = opened.Seek(0, io.SeekStart)
		}
		if err != nil {
			opened.Close()
			return nil, err
		}
		return opened, nil
	}
	defer opened.Close()
	content, err := io.ReadAll(io.LimitReader(opened, inMemory+1))
	if err != nil {
		return nil, err
	}
	if got := sha256.Sum256(content); hex.EncodeToString(got[:]) != file.Sum {
		return nil, changed
	}
	return memory{bytes.NewReader(content)}, nil
}
