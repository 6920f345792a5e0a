// Package terminal renders what Pilot has to say: colours where they are
// welcome, a live tree of what is being done, plain lines where there is no
// terminal, tables and questions.
package terminal

import (
	"io"
	"os"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/term"
	"github.com/muesli/termenv"
)

// Style says what an output stream can show.
type Style struct {
	// TTY is whether a person watches.
	TTY bool
	// Color is whether colours are welcome: a terminal, and NO_COLOR unset.
	Color bool
	// Width is the terminal's width in columns, or 100 where there is none.
	Width int
	// Height is the terminal's height in rows, or 0 where there is none.
	Height int

	paint *lipgloss.Renderer
}

// StyleOf looks at w. NO_COLOR (no-color.org) and TERM=dumb turn colours off.
func StyleOf(w io.Writer) Style {
	s := Style{Width: 100}
	if f, ok := w.(*os.File); ok && term.IsTerminal(f.Fd()) {
		s.TTY = os.Getenv("TERM") != "dumb"
		s.Color = s.TTY && os.Getenv("NO_COLOR") == ""
		if width, height, err := term.GetSize(f.Fd()); err == nil && width > 0 {
			s.Width, s.Height = width, height
		}
	}
	s.paint = lipgloss.NewRenderer(w)
	if s.Color {
		s.paint.SetColorProfile(termenv.ANSI)
	} else {
		s.paint.SetColorProfile(termenv.Ascii)
	}
	return s
}

// IsTTY reports whether f is a terminal that a person can answer at.
func IsTTY(f *os.File) bool { return term.IsTerminal(f.Fd()) }

func (s Style) color(c, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return s.paint.NewStyle().Foreground(lipgloss.Color(c)).Render(text)
}

// Good colours what went well.
func (s Style) Good(text string) string { return s.color("2", text) }

// Bad colours what went wrong.
func (s Style) Bad(text string) string { return s.color("1", text) }

// Warn colours what deserves a look.
func (s Style) Warn(text string) string { return s.color("3", text) }

// Dim colours what matters less.
func (s Style) Dim(text string) string { return s.color("8", text) }

// Bold sets off a heading.
func (s Style) Bold(text string) string {
	if !s.Color || text == "" {
		return text
	}
	return s.paint.NewStyle().Bold(true).Render(text)
}
