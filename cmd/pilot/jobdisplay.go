package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/deploy"
	"github.com/urfave/cli/v2"
)

// jobDisplay shows a job while it runs: its log for people, or one JSON object
// a line.
type jobDisplay struct {
	s     *session
	c     *cli.Context
	style terminal.Style
}

// jobEvent is one line of "up --json".
type jobEvent struct {
	Event      string  `json:"event"` // note, waiting, phase_started, phase_done, log, result, error
	Phase      string  `json:"phase,omitempty"`
	Text       string  `json:"text,omitempty"`
	Seconds    float64 `json:"seconds,omitempty"`
	Failed     bool    `json:"failed,omitempty"`
	URL        string  `json:"url,omitempty"`
	Deployment uint64  `json:"deployment,omitempty"`
	JobID      string  `json:"job,omitempty"`
}

func (s *session) newJobDisplay(c *cli.Context) *jobDisplay {
	return &jobDisplay{s: s, c: c, style: terminal.StyleOf(s.out)}
}

func (d *jobDisplay) progress() deploy.Progress {
	return deploy.Progress{Note: d.note, Event: d.event}
}

func (d *jobDisplay) json(e jobEvent) { _ = json.NewEncoder(d.s.out).Encode(e) }

func (d *jobDisplay) note(line string) {
	if d.c.Bool("json") {
		d.json(jobEvent{Event: "note", Text: line})
		return
	}
	fmt.Fprintln(d.s.out, line)
}

func (d *jobDisplay) event(e client.Event) {
	if d.c.Bool("json") {
		d.jsonEvent(e)
		return
	}
	switch e := e.(type) {
	case *client.Waiting:
		fmt.Fprintln(d.s.out, d.style.Warn("waiting: ")+e.Reason)
	case *client.PhaseStarted:
		fmt.Fprintln(d.s.out, d.style.Bold("» "+string(e.Phase)))
	case *client.PhaseDone:
		mark := d.style.Good("✓")
		if e.Failed {
			mark = d.style.Bad("✗")
		}
		fmt.Fprintf(d.s.out, "%s %s %s\n", mark, e.Phase, d.style.Dim(terminal.Elapsed(e.Took)))
	case *client.LogLine:
		text := "  " + e.Text
		switch e.Style {
		case client.StyleError:
			text = d.style.Bad(text)
		case client.StyleWarning:
			text = d.style.Warn(text)
		case client.StyleOutput:
			text = d.style.Dim(text)
		}
		fmt.Fprintln(d.s.out, text)
	}
}

func (d *jobDisplay) jsonEvent(e client.Event) {
	switch e := e.(type) {
	case *client.Queued:
		d.json(jobEvent{Event: "queued", JobID: e.JobID})
	case *client.Waiting:
		d.json(jobEvent{Event: "waiting", Text: e.Reason, JobID: e.JobID})
	case *client.PhaseStarted:
		d.json(jobEvent{Event: "phase_started", Phase: string(e.Phase)})
	case *client.PhaseDone:
		d.json(jobEvent{Event: "phase_done", Phase: string(e.Phase), Seconds: e.Took.Round(time.Millisecond).Seconds(), Failed: e.Failed})
	case *client.LogLine:
		d.json(jobEvent{Event: "log", Phase: string(e.Phase), Text: e.Text})
	}
}

// end says how the job ended: the URL, or the error that came in.
func (d *jobDisplay) end(result *client.Result, err error) error {
	if err != nil {
		if d.c.Bool("json") {
			d.json(jobEvent{Event: "error", Text: err.Error(), Failed: true})
		}
		return err
	}
	if d.c.Bool("json") {
		d.json(jobEvent{Event: "result", URL: result.URL, Deployment: result.Deployment, JobID: result.JobID})
		return nil
	}
	if result.Deployment == 0 {
		fmt.Fprintln(d.s.out, "done")
		return nil
	}
	if result.URL == "" {
		fmt.Fprintf(d.s.out, "deployed (deployment %d); the target gave no URL\n", result.Deployment)
		return nil
	}
	fmt.Fprintf(d.s.out, "\n%s\n", d.style.Bold(result.URL))
	return nil
}
