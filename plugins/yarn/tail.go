package yarn

import (
	"bytes"
	"io"
	"regexp"
	"strings"
)

// tailLines and tailBytes bound what an error repeats of a tool's output.
const (
	tailLines = 25
	tailBytes = 4 << 10
)

// tail passes on what is written and keeps the end of it.
type tail struct {
	w   io.Writer
	end []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.end = append(t.end, p...)
	if len(t.end) > 4*tailBytes {
		t.end = append(t.end[:0], t.end[len(t.end)-tailBytes:]...)
	}
	return t.w.Write(p)
}

// control are terminal control sequences, such as colours (ECMA-48).
var control = regexp.MustCompile("\x1b(\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\)|[@-Z\\\\-_])")

// text is the end of the output in whole lines, without colours.
func (t *tail) text() string {
	end := t.end
	if len(end) > tailBytes {
		end = end[len(end)-tailBytes:]
		if _, rest, ok := bytes.Cut(end, []byte("\n")); ok {
			end = rest
		}
	}
	text := strings.ToValidUTF8(string(control.ReplaceAll(end, nil)), "")
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if i := strings.LastIndexByte(strings.TrimRight(line, "\r"), '\r'); i >= 0 {
			line = line[i+1:] // a progress bar wrote over the rest
		}
		if line = strings.TrimRight(line, "\r \t"); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}
	return strings.Join(lines, "\n")
}
