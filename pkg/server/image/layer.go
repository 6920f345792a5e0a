package image

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
)

// layer is one file system layer: a tar archive of its entries.
type layer struct {
	comment string
	entries []entry
	// Set by assemble.
	size int64
	sum  string
}

// entry is a file (content or path), a hard link to one before it or, with none of
// them, a folder.
type entry struct {
	name    string // without a leading slash
	mode    int64
	uid     int
	content []byte
	path    string
	link    string // the name of the other entry
}

func (l layer) file() string { return l.sum + "/layer.tar" }

func (l layer) write(w io.Writer) error {
	archive := tar.NewWriter(w)
	for _, e := range l.entries {
		if err := e.write(archive); err != nil {
			return fmt.Errorf("/%s: %w", e.name, err)
		}
	}
	return archive.Close()
}

func (e entry) write(archive *tar.Writer) error {
	header := &tar.Header{Name: e.name, Mode: e.mode, Uid: e.uid, Gid: e.uid, ModTime: epoch, Format: tar.FormatUSTAR}
	var content io.Reader
	switch {
	case e.path != "":
		f, err := os.Open(e.path)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		header.Typeflag, header.Size, content = tar.TypeReg, info.Size(), f
	case e.link != "":
		header.Typeflag, header.Linkname = tar.TypeLink, e.link
	case e.content != nil:
		header.Typeflag, header.Size, content = tar.TypeReg, int64(len(e.content)), bytes.NewReader(e.content)
	default:
		header.Typeflag, header.Name = tar.TypeDir, e.name+"/"
	}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	if content == nil {
		return nil
	}
	_, err := io.Copy(archive, content)
	return err
}

func folder(name string, mode int64, uid int) entry { return entry{name: name, mode: mode, uid: uid} }

func text(name, content string) entry {
	return entry{name: name, mode: 0o644, content: []byte(content)}
}
