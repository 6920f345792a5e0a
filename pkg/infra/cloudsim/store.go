package cloudsim

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"sync"
)

const storeFormat = "pilot-cloudsim"

// store is the simulated cloud's contents. On disk it is a journal: one JSON
// line a change, so that a write costs the same however much there is. A line
// is written whole with one call; a torn last line, as after a kill in the
// middle of it, is cut off by the next to write. The journal is folded into one
// line an object, into a new file that takes its place, once it has grown to
// several times what it holds.
//
// Writes are not forced to the disk: the file outlives the process, not a
// power cut.
type store struct {
	path string // "" is in memory

	mu      sync.Mutex
	guard   *os.File // the lock between processes
	file    *os.File
	offset  int64
	lines   int
	salt    string
	objects map[string]*Object
	serials map[string]int
}

// line is one line of the journal.
type line struct {
	Format string  `json:"format,omitempty"` // the first line only
	Salt   string  `json:"salt,omitempty"`
	Put    *Object `json:"put,omitempty"`
	Drop   string  `json:"drop,omitempty"`
	Serial string  `json:"serial,omitempty"` // a URN whose count is N
	N      int     `json:"n,omitempty"`
}

func openStore(path string) (*store, error) {
	s := &store{path: path}
	s.reset()
	if path == "" {
		s.salt = newSalt()
		return s, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the simulated cloud's folder: %w", err)
	}
	guard, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the simulated cloud's lock: %w", err)
	}
	s.guard = guard
	if err := s.do(func(*tx) error { return nil }); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *store) reset() {
	s.objects, s.serials = map[string]*Object{}, map[string]int{}
	s.offset, s.lines = 0, 0
}

func newSalt() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// do runs a transaction alone, among goroutines and processes. When fn fails
// nothing has changed.
func (s *store) do(fn func(*tx) error) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.path != "" {
		if err := lock(s.guard); err != nil {
			return fmt.Errorf("lock the simulated cloud %s: %w", s.path, err)
		}
		defer func() { err = errors.Join(err, unlock(s.guard)) }()
		if err := s.catchUp(); err != nil {
			return err
		}
	}
	t := &tx{store: s}
	if err := fn(t); err != nil {
		t.undo()
		return err
	}
	if err := s.append(t.lines); err != nil {
		t.undo()
		return err
	}
	return nil
}

// catchUp reads what other processes have written since.
func (s *store) catchUp() error {
	now, err := os.Stat(s.path)
	if errors.Is(err, os.ErrNotExist) {
		s.reset()
		return s.create()
	}
	if err != nil {
		return fmt.Errorf("look at the simulated cloud: %w", err)
	}
	if s.file != nil {
		mine, err := s.file.Stat()
		if err != nil || !os.SameFile(mine, now) || now.Size() < s.offset {
			_ = s.file.Close() // another process folded the journal into a new file
			s.file = nil
		}
	}
	if s.file == nil {
		if s.file, err = os.OpenFile(s.path, os.O_RDWR, 0o600); err != nil {
			return fmt.Errorf("open the simulated cloud: %w", err)
		}
		s.reset()
	}
	if now.Size() == s.offset && s.offset > 0 {
		return nil
	}
	return s.replay()
}

func (s *store) replay() error {
	if _, err := s.file.Seek(s.offset, io.SeekStart); err != nil {
		return fmt.Errorf("read the simulated cloud: %w", err)
	}
	r := bufio.NewReaderSize(s.file, 1<<16)
	for {
		data, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			if len(data) > 0 { // torn by a kill: never happened
				if err := s.file.Truncate(s.offset); err != nil {
					return fmt.Errorf("cut the torn end of the simulated cloud: %w", err)
				}
			}
			if s.offset == 0 {
				return s.create()
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the simulated cloud: %w", err)
		}
		var l line
		if err := json.Unmarshal(data, &l); err != nil || s.offset == 0 && l.Format != storeFormat {
			return fmt.Errorf("%s is not a simulated cloud: byte %d cannot be read; give another path or delete the file", s.path, s.offset)
		}
		s.apply(l)
		s.offset += int64(len(data))
	}
}

func (s *store) apply(l line) {
	s.lines++
	switch {
	case l.Format != "":
		s.salt = l.Salt
	case l.Put != nil:
		s.objects[l.Put.key()] = l.Put
	case l.Drop != "":
		delete(s.objects, l.Drop)
	case l.Serial != "":
		s.serials[l.Serial] = l.N
	}
}

// append writes lines that are already applied in memory.
func (s *store) append(lines []line) error {
	s.lines += len(lines)
	if s.path == "" || len(lines) == 0 {
		return nil
	}
	if s.lines > 1000 && s.lines > 4*(len(s.objects)+len(s.serials)) {
		return s.create()
	}
	data, err := encode(lines)
	if err != nil {
		return err
	}
	if _, err := s.file.WriteAt(data, s.offset); err != nil {
		return errors.Join(fmt.Errorf("write the simulated cloud: %w", err), s.file.Truncate(s.offset))
	}
	s.offset += int64(len(data))
	return nil
}

func encode(lines []line) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	for _, l := range lines {
		if err := e.Encode(l); err != nil {
			return nil, fmt.Errorf("encode the simulated cloud: %w", err)
		}
	}
	return b.Bytes(), nil
}

// create writes all there is into a new file and puts it in place.
func (s *store) create() error {
	if s.salt == "" {
		s.salt = newSalt()
	}
	lines := []line{{Format: storeFormat, Salt: s.salt}}
	for _, o := range s.sorted() {
		lines = append(lines, line{Put: o})
	}
	for urn, n := range s.serials {
		lines = append(lines, line{Serial: urn, N: n})
	}
	data, err := encode(lines)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.path), filepath.Base(s.path)+".*")
	if err != nil {
		return fmt.Errorf("write the simulated cloud: %w", err)
	}
	if _, err = f.Write(data); err == nil {
		err = os.Rename(f.Name(), s.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write the simulated cloud: %w", err), f.Close(), os.Remove(f.Name()))
	}
	if s.file != nil {
		_ = s.file.Close()
	}
	s.file, s.offset, s.lines = f, int64(len(data)), len(lines)
	return nil
}

func (s *store) sorted() []*Object {
	all := make([]*Object, 0, len(s.objects))
	for _, o := range s.objects {
		all = append(all, o)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].key() < all[j].key() })
	return all
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, f := range []*os.File{s.file, s.guard} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	s.file, s.guard = nil, nil
	return err
}
