package backup

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// magic is the first line of every backup; its number is the version of the form.
const magic = "pilot-backup 1\n"

const (
	// maxHeader bounds the header's line.
	maxHeader = 64 << 10
	// maxData is more than any server has: its database is held in memory here.
	maxData = 1 << 30
)

// Errors of a file that can't be restored.
var (
	// ErrForeign is a file that is no backup of a Pilot server.
	ErrForeign = errors.New("it is no backup that pilot server backup wrote")
	// ErrDamaged is a backup that is truncated or altered.
	ErrDamaged = errors.New("the backup is damaged")
)

// Header describes a backup.
type Header struct {
	// Stack is the platform's name.
	Stack string `json:"stack"`
	// Server is the version of the server that wrote the data.
	Server string `json:"server"`
	// Created is when, in UTC.
	Created time.Time `json:"created"`
	// Size is the data's length in bytes, SHA256 its sum in hexadecimal.
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Backup is a header with the server's data. The data is as secret as the
// server: it holds its variables and its signing key.
type Backup struct {
	Header
	data []byte
}

// WriteTo writes the backup.
func (b *Backup) WriteTo(w io.Writer) (int64, error) {
	head, err := json.Marshal(b.Header)
	if err != nil {
		return 0, err
	}
	var all bytes.Buffer
	all.WriteString(magic)
	all.Write(append(head, '\n'))
	all.Write(b.data)
	return all.WriteTo(w)
}

// Save writes the backup to a file that only its owner can read. The file is
// there as a whole or not at all, and an existing one is not written over. Missing
// folders are made for their owner alone.
func (b *Backup) Save(file string) (err error) {
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s is there already: want a new file", file)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*")
	if err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	defer os.Remove(tmp.Name())
	if _, err = b.WriteTo(tmp); err == nil {
		err = tmp.Sync()
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		// A link, and no renaming: it fails where the file has come to be there.
		err = os.Link(tmp.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return nil
}

// Load reads a file as Read does.
func Load(file string) (*Backup, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the backup: %w", err)
	}
	defer f.Close()
	b, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return b, nil
}

// Read reads a backup and checks all of it. The error is ErrForeign or
// ErrDamaged where the content is at fault.
func Read(r io.Reader) (*Backup, error) {
	in := bufio.NewReader(io.LimitReader(r, maxData))
	first := make([]byte, len(magic))
	n, err := io.ReadFull(in, first)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	switch {
	case n == 0:
		return nil, fmt.Errorf("%w: it is empty", ErrForeign)
	case n < len(magic) && bytes.HasPrefix([]byte(magic), first[:n]):
		return nil, fmt.Errorf("%w: it ends after %d bytes", ErrDamaged, n)
	case string(first) != magic:
		if bytes.HasPrefix(first, []byte("pilot-backup ")) {
			return nil, fmt.Errorf("%w: it has a form that this version of pilot does not know: want %q", ErrForeign, magic[:len(magic)-1])
		}
		return nil, ErrForeign
	}
	line, err := in.ReadSlice('\n')
	if err != nil || len(line) > maxHeader {
		return nil, fmt.Errorf("%w: it ends within its header", ErrDamaged)
	}
	b := &Backup{}
	if err := json.Unmarshal(line, &b.Header); err != nil || b.Size <= 0 || b.Size > maxData {
		return nil, fmt.Errorf("%w: its header can't be read", ErrDamaged)
	}
	if b.data, err = io.ReadAll(in); err != nil {
		return nil, err
	}
	if got := int64(len(b.data)); got != b.Size {
		return nil, fmt.Errorf("%w: it has %d bytes of data, want %d: it was cut or added to", ErrDamaged, got, b.Size)
	}
	if sum := sha256.Sum256(b.data); hex.EncodeToString(sum[:]) != b.SHA256 {
		return nil, fmt.Errorf("%w: its checksum does not fit its data", ErrDamaged)
	}
	// What the server would find out only after it has stopped.
	if _, err := unpack(b.data); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return b, nil
}

// newBackup describes data that has just been taken.
func newBackup(stack, version string, data []byte) *Backup {
	sum := sha256.Sum256(data)
	return &Backup{Header: Header{
		Stack: stack, Server: version, Created: time.Now().UTC().Truncate(time.Second), Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:]),
	}, data: data}
}
