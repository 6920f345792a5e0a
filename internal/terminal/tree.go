package terminal

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// tree is a live picture of rows under their parents. The pace of drawing is
// its own: callers only note facts and never wait for the terminal.
type tree struct {
	program *tea.Program
	ended   chan struct{}

	mu    sync.Mutex
	style Style
	rows  map[string]*node
	order []string
	start time.Time
	now   func() time.Time
}

type node struct {
	Row
	begun, ended time.Time
	problem      string
}

type tick struct{}

func newTree(out *os.File, style Style) *tree {
	t := &tree{style: style, rows: map[string]*node{}, start: time.Now(), now: time.Now, ended: make(chan struct{})}
	// Input and signals stay with the command: it decides what Ctrl-C means.
	t.program = tea.NewProgram(model{t}, tea.WithOutput(out), tea.WithInput(nil), tea.WithoutSignalHandler())
	go func() {
		defer close(t.ended)
		_, _ = t.program.Run()
	}()
	return t
}

func (t *tree) Start(r Row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n, seen := t.rows[r.ID]; seen {
		n.Op = r.Op
		return
	}
	t.rows[r.ID] = &node{Row: r, begun: t.now()}
	t.order = append(t.order, r.ID)
}

func (t *tree) Done(r Row, problem string) {
	t.Start(r)
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.rows[r.ID]
	n.Op, n.ended, n.problem = r.Op, t.now(), problem
}

func (t *tree) Note(line string) { t.program.Println(line) }

func (t *tree) Close() {
	t.program.Send(tea.Quit())
	<-t.ended
}

type model struct{ t *tree }

func nextTick() tea.Cmd {
	return tea.Tick(100*time.Millisecond, func(time.Time) tea.Msg { return tick{} })
}

func (m model) Init() tea.Cmd { return nextTick() }

func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tick:
		return m, nextTick()
	case tea.WindowSizeMsg:
		m.t.mu.Lock()
		m.t.style.Width, m.t.style.Height = msg.Width, msg.Height
		m.t.mu.Unlock()
	}
	return m, nil
}

func (m model) View() string { return m.t.view() }

// view draws the tree. Where it is taller than the terminal, what has ended
// well gives way first.
func (t *tree) view() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := t.lines(func(*node) bool { return true })
	if room := t.style.Height - 2; t.style.Height > 0 && len(lines) > room {
		lines = t.lines(func(n *node) bool { return n.ended.IsZero() || n.problem != "" })
		if len(lines) > room && room > 0 {
			lines = lines[len(lines)-room:]
		}
	}
	done := 0
	for _, n := range t.rows {
		if !n.ended.IsZero() {
			done++
		}
	}
	state := Elapsed(t.now().Sub(t.start))
	if len(t.rows) > 0 { // a preview has none: nothing is done by it
		state = fmt.Sprintf("%d of %d done, %s", done, len(t.rows), state)
	}
	lines = append(lines, t.style.Dim(state))
	return strings.Join(lines, "\n") + "\n"
}

func (t *tree) lines(show func(*node) bool) []string {
	children := map[string][]*node{}
	for _, id := range t.order {
		n := t.rows[id]
		if !show(n) {
			continue
		}
		parent := n.Parent
		if p, ok := t.rows[parent]; !ok || !show(p) {
			parent = ""
		}
		children[parent] = append(children[parent], n)
	}
	var lines []string
	var walk func(parent, indent string)
	walk = func(parent, indent string) {
		for _, n := range children[parent] {
			lines = append(lines, ansi.Truncate(t.line(n, indent), t.style.Width, "…"))
			if n.ID != parent {
				walk(n.ID, indent+"  ")
			}
		}
	}
	walk("", "")
	return lines
}

func (t *tree) line(n *node, indent string) string {
	name := fmt.Sprintf("%s%s %s", indent, n.Label, t.style.Dim(n.Kind))
	switch {
	case n.problem != "":
		return t.style.Bad("✗ ") + name + " " + t.style.Bad(firstLine(n.problem))
	case n.ended.IsZero():
		return t.style.Warn("● ") + name + " " + t.style.Warn(gerund(n.Op)) + " " + Elapsed(t.now().Sub(n.begun))
	case n.Op == "same" || n.Op == "":
		return t.style.Dim("  ") + name
	default:
		return t.style.Good("✓ ") + name + " " + past(n.Op) + " " + t.style.Dim(Elapsed(n.ended.Sub(n.begun)))
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
