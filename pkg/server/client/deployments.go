package client

import (
	"cmp"
	"context"
	"slices"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
)

// DeploymentState is whether a deployment exists on its target.
type DeploymentState string

// States of a deployment.
const (
	// DeploymentPending: being made, or its making failed half-way.
	DeploymentPending DeploymentState = "pending"
	// DeploymentRunning: it exists.
	DeploymentRunning DeploymentState = "running"
	// DeploymentDestroyed: it was removed.
	DeploymentDestroyed DeploymentState = "destroyed"
	// DeploymentFailed: it could not be made.
	DeploymentFailed DeploymentState = "failed"
)

// Deployment is one deployment of an app.
type Deployment struct {
	ID string
	// Number counts the app's deployments from 1.
	Number uint64
	State  DeploymentState
	// Target is the deploy target, such as "docker".
	Target    string
	Workspace string
	JobID     string
	// Commit is the commit it was built from, if the job knew one.
	Commit string
	// Started and Ended are the times of making it.
	Started, Ended time.Time
	// Error is why it failed.
	Error string
	// URLs are its addresses, none once it is destroyed.
	URLs []string
	// Health is the newest report of its target.
	Health Health
}

// DeploymentFilter narrows a list of deployments.
type DeploymentFilter struct {
	Project, App string
	// Workspace, empty for all.
	Workspace string
	// Limit is the greatest number of deployments returned, 0 for all.
	Limit int
}

// Deployments lists an app's deployments, the newest first.
func (c *Client) Deployments(ctx context.Context, filter DeploymentFilter) ([]Deployment, error) {
	if err := checkApp(filter.Project, filter.App); err != nil {
		return nil, err
	}
	req := &pb.ListDeploymentsRequest{
		Application: &pb.Ref_Application{Project: filter.Project, Application: filter.App},
		LoadDetails: pb.Deployment_ARTIFACT,
	}
	if filter.Workspace != "" {
		req.Workspace = &pb.Ref_Workspace{Workspace: filter.Workspace}
	}
	resp, err := c.api.ListDeployments(ctx, req)
	if err != nil {
		return nil, c.failed("list deployments of "+filter.Project+"/"+filter.App, err)
	}
	// The server's own order is that of times which it takes before a job waits
	// its turn; the numbers are given out in the order of the deployments.
	list := resp.GetDeployments()
	slices.SortFunc(list, func(a, b *pb.Deployment) int { return cmp.Compare(b.GetSequence(), a.GetSequence()) })
	if filter.Limit > 0 && len(list) > filter.Limit {
		list = list[:filter.Limit]
	}
	out := make([]Deployment, 0, len(list))
	for _, d := range list {
		one := newDeployment(d)
		if one.State == DeploymentRunning {
			report, err := c.report(ctx, d)
			if err != nil {
				return nil, err
			}
			one.Health, one.URLs = newHealth(report), distinct(c.deploymentURLs(d, report))
		}
		out = append(out, one)
	}
	return out, nil
}

func newDeployment(d *pb.Deployment) Deployment {
	one := Deployment{
		ID: d.GetId(), Number: d.GetSequence(), Target: d.GetComponent().GetName(),
		Workspace: d.GetWorkspace().GetWorkspace(), JobID: d.GetJobId(), URLs: []string{},
		Commit: d.GetPreload().GetJobDataSourceRef().GetGit().GetCommit(),
		Error:  d.GetStatus().GetError().GetMessage(), State: DeploymentPending,
	}
	switch {
	case d.GetStatus().GetState() == pb.Status_ERROR:
		one.State = DeploymentFailed
	case d.GetState() == pb.Operation_DESTROYED:
		one.State = DeploymentDestroyed
	case d.GetState() == pb.Operation_CREATED:
		one.State = DeploymentRunning
	}
	if t := d.GetStatus().GetStartTime(); t != nil {
		one.Started = t.AsTime()
	}
	if t := d.GetStatus().GetCompleteTime(); t != nil {
		one.Ended = t.AsTime()
	}
	return one
}

// LastSource is the source of the app's newest job that read one, without its
// secrets, and the configuration file that the job brought along: what Destroy,
// Release and Deploy can work on when the caller has no folder at hand. The error
// is ErrNotFound when there was none.
func (c *Client) LastSource(ctx context.Context, project, app string) (Source, []byte, error) {
	if err := checkApp(project, app); err != nil {
		return Source{}, nil, err
	}
	resp, err := c.api.ListJobs(ctx, &pb.ListJobsRequest{
		Project:     &pb.Ref_Project{Project: project},
		Application: &pb.Ref_Application{Project: project, Application: app},
	})
	if err != nil {
		return Source{}, nil, c.failed("list jobs", err)
	}
	var newest *pb.Job
	for _, job := range resp.GetJobs() {
		if job.GetDataSource().GetGit() == nil || job.GetDataSourceRef().GetGit() == nil {
			continue
		}
		if newest == nil || job.GetQueueTime().AsTime().After(newest.GetQueueTime().AsTime()) {
			newest = job
		}
	}
	if newest == nil {
		return Source{}, nil, &serverError{doing: "source of " + project + "/" + app, message: "no job has used one yet", kind: ErrNotFound}
	}
	git := newest.GetDataSource().GetGit()
	return Source{URL: git.GetUrl(), Ref: git.GetRef(), Path: git.GetPath()}, newest.GetWaypointHcl().GetContents(), nil
}
