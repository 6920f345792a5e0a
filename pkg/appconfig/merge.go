package appconfig

import (
	"bytes"

	"github.com/hashicorp/hcl/v2/hclwrite"
)

// keepSpacing returns edited with the spacing of original. hclwrite formats
// every line it writes; a line that says what it said before is taken from the
// original instead, so that a hand's own alignment and indentation stay.
func keepSpacing(original, edited []byte) []byte {
	from := bytes.SplitAfter(original, []byte("\n"))
	// Formatting never joins or splits lines, so both have the same number.
	to := bytes.SplitAfter(hclwrite.Format(edited), []byte("\n"))
	head := 0
	for head < len(from) && head < len(to) && sameLine(from[head], to[head]) {
		head++
	}
	tail := 0
	for tail < len(from)-head && tail < len(to)-head && sameLine(from[len(from)-1-tail], to[len(to)-1-tail]) {
		tail++
	}
	var out [][]byte
	out = append(out, from[:head]...)
	// The line before the first difference says how the original indents.
	before := max(0, head-1)
	out = append(out[:before], mergeLines(from[before:len(from)-tail], to[before:len(to)-tail])...)
	out = append(out, from[len(from)-tail:]...)
	merged := bytes.Join(out, nil)
	if formatted := hclwrite.Format(edited); !bytes.Equal(hclwrite.Format(merged), formatted) {
		// Two lines of a text differ in blanks only, and were taken for one.
		return formatted
	}
	return merged
}

// mergeLines returns the lines of to, each replaced by its equal in from where
// both have it in the same order (the longest common subsequence).
func mergeLines(from, to [][]byte) [][]byte {
	length := make([][]int, len(from)+1)
	for i := range length {
		length[i] = make([]int, len(to)+1)
	}
	for i := len(from) - 1; i >= 0; i-- {
		for j := len(to) - 1; j >= 0; j-- {
			if sameLine(from[i], to[j]) {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	out := make([][]byte, 0, len(to))
	shift := 0 // how much further in the original indents than the format
	for i, j := 0, 0; j < len(to); {
		switch {
		case i < len(from) && sameLine(from[i], to[j]):
			out = append(out, from[i])
			shift = indent(from[i]) - indent(to[j])
			i, j = i+1, j+1
		case i < len(from) && length[i+1][j] >= length[i][j+1]:
			i++
		default:
			out = append(out, shifted(to[j], shift))
			j++
		}
	}
	return out
}

// sameLine reports whether two lines differ in blanks only. The lines come from
// two formats of one file, so a string's own blanks are compared too.
func sameLine(a, b []byte) bool {
	return bytes.Equal(squeeze(a), squeeze(b))
}

// squeeze removes the blanks that formatting may change: those outside quotes.
func squeeze(line []byte) []byte {
	out := make([]byte, 0, len(line))
	quoted := false
	for i, c := range line {
		if c == '"' && (i == 0 || line[i-1] != '\\') {
			quoted = !quoted
		}
		if !quoted && (c == ' ' || c == '\t') {
			continue
		}
		out = append(out, c)
	}
	return out
}

func indent(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " ")) }

// shifted indents a line by n more blanks, or by -n fewer. An empty line stays.
func shifted(line []byte, n int) []byte {
	text := bytes.TrimLeft(line, " ")
	if len(bytes.TrimSpace(text)) == 0 {
		return line
	}
	return append(bytes.Repeat([]byte(" "), max(0, indent(line)+n)), text...)
}
