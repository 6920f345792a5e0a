package client

import (
	"context"
	"slices"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
)

// LastJob is what an app's newest job worked on: what Destroy, Release and Deploy
// can work on when the caller has no folder at hand.
type LastJob struct {
	// Source is where the files came from, without its secrets.
	Source Source
	// Config is the configuration file that the job brought along, if it did.
	Config []byte
	// Variables are the values for input variables that the job's caller gave.
	Variables map[string]string
}

// LastJob finds the app's newest job that read a source, one of the workspace
// before one of another. The error is ErrNotFound when there was none.
func (c *Client) LastJob(ctx context.Context, project, app, workspace string) (LastJob, error) {
	jobs, err := c.jobsOf(ctx, project, app)
	if err != nil {
		return LastJob{}, err
	}
	var newest *pb.Job
	var here bool
	var at time.Time
	for _, job := range jobs {
		if job.GetDataSource().GetGit() == nil || job.GetDataSourceRef().GetGit() == nil {
			continue
		}
		same := job.GetWorkspace().GetWorkspace() == workspaceOr(workspace)
		queued := job.GetQueueTime().AsTime()
		if newest == nil || same && !here || same == here && queued.After(at) {
			newest, here, at = job, same, queued
		}
	}
	if newest == nil {
		return LastJob{}, &serverError{doing: "source of " + project + "/" + app, message: "no job has used one yet", kind: ErrNotFound}
	}
	git := newest.GetDataSource().GetGit()
	return LastJob{
		Source:    Source{URL: git.GetUrl(), Ref: git.GetRef(), Path: git.GetPath()},
		Config:    newest.GetWaypointHcl().GetContents(),
		Variables: givenVariables(newest.GetVariables()),
	}, nil
}

// DeployedWith reports whether the newest job that deploys the app in the workspace
// got a value for an input variable.
func (c *Client) DeployedWith(ctx context.Context, project, app, workspace, variable string) (bool, error) {
	jobs, err := c.jobsOf(ctx, project, app)
	if err != nil {
		return false, err
	}
	var newest *pb.Job
	for _, job := range jobs {
		deploys := job.GetUp() != nil || job.GetDeploy() != nil
		if deploys && job.GetWorkspace().GetWorkspace() == workspaceOr(workspace) &&
			(newest == nil || job.GetQueueTime().AsTime().After(newest.GetQueueTime().AsTime())) {
			newest = job
		}
	}
	return slices.ContainsFunc(newest.GetVariables(), func(v *pb.Variable) bool { return v.GetName() == variable }), nil
}

// jobsOf lists all of an app's jobs.
func (c *Client) jobsOf(ctx context.Context, project, app string) ([]*pb.Job, error) {
	if err := checkApp(project, app); err != nil {
		return nil, err
	}
	resp, err := c.api.ListJobs(ctx, &pb.ListJobsRequest{
		Project:     &pb.Ref_Project{Project: project},
		Application: &pb.Ref_Application{Project: project, Application: app},
	})
	if err != nil {
		return nil, c.failed("list jobs", err)
	}
	return resp.GetJobs(), nil
}

// givenVariables leaves out what JobRequest.Expressions were.
func givenVariables(list []*pb.Variable) map[string]string {
	given := map[string]string{}
	for _, v := range list {
		if text, ok := v.GetValue().(*pb.Variable_Str); ok && v.GetCli() != nil && !v.GetSensitive() {
			given[v.GetName()] = text.Str
		}
	}
	return given
}
