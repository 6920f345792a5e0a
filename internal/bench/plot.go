package main

import (
	"bytes"
	"fmt"
	"html"
)

// drawing is a bar for each result that has a goal: how much of the goal it
// takes. A bar that crosses the line misses its goal.
func drawing(results []result) []byte {
	const (
		left, width, row = 190, 420, 24
		full             = 0.6 // of the width is the goal
	)
	var shown []result
	for _, r := range results {
		if r.goal != 0 {
			shown = append(shown, r)
		}
	}
	height := row*len(shown) + 48
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", left+width+110, height)
	fmt.Fprintf(&out, `<rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n")
	goalAt := left + int(full*width)
	for i, r := range shown {
		y := 32 + i*row
		part := r.value() / r.goal
		colour, length := "#2f855a", int(part*full*width)
		if !r.met() {
			colour = "#c05621"
		}
		length = max(2, min(length, width))
		fmt.Fprintf(&out, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left-8, y+12, html.EscapeString(r.name))
		fmt.Fprintf(&out, `<rect x="%d" y="%d" width="%d" height="14" fill="%s"/>`+"\n", left, y, length, colour)
		fmt.Fprintf(&out, `<text x="%d" y="%d" fill="#333333">%.2f of %g %s</text>`+"\n", max(left+length, goalAt)+6, y+12, r.value(), r.goal, html.EscapeString(r.unit))
	}
	fmt.Fprintf(&out, `<line x1="%d" y1="22" x2="%d" y2="%d" stroke="#1a202c" stroke-dasharray="4 3"/>`+"\n", goalAt, goalAt, height-12)
	fmt.Fprintf(&out, `<text x="%d" y="16" text-anchor="middle">goal</text>`+"\n</svg>\n", goalAt)
	return out.Bytes()
}
