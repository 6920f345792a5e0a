package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"gocloud.dev/gcerrors"
)

// journalFile is the journal of a file:// backend, which lies beside the checkpoint.
func (s *store) journalFile() string {
	return filepath.Join(s.dir, filepath.FromSlash(s.base()+".journal"))
}

// journalDir holds the journal's batches in a bucket: objects can't be
// appended to, so each batch is one object and their names sort by order.
func (s *store) journalDir() string {
	return path.Join(bookkeeping, "journals", s.ref.Project, s.ref.Stack) + "/"
}

func (s *store) newMedium(ctx context.Context) (medium, error) {
	if s.dir == "" {
		if err := s.removeJournal(ctx); err != nil {
			return nil, err
		}
		return &bucketMedium{ctx: ctx, store: s}, nil
	}
	name := s.journalFile()
	f, err := createJournal(name)
	if err != nil {
		return nil, err
	}
	if err := syncPath(filepath.Dir(name)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &fileMedium{f: f}, nil
}

// journalKey names the journal in errors.
func (s *store) journalKey() string {
	if s.dir == "" {
		return s.journalDir()
	}
	return s.base() + ".journal"
}

// createJournal makes a new file. One that is there already must be the empty
// one of an operation that was killed before its first line: any other was
// folded when the lock was taken.
func createJournal(name string) (*os.File, error) {
	const flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	f, err := os.OpenFile(name, flags, 0o600)
	if !errors.Is(err, fs.ErrExist) {
		return f, err
	}
	if info, statErr := os.Stat(name); statErr != nil || info.Size() > 0 {
		return nil, err
	}
	if err := os.Remove(name); err != nil {
		return nil, err
	}
	return os.OpenFile(name, flags, 0o600)
}

// reopenMedium continues a journal that is already there, after its last whole
// line.
func (s *store) reopenMedium(ctx context.Context) (medium, error) {
	if s.dir == "" {
		m := &bucketMedium{ctx: ctx, store: s}
		err := s.eachBatch(ctx, func(string) error { m.n++; return nil })
		return m, err
	}
	f, err := os.OpenFile(s.journalFile(), os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	whole, err := lastLineEnd(f)
	if err == nil {
		err = f.Truncate(whole)
	}
	if err == nil {
		_, err = f.Seek(whole, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &fileMedium{f: f, good: whole}, nil
}

// lastLineEnd gives the length of the file without a last line that was cut off.
func lastLineEnd(f *os.File) (int64, error) {
	data, err := io.ReadAll(f)
	if err != nil {
		return 0, err
	}
	return int64(bytes.LastIndexByte(data, '\n') + 1), nil
}

// file is what fileMedium asks of an *os.File.
type file interface {
	io.WriteSeeker
	Truncate(size int64) error
	Sync() error
	Close() error
	Name() string
}

type fileMedium struct {
	f file
	// good is how much of the file is safe. torn says that there may be more:
	// what a write that failed has left.
	good int64
	torn bool
}

func (m *fileMedium) append(lines []byte) error {
	if m.torn {
		if err := m.cut(); err != nil {
			return err
		}
	}
	_, err := m.f.Write(lines)
	if err == nil {
		err = m.f.Sync()
	}
	if err != nil {
		// A full disk takes half a line. Another behind it would make both unreadable.
		m.torn = true
		return errors.Join(err, m.cut())
	}
	m.good += int64(len(lines))
	return nil
}

// cut removes what is not safe.
func (m *fileMedium) cut() error {
	if err := m.f.Truncate(m.good); err != nil {
		return err
	}
	if _, err := m.f.Seek(m.good, io.SeekStart); err != nil {
		return err
	}
	m.torn = false
	return nil
}

func (m *fileMedium) close() error { return m.f.Close() }

func (m *fileMedium) remove() error {
	return errors.Join(m.f.Close(), os.Remove(m.f.Name()))
}

type bucketMedium struct {
	ctx   context.Context
	store *store
	n     int // batches that are safe
}

// append writes the next batch. One that failed may be there all the same: the
// next one takes its place.
func (m *bucketMedium) append(lines []byte) error {
	if err := m.store.write(m.ctx, m.store.batchKey(m.n+1), lines); err != nil {
		return err
	}
	m.n++
	return nil
}

func (m *bucketMedium) close() error  { return nil }
func (m *bucketMedium) remove() error { return m.store.removeJournal(m.ctx) }

// readJournal gives what a journal holds, or nil if there is none.
func (s *store) readJournal(ctx context.Context) ([]byte, error) {
	if s.dir != "" {
		data, err := os.ReadFile(s.journalFile())
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return data, err
	}
	var all bytes.Buffer
	first := true
	err := s.eachBatch(ctx, func(key string) error {
		if first && key != s.batchKey(1) {
			return errLeftover
		}
		first = false
		data, err := s.bucket.ReadAll(ctx, key)
		all.Write(data)
		return err
	})
	if errors.Is(err, errLeftover) {
		return nil, nil
	}
	return all.Bytes(), err
}

// errLeftover says that a journal's removal was cut off after its first batch.
var errLeftover = errors.New("journal was being removed")

func (s *store) batchKey(n int) string {
	return fmt.Sprintf("%s%010d.jsonl", s.journalDir(), n)
}

func (s *store) eachBatch(ctx context.Context, do func(key string) error) error {
	all, err := s.list(ctx, s.journalDir())
	if err != nil {
		return err
	}
	for _, obj := range all {
		if err := do(obj.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return err
		}
	}
	return nil
}

func (s *store) removeJournal(ctx context.Context) error {
	if s.dir != "" {
		err := os.Remove(s.journalFile())
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	// The first batch goes first: what a crash leaves behind is then known to
	// be of no use.
	return s.eachBatch(ctx, func(key string) error { return s.bucket.Delete(ctx, key) })
}

// setJournalAside keeps a journal that doesn't belong to the present
// checkpoint under another name, and returns that name.
func (s *store) setJournalAside(ctx context.Context, data []byte) (string, error) {
	key := fmt.Sprintf("%s.journal-%d", s.base(), time.Now().UnixNano())
	if s.dir != "" {
		name := filepath.Join(s.dir, filepath.FromSlash(key))
		return name, os.Rename(s.journalFile(), name)
	}
	if err := s.write(ctx, key, data); err != nil {
		return "", err
	}
	return key, s.removeJournal(ctx)
}
