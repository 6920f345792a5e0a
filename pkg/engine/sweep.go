package engine

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// What a kill may leave beside the files of a file:// backend. Pulumi writes
// the attributes of each file into a sidecar, which is not written atomically;
// a sidecar that was cut off makes its file unreadable. This package writes
// none, since nothing reads them for anything else.
const (
	sidecarExt = ".attrs"
	tempExt    = ".tmp"
	// tempAge and sidecarAge are how old leftovers are at least: younger ones
	// may be somebody's write under way.
	tempAge    = time.Minute
	sidecarAge = 5 * time.Second
)

// sweep removes what a kill left beside the stack's checkpoint and locks.
func (s *store) sweep() error {
	if s.dir == "" {
		return nil
	}
	var errs []error
	base := filepath.Join(s.dir, filepath.FromSlash(s.base()+".json"))
	locks := filepath.Join(s.dir, filepath.FromSlash(s.lockDir()))
	for _, pattern := range []string{base + "*" + sidecarExt, base + "*" + tempExt, filepath.Join(locks, "*"+sidecarExt), filepath.Join(locks, "*"+tempExt)} {
		found, err := filepath.Glob(pattern)
		errs = append(errs, err)
		for _, name := range found {
			if !leftover(name) {
				continue
			}
			if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// leftover tells whether a file is of no use to anybody.
func leftover(name string) bool {
	info, err := os.Stat(name)
	if err != nil {
		return false
	}
	age := time.Since(info.ModTime())
	if filepath.Ext(name) == tempExt {
		return age > tempAge
	}
	data, err := os.ReadFile(name)
	return err == nil && age > sidecarAge && !json.Valid(data)
}
