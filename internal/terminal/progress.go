package terminal

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Row is one thing that is being worked on.
type Row struct {
	// ID tells rows apart.
	ID string
	// Parent is the ID of the row that this one belongs under; empty at the top.
	Parent string
	// Label and Kind name the thing for people, such as "database" and "Container".
	Label, Kind string
	// Op is what is being done to it: create, update, delete ...
	Op string
}

// Progress shows long work while it goes on. Its methods may be called from
// any goroutine.
type Progress interface {
	// Start says that work on a row has begun.
	Start(Row)
	// Done says that work on a row has ended; a non-empty problem means that it failed.
	Done(row Row, problem string)
	// Note prints a line that belongs to no row.
	Note(line string)
	// Close draws the last picture and stops drawing.
	Close()
}

// NewProgress returns a live tree where w is a terminal and plain lines elsewhere.
func NewProgress(w io.Writer) Progress {
	style := StyleOf(w)
	if f, ok := w.(*os.File); ok && style.TTY {
		return newTree(f, style)
	}
	return &plain{w: w, begun: map[string]time.Time{}, now: time.Now}
}

// plain prints one line when work on a row begins to take effect and one when
// it has ended, in the order in which things happen.
type plain struct {
	mu    sync.Mutex
	w     io.Writer
	begun map[string]time.Time
	now   func() time.Time
}

func (p *plain) Start(r Row) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, seen := p.begun[r.ID]; seen {
		return
	}
	p.begun[r.ID] = p.now()
	if r.Op == "same" || r.Op == "" {
		return
	}
	fmt.Fprintf(p.w, "%s %s (%s) ...\n", gerund(r.Op), r.Label, r.Kind)
}

func (p *plain) Done(r Row, problem string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	took := ""
	if t, ok := p.begun[r.ID]; ok {
		took = " " + Elapsed(p.now().Sub(t))
	}
	switch {
	case problem != "":
		fmt.Fprintf(p.w, "FAILED to %s %s (%s)%s: %s\n", r.Op, r.Label, r.Kind, took, problem)
	case r.Op == "same" || r.Op == "":
	default:
		fmt.Fprintf(p.w, "%s %s (%s)%s\n", past(r.Op), r.Label, r.Kind, took)
	}
}

func (p *plain) Note(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.w, line)
}

func (p *plain) Close() {}

// Elapsed gives a duration the way people read it: 0.4s, 12s, 3m05s.
func Elapsed(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	default:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
}

var verbs = map[string][2]string{
	"create":  {"creating", "created"},
	"update":  {"updating", "updated"},
	"delete":  {"deleting", "deleted"},
	"replace": {"replacing", "replaced"},
	"refresh": {"refreshing", "refreshed"},
	"read":    {"reading", "read"},
	"import":  {"importing", "imported"},
	"same":    {"checking", "unchanged"},
}

func gerund(op string) string {
	if v, ok := verbs[op]; ok {
		return v[0]
	}
	return op
}

func past(op string) string {
	if v, ok := verbs[op]; ok {
		return v[1]
	}
	return op
}
