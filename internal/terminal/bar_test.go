package terminal

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestBarPlain(t *testing.T) {
	var out bytes.Buffer
	b := NewBar(&out, "plugin aws")
	for done := int64(0); done <= 1000; done += 100 {
		b.Update(done*1000, 1000*1000)
	}
	b.now = func() time.Time { return b.begun.Add(3 * time.Second) }
	b.Close(nil)
	const want = "fetching plugin aws (1.0 MB) ...\nfetching plugin aws: 25%\nfetching plugin aws: 50%\nfetching plugin aws: 75%\nfetched plugin aws in 3.0s\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestBarUnused(t *testing.T) {
	var out bytes.Buffer
	NewBar(&out, "nothing").Close(nil)
	if out.Len() > 0 {
		t.Errorf("got %q", out.String())
	}
}

// TestBarTerminal draws one line over and over, at its pace, within the width.
func TestBarTerminal(t *testing.T) {
	var out bytes.Buffer
	b := NewBar(&out, "plugin aws")
	b.style.TTY, b.style.Width = true, 50
	now := time.Unix(0, 0)
	b.now = func() time.Time { return now }
	for done := int64(0); done <= 1000; done++ {
		b.Update(done, 1000)
		now = now.Add(time.Millisecond)
	}
	b.Close(errors.New("no"))
	frames := strings.Split(out.String(), "\r\x1b[K")[1:]
	if len(frames) != 12 {
		t.Errorf("%d drawings in a second", len(frames))
	}
	for _, f := range frames {
		if len(f) > 49 || strings.Contains(f, "\n") {
			t.Errorf("%q does not fit", f)
		}
	}
	if want := "plugin aws  [============            ]  50%  500"; !strings.HasPrefix(frames[5], want) {
		t.Errorf("got %q, want %q", frames[5], want)
	}
	if last := frames[len(frames)-1]; last != "" {
		t.Errorf("the end leaves %q", last)
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 999_949: "999.9 kB", 999_950: "1.0 MB", 212_345_678: "212.3 MB",
		1_500_000_000: "1.5 GB", 2_000_000_000_000_000: "2000.0 TB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
