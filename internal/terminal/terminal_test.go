package terminal

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func TestPlainTellsWhatHappensInOrder(t *testing.T) {
	var out bytes.Buffer
	c := &clock{time.Unix(0, 0)}
	p := &plain{w: &out, begun: map[string]time.Time{}, now: c.now}
	db := Row{ID: "db", Label: "database", Kind: "Container", Op: "create"}
	same := Row{ID: "net", Label: "network", Kind: "Network", Op: "same"}
	p.Start(db)
	p.Start(db)
	p.Start(same)
	p.Done(same, "")
	c.t = c.t.Add(75 * time.Second)
	p.Done(db, "")
	p.Done(Row{ID: "x", Label: "gateway", Kind: "Container", Op: "delete"}, "in use")
	p.Note("a line")
	want := "creating database (Container) ...\n" +
		"created database (Container) 1m15s\n" +
		"FAILED to delete gateway (Container): in use\n" +
		"a line\n"
	if out.String() != want {
		t.Errorf("got:\n%swant:\n%s", out.String(), want)
	}
}

func TestTreePutsRowsUnderTheirParents(t *testing.T) {
	c := &clock{time.Unix(0, 0)}
	tr := &tree{style: StyleOf(&bytes.Buffer{}), rows: map[string]*node{}, now: c.now, start: c.t}
	tr.Start(Row{ID: "p", Label: "platform", Kind: "Stack", Op: "create"})
	tr.Start(Row{ID: "db", Parent: "p", Label: "database", Kind: "Container", Op: "create"})
	tr.Done(Row{ID: "net", Parent: "p", Label: "network", Kind: "Network", Op: "create"}, "")
	tr.Done(Row{ID: "gw", Parent: "p", Label: "gateway", Kind: "Container", Op: "create"}, "port taken\nmore")
	c.t = c.t.Add(2 * time.Second)
	want := "● platform Stack creating 2.0s\n" +
		"●   database Container creating 2.0s\n" +
		"✓   network Network created 0.0s\n" +
		"✗   gateway Container port taken\n" +
		"2 of 4 done, 2.0s\n"
	if got := tr.view(); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestTreeFitsASmallTerminal(t *testing.T) {
	c := &clock{time.Unix(0, 0)}
	style := StyleOf(&bytes.Buffer{})
	style.Width, style.Height = 20, 6
	tr := &tree{style: style, rows: map[string]*node{}, now: c.now, start: c.t}
	for i := range 10 {
		r := Row{ID: string(rune('a' + i)), Label: strings.Repeat("long", 8), Kind: "K", Op: "create"}
		if i < 7 {
			tr.Done(r, "")
		} else {
			tr.Start(r)
		}
	}
	lines := strings.Split(strings.TrimRight(tr.view(), "\n"), "\n")
	if len(lines) != 4 {
		t.Errorf("%d lines, want the 3 that are under way and the count:\n%s", len(lines), tr.view())
	}
	for _, l := range lines {
		if n := len([]rune(l)); n > 20 {
			t.Errorf("line of %d columns: %q", n, l)
		}
	}
}

func TestNoColorWithoutATerminal(t *testing.T) {
	s := StyleOf(&bytes.Buffer{})
	if got := s.Good("x") + s.Bad("y") + s.Bold("z"); got != "xyz" {
		t.Errorf("got %q, want no escapes", got)
	}
	if s.Width != 100 || s.TTY {
		t.Errorf("got %+v", s)
	}
}

func TestQuestionsNeedATerminal(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if _, err := Confirm(r, &bytes.Buffer{}, "sure?"); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("Confirm: %v, want ErrNoAnswer", err)
	}
	var name string
	if err := Ask(r, &bytes.Buffer{}, Question{Title: "name", Value: &name}); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("Ask: %v, want ErrNoAnswer", err)
	}
}

func TestTableAlignsColumns(t *testing.T) {
	var out bytes.Buffer
	Table(&out, []string{"NAME", "STATE"}, [][]string{{"a", "up"}, {"longer", ""}})
	want := "NAME    STATE\na       up\nlonger\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestElapsed(t *testing.T) {
	for d, want := range map[time.Duration]string{
		440 * time.Millisecond: "0.4s", 12 * time.Second: "12s", 185 * time.Second: "3m05s",
	} {
		if got := Elapsed(d); got != want {
			t.Errorf("Elapsed(%v) = %q, want %q", d, got, want)
		}
	}
}
