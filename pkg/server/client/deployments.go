package client

import (
	"cmp"
	"context"
	"encoding/json"
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
	// Build is what it runs.
	Build Build
	// Started and Ended are the times of making it.
	Started, Ended time.Time
	// Error is why it failed.
	Error string
	// URLs are its addresses, none once it is destroyed.
	URLs []string
	// Health is the newest report of its target.
	Health Health
	// Released is true for the one deployment that the app's newest release gave
	// the traffic to. It is false for all where the target knows no releases and
	// the newest deployment serves.
	Released bool
}

// Build is what a build made, and its deployments run.
type Build struct {
	// Number counts the app's builds from 1; 0 is one that the server does not know.
	Number uint64
	// Image is the name of its image with the tag, such as
	// pilot.local/shop/web:4f2a; empty when it is none.
	Image string
}

func newBuild(a *pb.PushedArtifact) Build {
	b := Build{Number: a.GetSequence()}
	// The plugins docker, docker-pull, pack, aws-ecr and aws-ecr-pull write this.
	var image struct{ Image, Tag string }
	if json.Unmarshal([]byte(a.GetArtifact().GetArtifactJson()), &image) == nil && image.Image != "" && image.Tag != "" {
		b.Image = image.Image + ":" + image.Tag
	}
	return b
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
	releases := map[string]*pb.Release{} // the newest, by workspace
	for _, d := range list {
		one := newDeployment(d)
		release, known := releases[one.Workspace]
		if !known {
			if release, err = c.release(ctx, d); err != nil {
				return nil, err
			}
			releases[one.Workspace] = release
		}
		one.Released = release.GetDeploymentId() == one.ID
		if one.State == DeploymentRunning {
			report, err := c.report(ctx, d)
			if err != nil {
				return nil, err
			}
			urls := c.deploymentURLs(d, report)
			if one.Released {
				urls = append([]string{release.GetUrl()}, urls...)
			}
			one.Health, one.URLs = newHealth(report), distinct(urls)
		}
		out = append(out, one)
	}
	return out, nil
}

// release is the newest release in the workspace of d; nil when there is none, or
// the target knows no releases.
func (c *Client) release(ctx context.Context, d *pb.Deployment) (*pb.Release, error) {
	release, err := c.api.GetLatestRelease(ctx, &pb.GetLatestReleaseRequest{Application: d.GetApplication(), Workspace: d.GetWorkspace()})
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, c.failed("look up the newest release", err)
	}
	if release.GetUnimplemented() || release.GetState() == pb.Operation_DESTROYED {
		return nil, nil
	}
	return release, nil
}

func newDeployment(d *pb.Deployment) Deployment {
	one := Deployment{
		ID: d.GetId(), Number: d.GetSequence(), Target: d.GetComponent().GetName(),
		Workspace: d.GetWorkspace().GetWorkspace(), JobID: d.GetJobId(), URLs: []string{},
		Commit: d.GetPreload().GetJobDataSourceRef().GetGit().GetCommit(),
		Build:  newBuild(d.GetPreload().GetArtifact()),
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
