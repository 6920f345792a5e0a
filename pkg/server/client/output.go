package client

import (
	"regexp"
	"strings"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
)

// control matches terminal control sequences: colours, cursor movement, titles.
var control = regexp.MustCompile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[@-Z\\\\-_])")

// longestLine bounds a line that never ends.
const longestLine = 64 << 10

// lines cuts raw output into lines.
type lines struct {
	emit func(at time.Time, style LogStyle, text string)
	rest map[string]string
	at   time.Time
}

// write adds raw output of one stream and emits its complete lines.
func (l *lines) write(at time.Time, stream string, data []byte) {
	if l.rest == nil {
		l.rest = map[string]string{}
	}
	l.at = at
	text := l.rest[stream] + string(data)
	for {
		i := strings.IndexByte(text, '\n')
		switch {
		case i >= 0:
			l.emitLine(text[:i])
			text = text[i+1:]
			continue
		case len(text) >= longestLine:
			l.emitLine(text)
			text = ""
		}
		break
	}
	l.rest[stream] = text
}

// flush emits what has no line end yet.
func (l *lines) flush() {
	for stream, text := range l.rest {
		delete(l.rest, stream)
		l.emitLine(text)
	}
}

func (l *lines) emitLine(text string) {
	if text = clean(text); text != "" {
		l.emit(l.at, StyleOutput, text)
	}
}

// clean removes control sequences, and what a carriage return overwrote.
func clean(text string) string {
	text = strings.TrimRight(control.ReplaceAllString(text, ""), "\r \t")
	if i := strings.LastIndexByte(text, '\r'); i >= 0 {
		text = text[i+1:]
	}
	return text
}

// terminal turns one piece of the runner's terminal output into lines.
func (f *follower) terminal(ev *pb.GetJobStreamResponse_Terminal_Event) {
	at := timeOr(ev.GetTimestamp())
	switch e := ev.GetEvent().(type) {
	case *pb.GetJobStreamResponse_Terminal_Event_Line_:
		f.each(at, lineStyle(e.Line.GetStyle()), e.Line.GetMsg())
	case *pb.GetJobStreamResponse_Terminal_Event_Raw_:
		stream := "stdout"
		if e.Raw.GetStderr() {
			stream = "stderr"
		}
		f.lines.write(at, stream, e.Raw.GetData())
	case *pb.GetJobStreamResponse_Terminal_Event_Status_:
		f.each(at, statusStyle(e.Status.GetStatus()), e.Status.GetMsg())
	case *pb.GetJobStreamResponse_Terminal_Event_Step_:
		if len(e.Step.GetOutput()) > 0 {
			f.lines.write(at, "step", e.Step.GetOutput())
		}
		f.each(at, statusStyle(e.Step.GetStatus()), e.Step.GetMsg())
	case *pb.GetJobStreamResponse_Terminal_Event_NamedValues_:
		for _, v := range e.NamedValues.GetValues() {
			f.each(at, StyleInfo, v.GetName()+": "+v.GetValue())
		}
	case *pb.GetJobStreamResponse_Terminal_Event_Table_:
		f.each(at, StyleInfo, strings.Join(e.Table.GetHeaders(), "  "))
		for _, row := range e.Table.GetRows() {
			cells := make([]string, 0, len(row.GetEntries()))
			for _, cell := range row.GetEntries() {
				cells = append(cells, cell.GetValue())
			}
			f.each(at, StyleInfo, strings.Join(cells, "  "))
		}
	}
}

func (f *follower) each(at time.Time, style LogStyle, text string) {
	for _, line := range strings.Split(text, "\n") {
		if line = clean(line); line != "" {
			f.line(at, style, line)
		}
	}
}

func lineStyle(style string) LogStyle {
	switch {
	case style == "header":
		return StyleHeader
	case strings.HasPrefix(style, "error"):
		return StyleError
	case strings.HasPrefix(style, "warning"):
		return StyleWarning
	case strings.HasPrefix(style, "success"):
		return StyleSuccess
	}
	return StyleInfo
}

func statusStyle(status string) LogStyle {
	switch status {
	case "error", "abort", "timeout":
		return StyleError
	case "warn":
		return StyleWarning
	}
	return StyleStep
}
