package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/protobuf/types/known/emptypb"
)

// JobRequest says what a job works on. The job runs on any remote runner of the
// server, never in the caller's process.
type JobRequest struct {
	// Project and App name the app; both must be in the source's waypoint.hcl.
	Project, App string
	// Workspace separates deployments of the same app. Empty is "default".
	Workspace string
	// Source is where the runner gets the files. The zero Source means the
	// repository the project is linked to.
	Source Source
	// Variables are values for the input variables of waypoint.hcl.
	Variables map[string]string
	// Expressions are more of them, as HCL expressions without references, such as
	// a map. The job keeps them, as it keeps Variables.
	Expressions map[string]Secret
	// Config, if not empty, is used in place of the source's waypoint.hcl. The
	// job keeps it; LastJob reads it back.
	Config []byte
	// Keep is how many earlier deployments Up and Release leave running beside the
	// new one. Zero is 1; KeepNone is none.
	Keep int
	// Deployment, for Deploy, is the ID of an earlier deployment whose build is
	// deployed again (a rollback); for Release and DestroyDeployment the
	// deployment to work on. Empty is the newest one.
	Deployment string
}

// KeepNone is the value of JobRequest.Keep that leaves no earlier deployment.
const KeepNone = -1

// UpRequest is the request of Client.Up.
type UpRequest = JobRequest

// Up builds, pushes, deploys and releases the app, and returns when the job is
// over. sink, if not nil, gets the events in order, one at a time.
//
// When ctx ends, the job is cancelled on the server, and the error is a
// *JobError that wraps context.Canceled. A job that fails gives a *JobError with
// the failing phase; other errors mean that the server could not be asked.
func (c *Client) Up(ctx context.Context, req UpRequest, sink func(Event)) (*Result, error) {
	return c.run(ctx, req, sink, PhaseBuild, func(job *pb.Job) error {
		job.Operation = &pb.Job_Up{Up: &pb.Job_UpOp{Release: req.releaseOp()}}
		return nil
	})
}

// Build builds the app and pushes the build to its registry, if it has one.
func (c *Client) Build(ctx context.Context, req JobRequest, sink func(Event)) (*Result, error) {
	return c.run(ctx, req, sink, PhaseBuild, func(job *pb.Job) error {
		job.Operation = &pb.Job_Build{Build: &pb.Job_BuildOp{}}
		return nil
	})
}

// Deploy starts the app's newest build, or with Deployment the build of an
// earlier deployment, which is a rollback.
func (c *Client) Deploy(ctx context.Context, req JobRequest, sink func(Event)) (*Result, error) {
	return c.run(ctx, req, sink, PhaseDeploy, func(job *pb.Job) error {
		op := &pb.Job_DeployOp{}
		if req.Deployment != "" {
			d, err := c.deployment(ctx, req.Deployment, pb.Deployment_ARTIFACT)
			if err != nil {
				return err
			}
			op.Artifact = d.GetPreload().GetArtifact()
		}
		job.Operation = &pb.Job_Deploy{Deploy: op}
		return nil
	})
}

// Release gives the traffic to the newest deployment, or to the one named by
// Deployment.
func (c *Client) Release(ctx context.Context, req JobRequest, sink func(Event)) (*Result, error) {
	return c.run(ctx, req, sink, PhaseRelease, func(job *pb.Job) error {
		op := req.releaseOp()
		if req.Deployment != "" {
			d, err := c.deployment(ctx, req.Deployment, pb.Deployment_ARTIFACT)
			if err != nil {
				return err
			}
			op.Deployment = d
		}
		job.Operation = &pb.Job_Release{Release: op}
		return nil
	})
}

// Destroy removes all deployments and releases of the app in the workspace. The
// app, its history and its configuration stay. The runner needs the app's
// waypoint.hcl for it, so a source is needed as for Up; LastJob finds the one
// that was used last.
func (c *Client) Destroy(ctx context.Context, req JobRequest, sink func(Event)) (*Result, error) {
	return c.run(ctx, req, sink, PhaseDestroy, func(job *pb.Job) error {
		job.Operation = &pb.Job_Destroy{Destroy: &pb.Job_DestroyOp{Target: &pb.Job_DestroyOp_Workspace{Workspace: &emptypb.Empty{}}}}
		return nil
	})
}

// DestroyDeployment removes the one deployment named by Deployment.
func (c *Client) DestroyDeployment(ctx context.Context, req JobRequest, sink func(Event)) (*Result, error) {
	if req.Deployment == "" {
		return nil, errors.New("destroy deployment: Deployment is empty: want the ID of a deployment")
	}
	return c.run(ctx, req, sink, PhaseDestroy, func(job *pb.Job) error {
		d, err := c.deployment(ctx, req.Deployment, pb.Deployment_ARTIFACT)
		if err != nil {
			return err
		}
		job.Operation = &pb.Job_Destroy{Destroy: &pb.Job_DestroyOp{Target: &pb.Job_DestroyOp_Deployment{Deployment: d}}}
		return nil
	})
}

// releaseOp counts as the server does: the retained number is of those besides
// the new one.
func (r JobRequest) releaseOp() *pb.Job_ReleaseOp {
	keep := r.Keep
	switch {
	case keep == 0:
		keep = 1
	case keep < 0:
		keep = 0
	}
	return &pb.Job_ReleaseOp{Prune: true, PruneRetain: int32(keep), PruneRetainOverride: true}
}

func (r JobRequest) check() error {
	if err := checkApp(r.Project, r.App); err != nil {
		return err
	}
	if err := CheckName("workspace", workspaceOr(r.Workspace)); err != nil {
		return err
	}
	if r.Source.URL == "" {
		if r.Source != (Source{}) {
			return fmt.Errorf("source of %s/%s: URL is empty", r.Project, r.App)
		}
		return nil
	}
	return r.Source.Check()
}

// run queues the job that fill completes and follows it to its end. first is the
// phase that follows PhaseSource.
func (c *Client) run(ctx context.Context, req JobRequest, sink func(Event), first Phase, fill func(*pb.Job) error) (*Result, error) {
	if err := req.check(); err != nil {
		return nil, err
	}
	job := &pb.Job{
		Application:  &pb.Ref_Application{Project: req.Project, Application: req.App},
		Workspace:    &pb.Ref_Workspace{Workspace: workspaceOr(req.Workspace)},
		TargetRunner: &pb.Ref_Runner{Target: &pb.Ref_Runner_Any{Any: &pb.Ref_RunnerAny{}}},
		Variables:    variables(req.Variables, req.Expressions),
	}
	if len(req.Config) > 0 {
		job.WaypointHcl = &pb.Hcl{Contents: req.Config, Format: pb.Hcl_HCL}
	}
	if req.Source.URL != "" {
		job.DataSource = req.Source.dataSource()
	}
	if err := fill(job); err != nil {
		return nil, err
	}
	if sink == nil {
		sink = func(Event) {}
	}
	resp, err := c.api.QueueJob(ctx, &pb.QueueJobRequest{Job: job})
	if err != nil {
		return nil, c.failed(fmt.Sprintf("queue the job for %s/%s", req.Project, req.App), err)
	}
	sink(&Queued{JobID: resp.GetJobId()})
	return c.follow(ctx, resp.GetJobId(), first, sink)
}

func variables(values map[string]string, expressions map[string]Secret) []*pb.Variable {
	out := make([]*pb.Variable, 0, len(values)+len(expressions))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out = append(out, &pb.Variable{
			Name:   name,
			Value:  &pb.Variable_Str{Str: values[name]},
			Source: &pb.Variable_Cli{Cli: &emptypb.Empty{}},
		})
	}
	for _, name := range slices.Sorted(maps.Keys(expressions)) {
		out = append(out, &pb.Variable{
			Name:  name,
			Value: &pb.Variable_Hcl{Hcl: expressions[name].Reveal()},
			// The engine takes an expression from the command line for a string.
			Source: &pb.Variable_Server{Server: &emptypb.Empty{}}, Sensitive: true,
		})
	}
	return out
}
