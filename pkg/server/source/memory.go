package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing"
)

// memory remembers the objects of an app's last push, in a file. It only saves
// work: a lost or damaged file makes the next push send everything.
type memory struct {
	file string
}

// The file is this line, then hashes of 20 bytes: the commit's, then the others'.
const memoryHeader = "pilot pushed objects 1\n"

func (r Receiver) memory(project, app string) memory {
	if r.Cache == "" {
		return memory{}
	}
	name := sha256.Sum256([]byte(r.URL + "\n" + string(r.CA) + "\n" + project + "\n" + app))
	return memory{file: filepath.Join(r.Cache, hex.EncodeToString(name[:12]))}
}

// missing gives the objects that the receiver lacks. What it has is known only
// through a commit it still advertises.
func (m memory) missing(objects []object, advertised map[plumbing.Hash]bool) []object {
	content, err := os.ReadFile(m.file)
	if m.file == "" || err != nil {
		return objects
	}
	hashes, ok := bytes.CutPrefix(content, []byte(memoryHeader))
	const size = len(plumbing.Hash{})
	if !ok || len(hashes) < size || len(hashes)%size != 0 || !advertised[plumbing.Hash(hashes[:size])] {
		return objects
	}
	has := make(map[plumbing.Hash]bool, len(hashes)/size)
	for ; len(hashes) > 0; hashes = hashes[size:] {
		has[plumbing.Hash(hashes[:size])] = true
	}
	var out []object
	for _, o := range objects {
		if !has[o.hash] {
			out = append(out, o)
		}
	}
	return out
}

// remember writes down what the receiver has now.
func (m memory) remember(s *Snapshot) {
	if m.file == "" {
		return
	}
	b := bytes.NewBufferString(memoryHeader)
	b.Write(s.commit[:])
	for _, o := range s.objects {
		b.Write(o.hash[:])
	}
	if os.MkdirAll(filepath.Dir(m.file), 0o700) != nil {
		return
	}
	tmp, err := os.CreateTemp(filepath.Dir(m.file), ".new-*")
	if err != nil {
		return
	}
	_, err = tmp.Write(b.Bytes())
	if cerr := tmp.Close(); err != nil || cerr != nil || os.Rename(tmp.Name(), m.file) != nil {
		_ = os.Remove(tmp.Name())
	}
}
