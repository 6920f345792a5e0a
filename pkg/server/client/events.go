package client

import (
	"fmt"
	"time"
)

// Phase is one step of a job.
type Phase string

// Phases of a job, in their order. Not every job has all of them.
const (
	// PhaseQueue: the job waits for a runner.
	PhaseQueue Phase = "queue"
	// PhaseSource: the runner fetches the source and reads waypoint.hcl.
	PhaseSource Phase = "source"
	// PhaseBuild: the app is built.
	PhaseBuild Phase = "build"
	// PhasePush: the build is pushed to the registry.
	PhasePush Phase = "push"
	// PhaseDeploy: the build is started on its target.
	PhaseDeploy Phase = "deploy"
	// PhaseRelease: the deployment gets the traffic; older ones are removed.
	PhaseRelease Phase = "release"
	// PhaseDestroy: deployments and releases are removed.
	PhaseDestroy Phase = "destroy"
)

// Event is something that happened to a job: *Queued, *Waiting, *PhaseStarted,
// *PhaseDone or *LogLine.
type Event interface{ isEvent() }

// Queued says that the server took the job.
type Queued struct {
	JobID string
}

// Waiting says that the job is in the queue, and why. It comes again only when
// the reason changes.
type Waiting struct {
	JobID string
	Wait
}

// PhaseStarted says that the job entered a phase.
type PhaseStarted struct {
	Phase Phase
	At    time.Time
}

// PhaseDone says that the job left a phase.
type PhaseDone struct {
	Phase Phase
	At    time.Time
	// Took is the length of the phase.
	Took time.Duration
	// Failed is true when the job ended with an error in this phase.
	Failed bool
}

// LogStyle tells what kind of line a LogLine is.
type LogStyle string

// Styles of log lines.
const (
	// StyleOutput is the output of a tool, such as docker build.
	StyleOutput LogStyle = "output"
	// StyleStep is a step of the job, "Creating new container...".
	StyleStep LogStyle = "step"
	// StyleInfo, StyleHeader, StyleWarning, StyleError and StyleSuccess are
	// messages of the job itself.
	StyleInfo    LogStyle = "info"
	StyleHeader  LogStyle = "header"
	StyleWarning LogStyle = "warning"
	StyleError   LogStyle = "error"
	StyleSuccess LogStyle = "success"
)

// LogLine is one line of the job's output, without line end and without
// terminal control sequences.
type LogLine struct {
	At    time.Time
	Phase Phase
	Style LogStyle
	Text  string
}

func (*Queued) isEvent()       {}
func (*Waiting) isEvent()      {}
func (*PhaseStarted) isEvent() {}
func (*PhaseDone) isEvent()    {}
func (*LogLine) isEvent()      {}

// PhaseTime is how long a job was in a phase.
type PhaseTime struct {
	Phase Phase
	Took  time.Duration
}

// JobError is a job that failed on the runner or was cancelled.
type JobError struct {
	// JobID names the job on the server.
	JobID string
	// Phase is the step that failed.
	Phase Phase
	// Message is the step's own message.
	Message string
	// Err is context.Canceled when the job was cancelled, or nil.
	Err error
}

// Error names the step and gives its message.
func (e *JobError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: cancelled (job %s)", e.Phase, e.JobID)
	}
	return fmt.Sprintf("%s failed: %s (job %s)", e.Phase, e.Message, e.JobID)
}

// Unwrap gives context.Canceled for a cancelled job.
func (e *JobError) Unwrap() error { return e.Err }
