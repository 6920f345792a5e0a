package client

import (
	"strings"
	"testing"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
)

func lineEvents(s string) []*pb.GetJobStreamResponse_Terminal_Event {
	var out []*pb.GetJobStreamResponse_Terminal_Event
	for _, r := range s {
		out = append(out, &pb.GetJobStreamResponse_Terminal_Event{Event: &pb.GetJobStreamResponse_Terminal_Event_Line_{
			Line: &pb.GetJobStreamResponse_Terminal_Event_Line{Msg: string(r)},
		}})
	}
	return out
}

func TestReplayShowsEveryEventOnce(t *testing.T) {
	// Each stream is a list of batches separated by "|"; want is what all streams
	// together show.
	for _, tc := range []struct {
		name    string
		streams []string
		want    string
	}{
		{"one stream", []string{"ab|c|d"}, "abcd"},
		{"repeated from the beginning", []string{"ab|c", "abc|de"}, "abcde"},
		{"repeated in other batches", []string{"abcd", "ab|cde"}, "abcde"},
		{"nothing new", []string{"abc", "abc", "a|b|c"}, "abc"},
		{"equal lines", []string{"aaa", "aaaa|b"}, "aaaab"},
		{"only the end is repeated", []string{"abcdef", "def|gh"}, "abcdefgh"},
		{"the server lost its output", []string{"abc", "xy|z"}, "abcxyz"},
		{"broken during the repetition", []string{"abcd", "ab", "abcd|e"}, "abcde"},
		{"empty", []string{"", "a", ""}, "a"},
	} {
		var r replay
		var got strings.Builder
		for _, stream := range tc.streams {
			r.restart()
			for _, batch := range strings.Split(stream, "|") {
				for _, ev := range r.fresh(lineEvents(batch)) {
					got.WriteString(ev.GetLine().GetMsg())
				}
			}
		}
		if got.String() != tc.want {
			t.Errorf("%s: shown %q, want %q", tc.name, got.String(), tc.want)
		}
	}
}

func TestOutputIsCutIntoCleanLines(t *testing.T) {
	var got []string
	l := &lines{emit: func(_ time.Time, _ LogStyle, text string) { got = append(got, text) }}
	now := time.Now()
	for _, chunk := range []string{"one\ntw", "o\r\n", "\x1b[31mred\x1b[0m\n", "10%\r50%\r100%\n", "\x1b]0;title\x07x\n", "\n  \n", strings.Repeat("y", longestLine), "rest"} {
		l.write(now, "stdout", []byte(chunk))
	}
	l.flush()
	want := []string{"one", "two", "red", "100%", "x", strings.Repeat("y", longestLine), "rest"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %d lines %.200q", len(got), got)
	}
}

func TestPublishedPorts(t *testing.T) {
	state := `{"dockerContainerInfo":{"NetworkSettings":{"Ports":{"9000/tcp":[{"HostIp":"0.0.0.0","HostPort":"32770"},{"HostIp":"::","HostPort":"32771"}],"3000/tcp":[{"HostPort":"32769"},{"HostPort":"32769"}],"1/tcp":null}}}}`
	if got := strings.Join(distinct(publishedPorts(state, false)), " "); got != "32769 32770" {
		t.Errorf("ports %q", got)
	}
	if got := strings.Join(distinct(publishedPorts(state, true)), " "); got != "32769 32771" {
		t.Errorf("ports of IPv6 %q", got)
	}
	if got := publishedPorts("not JSON", false); got != nil {
		t.Errorf("ports %q", got)
	}
}
