package client

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
)

// JobState is where a job is in its life.
type JobState string

// States of a job.
const (
	JobQueued    JobState = "queued"
	JobRunning   JobState = "running"
	JobSucceeded JobState = "succeeded"
	JobFailed    JobState = "failed"
)

// Job is one job on the server.
type Job struct {
	ID                      string
	Project, App, Workspace string
	// Operation is what it does: up, build, deploy, release, destroy, init, poll ...
	Operation string
	State     JobState
	// Runner is the ID of the runner that has it, empty while queued.
	Runner string
	// Queued, Started and Ended are zero when not reached yet.
	Queued, Started, Ended time.Time
	// Error is the message of a failed job.
	Error string
}

// String names the job for people: "up of shop/web on runner r1, for 12s".
func (j Job) String() string {
	s := fmt.Sprintf("%s of %s", j.Operation, strings.TrimSuffix(j.Project+"/"+j.App, "/"))
	if j.Runner != "" {
		s += " on runner " + j.Runner
	}
	if j.State == JobRunning && !j.Started.IsZero() {
		s += ", since " + j.Started.Local().Format(time.TimeOnly)
	}
	return s
}

// JobFilter narrows a list of jobs. The zero value means all of them.
type JobFilter struct {
	// Project, and with it App, when not empty.
	Project, App string
	// Active leaves out the jobs that are over.
	Active bool
}

// Jobs lists jobs, the newest first. The server keeps the last 10,000.
func (c *Client) Jobs(ctx context.Context, filter JobFilter) ([]Job, error) {
	req := &pb.ListJobsRequest{}
	if filter.Project != "" {
		req.Project = &pb.Ref_Project{Project: filter.Project}
		if filter.App != "" {
			req.Application = &pb.Ref_Application{Project: filter.Project, Application: filter.App}
		}
	}
	if filter.Active {
		req.JobState = []pb.Job_State{pb.Job_QUEUED, pb.Job_WAITING, pb.Job_RUNNING}
	}
	resp, err := c.api.ListJobs(ctx, req)
	if err != nil {
		return nil, c.failed("list jobs", err)
	}
	jobs := make([]Job, 0, len(resp.GetJobs()))
	for _, j := range resp.GetJobs() {
		jobs = append(jobs, newJob(j))
	}
	sort.SliceStable(jobs, func(i, j int) bool { return jobs[i].Queued.After(jobs[j].Queued) })
	return jobs, nil
}

func newJob(j *pb.Job) Job {
	job := Job{
		ID: j.GetId(), Project: j.GetApplication().GetProject(), App: j.GetApplication().GetApplication(),
		Workspace: j.GetWorkspace().GetWorkspace(), Operation: operationName(j), Runner: j.GetAssignedRunner().GetId(),
		Error: j.GetError().GetMessage(), State: JobQueued,
	}
	switch j.GetState() {
	case pb.Job_RUNNING:
		job.State = JobRunning
	case pb.Job_SUCCESS:
		job.State = JobSucceeded
	case pb.Job_ERROR:
		job.State = JobFailed
	}
	if t := j.GetQueueTime(); t != nil {
		job.Queued = t.AsTime()
	}
	if t := j.GetAckTime(); t != nil {
		job.Started = t.AsTime()
	}
	if t := j.GetCompleteTime(); t != nil {
		job.Ended = t.AsTime()
	}
	return job
}

// operationName is the word for a job's operation, from its type's name.
func operationName(j *pb.Job) string {
	name := fmt.Sprintf("%T", j.GetOperation())
	name = name[strings.LastIndexByte(name, '.')+1:]
	return strings.ToLower(strings.Trim(strings.TrimPrefix(name, "Job_"), "_"))
}
