package client

import (
	"context"
	"fmt"
	"strings"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
)

// WaitCause is why a job is not running yet.
type WaitCause string

// Causes of a wait.
const (
	// NotWaiting: the job runs or is over.
	NotWaiting WaitCause = ""
	// WaitNoRunner: no runner is online.
	WaitNoRunner WaitCause = "no-runner"
	// WaitSameApp: another job works on the same app and workspace.
	WaitSameApp WaitCause = "same-app"
	// WaitBusy: every runner is busy.
	WaitBusy WaitCause = "busy"
	// WaitStarting: a runner is about to take the job.
	WaitStarting WaitCause = "starting"
)

// Wait is why a job waits, in a form for programs and one for people.
type Wait struct {
	Cause WaitCause
	// Reason is a sentence for people, without a full stop.
	Reason string
	// Jobs are the jobs it waits for, if any.
	Jobs []Job
}

// WhyWaiting explains why a job is still in the queue.
func (c *Client) WhyWaiting(ctx context.Context, jobID string) (Wait, error) {
	job, err := c.api.GetJob(ctx, &pb.GetJobRequest{JobId: jobID})
	if err != nil {
		return Wait{}, c.failed("look up job "+jobID, err)
	}
	if s := job.GetState(); s != pb.Job_QUEUED && s != pb.Job_WAITING {
		return Wait{}, nil
	}
	runners, err := c.Runners(ctx)
	if err != nil {
		return Wait{}, err
	}
	online := 0
	for _, r := range runners {
		if r.Online && r.Kind != RunnerLocal {
			online++
		}
	}
	if online == 0 {
		return c.noRunner(ctx)
	}
	running, err := c.Jobs(ctx, JobFilter{Active: true})
	if err != nil {
		return Wait{}, err
	}
	return explain(newJob(job), running), nil
}

// noRunner says what is known of the runner that was there last. The server keeps
// no list of runners that left, but its jobs name theirs.
func (c *Client) noRunner(ctx context.Context) (Wait, error) {
	wait := Wait{Cause: WaitNoRunner, Reason: "no runner is online"}
	jobs, err := c.Jobs(ctx, JobFilter{})
	if err != nil {
		return wait, err
	}
	var last Job
	for _, j := range jobs {
		if j.Runner != "" && j.Ended.After(last.Ended) {
			last = j
		}
	}
	if last.Runner != "" {
		wait.Reason += fmt.Sprintf("; runner %s ended its last job at %s", last.Runner, last.Ended.Local().Format(time.DateTime))
	}
	return wait, nil
}

// explain finds what a job waits for among the active jobs.
func explain(job Job, active []Job) Wait {
	var same, others []Job
	for _, other := range active {
		if other.ID == job.ID || other.State != JobRunning {
			continue
		}
		if other.Project == job.Project && other.App == job.App && other.Workspace == job.Workspace {
			same = append(same, other)
		} else {
			others = append(others, other)
		}
	}
	switch {
	case len(same) > 0:
		return Wait{Cause: WaitSameApp, Jobs: same, Reason: fmt.Sprintf("another job of %s/%s is running: %s", job.Project, job.App, same[0])}
	case len(others) > 0:
		names := make([]string, 0, len(others))
		for _, other := range others {
			names = append(names, other.String())
		}
		return Wait{Cause: WaitBusy, Jobs: others, Reason: "every runner is busy: " + strings.Join(names, "; ")}
	}
	return Wait{Cause: WaitStarting, Reason: "a runner is about to take the job"}
}
