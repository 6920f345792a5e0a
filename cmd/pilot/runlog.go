package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// keptLogs is how many log files of a stack are kept.
const keptLogs = 20

// runLog writes what the engine says, as it says it, into a file of its own for
// each run: one JSON event a line, secrets masked. It is made at the first
// event; that it can't be written spoils no run.
type runLog struct {
	home  *home.Home
	stack string

	mu   sync.Mutex
	file *os.File
	err  error
}

func (l *runLog) event(e apitype.EngineEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil && l.err == nil {
		l.file, l.err = l.create()
	}
	if l.err == nil {
		l.err = json.NewEncoder(l.file).Encode(e)
	}
}

func (l *runLog) create() (*os.File, error) {
	dir, err := l.home.LogDir()
	if err != nil {
		return nil, err
	}
	old, err := filepath.Glob(filepath.Join(dir, l.stack+"-*.jsonl"))
	if err != nil {
		return nil, err
	}
	// The names sort by time.
	for sort.Strings(old); len(old) >= keptLogs; old = old[1:] {
		_ = os.Remove(old[0])
	}
	name := fmt.Sprintf("%s-%s-%d.jsonl", l.stack, time.Now().UTC().Format("20060102T150405.000"), os.Getpid())
	return os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
}

// path is where the log lies, empty if there is none.
func (l *runLog) path() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return ""
	}
	return l.file.Name()
}

func (l *runLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		_ = l.file.Close()
		l.file = nil
	}
}
