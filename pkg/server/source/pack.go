package source

import (
	"bufio"
	"compress/zlib"
	"context"
	"crypto/sha1" //nolint:gosec // the pack format ends in a SHA-1
	"encoding/binary"
	"fmt"
	"io"
)

// writePack writes the objects as a git pack, reading each file once. go-git's
// encoder wants all contents in memory.
func (s *Snapshot) writePack(ctx context.Context, w io.Writer, objects []object) error {
	sum := sha1.New() //nolint:gosec // the pack format ends in a SHA-1
	buffered := bufio.NewWriterSize(w, 64<<10)
	out := io.MultiWriter(buffered, sum)
	header := []byte("PACK\x00\x00\x00\x02\x00\x00\x00\x00")
	binary.BigEndian.PutUint32(header[8:], uint32(len(objects))) //nolint:gosec // a folder of 2^32 files is over the size limit
	if _, err := out.Write(header); err != nil {
		return err
	}
	deflate := zlib.NewWriter(out)
	for _, o := range objects {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := out.Write(packHeader(o)); err != nil {
			return err
		}
		deflate.Reset(out)
		if err := s.copyObject(deflate, o); err != nil {
			return err
		}
		if err := deflate.Close(); err != nil {
			return err
		}
	}
	if _, err := buffered.Write(sum.Sum(nil)); err != nil {
		return err
	}
	return buffered.Flush()
}

// copyObject writes an object's content and makes sure that it is still the one
// that was hashed.
func (s *Snapshot) copyObject(w io.Writer, o object) error {
	r, err := s.open(o)
	if err != nil {
		return fmt.Errorf("read %s: %w", o.path, err)
	}
	defer r.Close()
	h := newObjectHash(o.kind, o.size)
	n, err := io.Copy(w, io.TeeReader(io.LimitReader(r, o.size+1), h))
	if err != nil {
		return err
	}
	if n != o.size || h.sum() != o.hash {
		return changedError(o.path)
	}
	return nil
}

// packHeader is an entry's type and size: three bits of type, then the size in
// groups of four and seven bits, the lowest first.
func packHeader(o object) []byte {
	size := uint64(o.size) //nolint:gosec // sizes are not negative
	b := byte(o.kind)<<4 | byte(size&0x0f)
	size >>= 4
	var out []byte
	for size > 0 {
		out = append(out, b|0x80)
		b = byte(size & 0x7f)
		size >>= 7
	}
	return append(out, b)
}
