package main

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// line is one row of a screen.
type line struct {
	spans []span
	width int
}

// span is text in one style, which is attributes of an SVG element.
type span struct{ text, style string }

// look is what the escape sequences so far ask for.
type look struct {
	bold, faint bool
	colour      string
}

func (k look) style() string {
	var parts []string
	if k.colour != "" {
		parts = append(parts, `fill="`+k.colour+`"`)
	}
	if k.bold {
		parts = append(parts, `font-weight="bold"`)
	}
	if k.faint {
		parts = append(parts, `opacity="0.6"`)
	}
	return strings.Join(parts, " ")
}

// palette are the sixteen colours of a terminal, on a dark ground.
var palette = [16]string{
	"#4a5568", "#fc8181", "#68d391", "#f6e05e", "#63b3ed", "#d6bcfa", "#76e4f7", "#e2e8f0",
	"#a0aec0", "#feb2b2", "#9ae6b4", "#faf089", "#90cdf4", "#e9d8fd", "#9decf9", "#ffffff",
}

// parse reads a screen with the escape sequences for colours; others are left out.
func parse(text string) []line {
	var lines []line
	var k look
	for row := range strings.SplitSeq(text, "\n") {
		var l line
		for row != "" {
			escape := strings.IndexByte(row, 0x1b)
			plain := row
			if escape >= 0 {
				plain = row[:escape]
			}
			if plain = strings.Map(printable, plain); plain != "" {
				l.spans = append(l.spans, span{plain, k.style()})
				l.width += utf8.RuneCountInString(plain)
			}
			if escape < 0 {
				break
			}
			row = k.sequence(row[escape+1:])
		}
		lines = append(lines, l)
	}
	return lines
}

func printable(r rune) rune {
	if r < ' ' {
		return -1
	}
	return r
}

// sequence reads what follows an escape character, and gives the rest.
func (k *look) sequence(text string) string {
	if !strings.HasPrefix(text, "[") {
		// Such as the choice of a character set: one letter, after a bracket.
		return text[min(len(text), 2):]
	}
	end := strings.IndexFunc(text[1:], func(r rune) bool { return r >= '@' && r <= '~' })
	if end < 0 {
		return ""
	}
	codes, final, rest := text[1:end+1], text[end+1], text[end+2:]
	if final == 'm' {
		k.set(strings.Split(codes, ";"))
	}
	return rest
}

// set follows the codes of one sequence for colours.
func (k *look) set(codes []string) {
	for i := 0; i < len(codes); i++ {
		n, err := strconv.Atoi(codes[i])
		if err != nil {
			n = 0 // an empty code is 0
		}
		switch {
		case n == 0:
			*k = look{}
		case n == 1:
			k.bold = true
		case n == 2:
			k.faint = true
		case n == 22:
			k.bold, k.faint = false, false
		case n == 39:
			k.colour = ""
		case n >= 30 && n <= 37:
			k.colour = palette[n-30]
		case n >= 90 && n <= 97:
			k.colour = palette[n-90+8]
		case n == 38 && i+2 < len(codes) && codes[i+1] == "5":
			if c, err := strconv.Atoi(codes[i+2]); err == nil && c >= 0 && c < len(palette) {
				k.colour = palette[c]
			}
			i += 2
		}
	}
}
