package stacks

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestARunnerThatIsOfflineIsTold(t *testing.T) {
	seen := time.Date(2026, 11, 25, 12, 30, 0, 0, time.Local)
	parts := []Part{
		{Role: "server", Name: "pilot-x-server", State: "running"},
		{Role: "runner-1", Name: "pilot-x-runner-1", State: "running"},
		{Role: "runner-2", Name: "pilot-x-runner-2", State: "running"},
		{Role: "runner-3", Name: "pilot-x-runner-3", State: "exited", ended: &seen},
	}
	with := func() Status {
		return Status{
			Server: ServerStatus{Healthy: true},
			Runners: []RunnerStatus{
				{ID: "pilot-x-runner-1", Online: true, Since: &seen},
				{ID: "by-hand", Since: &seen},
			},
		}
	}
	s := with()
	s.offline(parts)
	var got []string
	for _, r := range s.Runners {
		text := r.ID
		if r.Online {
			text += " online"
		}
		if r.Since != nil {
			text += r.Since.Format(" 15:04")
		}
		got = append(got, text)
	}
	want := []string{"pilot-x-runner-1 online 12:30", "by-hand 12:30", "pilot-x-runner-2", "pilot-x-runner-3 12:30"}
	if !slices.Equal(got, want) {
		t.Errorf("runners %q, want %q", got, want)
	}
	if len(s.Problems) != 2 ||
		!strings.Contains(s.Problems[0], "by-hand is offline: the server does not let it in") || !strings.Contains(s.Problems[0], "last 2026-11-25 12:30:00") ||
		!strings.Contains(s.Problems[1], "pilot-x-runner-2 is offline: its container runs") {
		t.Errorf("problems %q", s.Problems)
	}
	// With the server away that is the problem, and not each runner.
	s = with()
	s.Server.Healthy = false
	s.Runners = nil
	s.offline(parts)
	if len(s.Problems) != 0 || len(s.Runners) != 3 {
		t.Errorf("problems %q, runners %v", s.Problems, s.Runners)
	}
}

func TestWhenAContainerEnded(t *testing.T) {
	for _, never := range []string{"", "0001-01-01T00:00:00Z", "yesterday"} {
		if got := ended(never); got != nil {
			t.Errorf("%q: %v", never, got)
		}
	}
	if got := ended("2026-11-25T12:30:00.5Z"); got == nil || got.Unix() != time.Date(2026, 11, 25, 12, 30, 0, 0, time.UTC).Unix() {
		t.Errorf("it ended %v", got)
	}
}
