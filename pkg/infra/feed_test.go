package infra

import (
	"errors"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// TestEventFeed tells a stream that came to its end from one that was lost.
func TestEventFeed(t *testing.T) {
	torn := errors.New("unexpected end of JSON input")
	for name, c := range map[string]struct {
		send func(chan events.EngineEvent)
		seen int
		lost string
	}{
		"whole": {func(ch chan events.EngineEvent) {
			ch <- events.EngineEvent{EngineEvent: apitype.EngineEvent{Sequence: 1}}
			close(ch)
		}, 1, ""},
		"torn": {func(ch chan events.EngineEvent) {
			ch <- events.EngineEvent{Error: torn}
			ch <- events.EngineEvent{EngineEvent: apitype.EngineEvent{Sequence: 2}}
			close(ch)
		}, 1, "unexpected end of JSON input"},
		"without an end": {func(chan events.EngineEvent) {}, 0, "it has no end"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := 0
			f := newEventFeed(func(apitype.EngineEvent) { seen++ })
			c.send(f.ch)
			err := f.finish()
			if c.lost == "" && err != nil || c.lost != "" && (!errors.Is(err, ErrEventsLost) || !strings.Contains(err.Error(), c.lost)) {
				t.Errorf("got %v", err)
			}
			if seen != c.seen {
				t.Errorf("%d events seen, want %d", seen, c.seen)
			}
		})
	}
}
