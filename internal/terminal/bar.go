package terminal

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Bar shows how far a download is: one line that is drawn again and again on a
// terminal, and a line at each quarter elsewhere. Its methods may be called
// from any goroutine.
type Bar struct {
	mu      sync.Mutex
	w       io.Writer
	style   Style
	label   string
	begun   time.Time
	drawn   time.Time
	quarter int64
	now     func() time.Time
}

// NewBar makes a bar for what label names. Nothing is shown before the first
// call of Update.
func NewBar(w io.Writer, label string) *Bar {
	return &Bar{w: w, style: StyleOf(w), label: label, now: time.Now}
}

// barPace is the time between two drawings.
const barPace = 100 * time.Millisecond

// Update says how many bytes are here, and of how many; total is 0 while that
// is not known.
func (b *Bar) Update(done, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	first := b.begun.IsZero()
	if first {
		b.begun = now
	}
	if !b.style.TTY {
		b.plain(done, total, first)
		return
	}
	if now.Sub(b.drawn) >= barPace || done == total {
		b.drawn = now
		fmt.Fprintf(b.w, "\r\x1b[K%s", b.line(done, total))
	}
}

func (b *Bar) plain(done, total int64, first bool) {
	if first {
		fmt.Fprintf(b.w, "fetching %s%s ...\n", b.label, of(total))
	}
	if total <= 0 {
		return
	}
	if q := done * 4 / total; q > b.quarter && q < 4 {
		b.quarter = q
		fmt.Fprintf(b.w, "fetching %s: %d%%\n", b.label, q*25)
	}
}

func of(total int64) string {
	if total <= 0 {
		return ""
	}
	return " (" + Bytes(total) + ")"
}

const barWidth = 24

// line is the picture; it never fills the last column, where terminals wrap.
func (b *Bar) line(done, total int64) string {
	text := fmt.Sprintf("%s  %s", b.label, Bytes(done))
	if total > 0 {
		full := int(min(done, total) * barWidth / total)
		text = fmt.Sprintf("%s  [%s%s] %3d%%  %s of %s", b.label, strings.Repeat("=", full), strings.Repeat(" ", barWidth-full),
			min(done, total)*100/total, Bytes(done), Bytes(total))
	}
	if r := []rune(text); len(r) >= b.style.Width {
		text = string(r[:max(b.style.Width-1, 0)])
	}
	return text
}

// Close ends the bar; a non-nil err leaves the saying of it to the caller.
func (b *Bar) Close(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.begun.IsZero() {
		return
	}
	if b.style.TTY {
		fmt.Fprint(b.w, "\r\x1b[K")
	}
	if err == nil {
		fmt.Fprintf(b.w, "fetched %s in %s\n", b.label, Elapsed(b.now().Sub(b.begun)))
	}
}

// Bytes gives a size the way people read it: 812 B, 1.4 MB.
func Bytes(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	size, units := float64(n), []string{"kB", "MB", "GB", "TB"}
	unit := ""
	for _, unit = range units {
		if size /= 1000; size < 999.95 {
			break
		}
	}
	return fmt.Sprintf("%.1f %s", size, unit)
}
