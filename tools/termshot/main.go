// Command termshot draws a recorded terminal session as an SVG picture that
// moves. Its argument is a folder of screens as "tmux capture-pane -e -p"
// prints them, each in a file called by the milliseconds since the start, such
// as 1250.txt; the picture goes to standard output.
package main

import (
	"bytes"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: termshot FOLDER >PICTURE.svg")
		os.Exit(2)
	}
	frames, err := read(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "termshot:", err)
		os.Exit(1)
	}
	if _, err := os.Stdout.Write(draw(frames)); err != nil {
		fmt.Fprintln(os.Stderr, "termshot:", err)
		os.Exit(1)
	}
}

// frame is one screen, from a moment on.
type frame struct {
	at   int // milliseconds since the start
	text string
}

// read gives the screens of a folder in order, without those that repeat the
// one before.
func read(dir string) ([]frame, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, err
	}
	var all []frame
	for _, file := range files {
		at, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(file), ".txt"))
		if err != nil {
			return nil, fmt.Errorf("%s: want a number of milliseconds as the name", file)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		all = append(all, frame{at, strings.TrimRight(string(text), " \n")})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].at < all[j].at })
	var frames []frame
	for _, f := range all {
		if len(frames) == 0 || frames[len(frames)-1].text != f.text {
			frames = append(frames, f)
		}
	}
	if len(frames) == 0 {
		return nil, fmt.Errorf("%s: no screens", dir)
	}
	return frames, nil
}

const (
	lineHeight, charWidth, margin = 17, 7.8, 14
	// lastFor is how long the last screen stays before the picture begins again, in milliseconds.
	lastFor = 6000
	ground  = "#1a202c"
	ink     = "#e2e8f0"
)

func draw(frames []frame) []byte {
	columns, rows := 0, 0
	screens := make([][]line, len(frames))
	for i, f := range frames {
		screens[i] = parse(f.text)
		rows = max(rows, len(screens[i]))
		for _, l := range screens[i] {
			columns = max(columns, l.width)
		}
	}
	length := frames[len(frames)-1].at - frames[0].at + lastFor
	width, height := 2*margin+int(float64(columns)*charWidth), 2*margin+rows*lineHeight
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="13">`+"\n", width, height, width)
	if len(frames) > 1 {
		out.WriteString("<style>g{visibility:hidden}")
		for i, f := range frames {
			from, to := 100*float64(f.at-frames[0].at)/float64(length), 100.0
			if i+1 < len(frames) {
				to = 100 * float64(frames[i+1].at-frames[0].at) / float64(length)
			}
			fmt.Fprintf(&out, "@keyframes f%d{0%%{visibility:hidden}%.3f%%{visibility:visible}", i, from)
			if to < 100 {
				fmt.Fprintf(&out, "%.3f%%{visibility:hidden}", to)
			}
			fmt.Fprintf(&out, "}#f%d{animation:f%d %dms step-end infinite}", i, i, length)
		}
		// Who wants nothing to move sees the end.
		fmt.Fprintf(&out, "@media(prefers-reduced-motion){g{animation:none!important}#f%d{visibility:visible}}</style>\n", len(frames)-1)
	}
	fmt.Fprintf(&out, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", ground)
	for i, screen := range screens {
		fmt.Fprintf(&out, `<g id="f%d" fill="%s">`+"\n", i, ink)
		for row, l := range screen {
			if len(l.spans) == 0 {
				continue
			}
			fmt.Fprintf(&out, `<text x="%d" y="%d" xml:space="preserve">`, margin, margin+(row+1)*lineHeight-4)
			for _, s := range l.spans {
				if s.style == "" {
					out.WriteString(html.EscapeString(s.text))
				} else {
					fmt.Fprintf(&out, `<tspan %s>%s</tspan>`, s.style, html.EscapeString(s.text))
				}
			}
			out.WriteString("</text>\n")
		}
		out.WriteString("</g>\n")
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}
