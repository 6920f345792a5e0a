package infra

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ColorMode says when to colour.
type ColorMode string

// The modes of colouring.
const (
	// ColorAuto colours a terminal, unless NO_COLOR is set or TERM is dumb.
	ColorAuto   ColorMode = "auto"
	ColorAlways ColorMode = "always"
	ColorNever  ColorMode = "never"
)

// TextOption sets up WriteText.
type TextOption func(*textWriter)

// WithColor chooses when to colour; the default is ColorAuto.
func WithColor(m ColorMode) TextOption { return func(t *textWriter) { t.mode = m } }

// WithWidth is the number of columns that no line exceeds; the default is 100,
// the least is 40.
func WithWidth(columns int) TextOption {
	return func(t *textWriter) { t.width = max(columns, minWidth) }
}

const (
	defaultWidth = 100
	minWidth     = 40
)

// WriteText writes the diff as a tree of what changes, with old and new values
// and the reasons for replacements, and one summary line at its end.
// Unchanged resources are only counted, unless something below them changes.
func (d *Diff) WriteText(w io.Writer, opts ...TextOption) error {
	t := &textWriter{mode: ColorAuto, width: defaultWidth}
	for _, o := range opts {
		o(t)
	}
	t.color = t.mode == ColorAlways || (t.mode == ColorAuto && isTerminal(w))
	if len(d.Drift) > 0 {
		t.line("", "", "", "changed outside of this program:")
		t.tree(d.Drift)
	}
	if shown := d.shown(); len(shown) > 0 {
		t.tree(shown)
	}
	if len(d.Outputs) > 0 {
		t.line("", "", "", "outputs:")
		t.properties("  ", d.Outputs)
	}
	t.summary(d.SummaryLine())
	if _, err := io.WriteString(w, t.b.String()); err != nil {
		return fmt.Errorf("write diff: %w", err)
	}
	return nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// shown are the steps that change something and all their ancestors.
func (d *Diff) shown() []Step {
	keep := map[string]bool{}
	parent := map[string]string{}
	for _, s := range d.Steps {
		parent[s.URN] = s.Parent
	}
	for _, s := range d.Steps {
		if !s.Op.changes() {
			continue
		}
		for u := s.URN; u != "" && !keep[u]; u = parent[u] {
			keep[u] = true
		}
	}
	var out []Step
	for _, s := range d.Steps {
		if keep[s.URN] {
			out = append(out, s)
		}
	}
	return out
}

type textWriter struct {
	b     strings.Builder
	mode  ColorMode
	width int
	color bool
}

// The colours, as ANSI escape sequences.
const (
	bold   = "\x1b[1m"
	faint  = "\x1b[2m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	purple = "\x1b[35m"
	cyan   = "\x1b[36m"
	reset  = "\x1b[0m"
)

var opSigns = map[Op]struct{ sign, color string }{
	OpCreate: {"+", green}, OpUpdate: {"~", yellow}, OpReplace: {"+-", purple},
	OpDelete: {"-", red}, OpImport: {"=", cyan}, OpRead: {">", cyan}, OpSame: {"", faint},
}

func (t *textWriter) tree(steps []Step) {
	known := map[string]bool{}
	for _, s := range steps {
		known[s.URN] = true
	}
	children := map[string][]Step{}
	for _, s := range steps {
		p := s.Parent
		if !known[p] || p == s.URN {
			p = ""
		}
		children[p] = append(children[p], s)
	}
	t.branch(children, "", "", true, map[string]bool{})
}

func (t *textWriter) branch(children map[string][]Step, parent, indent string, root bool, seen map[string]bool) {
	kids := children[parent]
	for i, s := range kids {
		lead, below := "├─ ", "│  "
		if i == len(kids)-1 {
			lead, below = "└─ ", "   "
		}
		if root {
			lead, below = "", ""
		}
		t.step(indent+lead, s)
		hasKids := len(children[s.URN]) > 0 && !seen[s.URN]
		under := indent + below
		if hasKids {
			t.details(under+"│  ", s)
			seen[s.URN] = true
			t.branch(children, s.URN, under, false, seen)
		} else {
			t.details(under+"   ", s)
		}
	}
}

func (t *textWriter) step(lead string, s Step) {
	sign := opSigns[s.Op]
	typ, name, tail := s.Type, s.Name, ""
	if s.Type == stackType {
		typ = "stack"
	}
	switch {
	case s.Op == OpReplace:
		tail = "  (replace)"
	case s.Op == OpImport:
		tail = "  (import)"
	case s.Op == OpDelete && len(s.ReplaceReasons) > 0:
		tail = "  (" + s.ReplaceReasons[0] + ")"
	}
	head := ""
	if sign.sign != "" {
		head = sign.sign + " "
	}
	// The name says more than the type: the type gives way first, to half the room.
	room := t.width - runes(lead) - runes(head) - runes(tail) - 2
	typ = cut(typ, max(room/2, room-runes(name)))
	color := sign.color
	if s.Structural {
		color = faint
	}
	t.line(lead, tail, color, head+typ+"  "+name)
}

func (t *textWriter) details(indent string, s Step) {
	t.properties(indent, s.Properties)
	if s.Op != OpReplace {
		return
	}
	shown := map[string]bool{}
	for _, p := range s.Properties {
		shown[p.Path] = p.Kind.Replaces()
	}
	for _, r := range s.ReplaceReasons {
		if !shown[r] {
			t.line(indent, "", purple, "replaced: "+r)
		}
	}
}

func (t *textWriter) properties(indent string, changes []PropertyChange) {
	for _, p := range changes {
		color := map[PropertyKind]string{KindAdd: green, KindDelete: red, KindUpdate: yellow}[p.Kind.Base()]
		tail := ""
		if p.Kind.Replaces() {
			tail, color = "  (forces replacement)", purple
		}
		head := map[PropertyKind]string{KindAdd: "+ ", KindDelete: "- ", KindUpdate: "~ "}[p.Kind.Base()] + cut(p.Path, t.width/2) + ": "
		room := t.width - runes(indent) - runes(head) - runes(tail)
		t.line(indent, tail, color, head+changeText(p, room))
	}
}

// changeText gives old and new within a number of columns.
func changeText(p PropertyChange, room int) string {
	switch p.Kind.Base() {
	case KindAdd:
		return valueText(p.New, room)
	case KindDelete:
		return valueText(p.Old, room)
	}
	const arrow = " → "
	room -= runes(arrow)
	old, new := valueText(p.Old, room), valueText(p.New, room)
	if runes(old)+runes(new) > room {
		// The shorter one gives the longer one what it leaves.
		half := room / 2
		old = valueText(p.Old, max(half, room-runes(new)))
		new = valueText(p.New, room-runes(old))
	}
	return old + arrow + new
}

// line writes one line that fits: body is cut, lead and tail are not.
func (t *textWriter) line(lead, tail, color, body string) {
	body = cut(printable(body), t.width-runes(lead)-runes(tail)) + tail
	if t.color && color != "" {
		body = color + body + reset
	}
	t.b.WriteString(lead + body + "\n")
}

// summary is never cut: it is what a log is searched for.
func (t *textWriter) summary(text string) {
	if t.color {
		text = bold + text + reset
	}
	t.b.WriteString(text + "\n")
}

// printable keeps a resource's name from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

func runes(s string) int { return utf8.RuneCountInString(s) }

// cut shortens s to n columns and marks where it did.
func cut(s string, n int) string {
	if runes(s) <= n {
		return s
	}
	if n < 1 {
		return ""
	}
	return string([]rune(s)[:n-1]) + "…"
}

// valueText is a value on one line, at most room columns wide (but at least 8).
func valueText(v any, room int) string {
	room = max(room, 8)
	switch v := v.(type) {
	case nil:
		return "(none)"
	case Marker:
		return string(v)
	case string:
		return cut(fmt.Sprintf("%q", v), room)
	}
	return cut(canonical(v), room)
}
