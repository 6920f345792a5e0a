package cloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// log is a log that grows while it is read.
type log struct {
	entries []Entry
	asked   []time.Time
	// grow is called before each question.
	grow func(n int)
}

func (l *log) add(id string, ago time.Duration) {
	l.entries = append(l.entries, Entry{ID: id, At: time.Now().Add(-ago), Text: id})
	slices.SortStableFunc(l.entries, func(a, b Entry) int { return a.At.Compare(b.At) })
}

func (l *log) fetch(_ context.Context, from time.Time) ([]Entry, error) {
	if l.grow != nil {
		l.grow(len(l.asked))
	}
	l.asked = append(l.asked, from)
	if l.entries == nil {
		return nil, ErrNoLogs
	}
	var out []Entry
	for _, e := range l.entries {
		if !e.At.Before(from) {
			out = append(out, e)
		}
	}
	return out, nil
}

func read(t *testing.T, l *log, opts LogOptions, stop func(seen []string) bool) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	opts.Every = time.Millisecond
	var seen []string
	err := Read(ctx, l.fetch, opts, func(e Entry) error {
		seen = append(seen, e.Text)
		if stop != nil && stop(seen) {
			cancel()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func TestReadFromTheOldestOn(t *testing.T) {
	l := &log{}
	l.add("a", 80*time.Hour)
	l.add("b", 5*time.Hour)
	l.add("c", time.Minute)
	for _, c := range []struct {
		opts LogOptions
		want string
	}{
		{LogOptions{}, "[a b c]"},
		{LogOptions{Tail: 1}, "[c]"},
		{LogOptions{Tail: 2}, "[b c]"},
		{LogOptions{Tail: 9}, "[a b c]"},
		{LogOptions{Since: 6 * time.Hour}, "[b c]"},
		{LogOptions{Since: 6 * time.Hour, Tail: 9}, "[b c]"},
		{LogOptions{Since: time.Second}, "[]"},
	} {
		if got := fmt.Sprint(read(t, l, c.opts, nil)); got != c.want {
			t.Errorf("%+v: %s, want %s", c.opts, got, c.want)
		}
	}
	l.asked = nil
	read(t, l, LogOptions{Tail: 1}, nil)
	if len(l.asked) != 1 || time.Since(l.asked[0]) > time.Hour {
		t.Errorf("the last line is looked for from %v on", l.asked)
	}
}

func TestFollowShowsEachEntryOnce(t *testing.T) {
	l := &log{}
	l.grow = func(n int) {
		switch n {
		case 2:
			l.add("a", 0)
		case 4:
			l.add("b", 0)
			l.add("late", 10*time.Second) // found after what is newer
		case 20:
			l.add("end", 0)
		}
	}
	got := read(t, l, LogOptions{Follow: true}, func(seen []string) bool { return seen[len(seen)-1] == "end" })
	if fmt.Sprint(got) != "[a late b end]" {
		t.Errorf("got %v", got)
	}
	if from := l.asked[len(l.asked)-1]; time.Since(from) > time.Minute {
		t.Errorf("the last question is still about %s ago", time.Since(from))
	}
}

func TestFollowBeginsWithTheLastLines(t *testing.T) {
	l := &log{}
	for i, id := range []string{"a", "b", "c"} {
		l.add(id, time.Duration(3-i)*time.Second)
	}
	l.grow = func(n int) {
		if n == 5 {
			l.add("d", 0)
		}
	}
	got := read(t, l, LogOptions{Follow: true, Tail: 2}, func(seen []string) bool { return seen[len(seen)-1] == "d" })
	if fmt.Sprint(got) != "[b c d]" {
		t.Errorf("got %v", got)
	}
}

func TestReadTellsErrors(t *testing.T) {
	if err := Read(t.Context(), (&log{}).fetch, LogOptions{}, nil); !errors.Is(err, ErrNoLogs) {
		t.Errorf("an empty log: %v", err)
	}
	broken := errors.New("broken")
	fetch := func(context.Context, time.Time) ([]Entry, error) { return nil, broken }
	for _, follow := range []bool{false, true} {
		if err := Read(t.Context(), fetch, LogOptions{Follow: follow}, nil); !errors.Is(err, broken) {
			t.Errorf("follow %v: %v", follow, err)
		}
	}
}
