package provider

import (
	"context"
	"slices"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// ContainerState is what is recorded of a container.
type ContainerState struct {
	pilot.ContainerInputs
	// ImageID is the image that the container was made from.
	ImageID string `pulumi:"imageId"`
	// Addresses are its IP addresses by network name, as of its last start.
	Addresses map[string]string `pulumi:"addresses,optional"`
	// Status is running when all is well. Otherwise a refresh finds unhealthy,
	// unreachable (the daemon is), outdated (its image's name now stands for
	// another image), or Docker's own word: created, exited, paused,
	// restarting, dead.
	Status string `pulumi:"status"`
}

// The statuses that aren't Docker's own.
const (
	statusRunning     = "running"
	statusUnhealthy   = "unhealthy"
	statusUnreachable = "unreachable"
	statusOutdated    = "outdated"
)

type containerResource struct{ daemons *daemons }

func (*containerResource) Annotate(a infer.Annotator) { a.SetToken("docker", "Container") }

func (*containerResource) WireDependencies(f infer.FieldSelector, in *pilot.ContainerInputs, state *ContainerState) {
	f.OutputField(&state.ImageID).DependsOn(f.InputField(&in.Image).Computed())
}

// Diff replaces a container for all that Docker can't change in one, and
// starts again in place one that was merely stopped.
func (*containerResource) Diff(_ context.Context, req infer.DiffRequest[pilot.ContainerInputs, ContainerState]) (infer.DiffResponse, error) {
	d := newDiffer("restart", "waitHealthy", "startTimeout")
	diffEndpoint(d, req.State.Endpoint, req.Inputs.Endpoint)
	diffFiles(d, req.State.Files, req.Inputs.Files)
	d.compare(req.State.ContainerInputs, req.Inputs)
	if req.State.Status != statusRunning {
		d.mark(at("status"), p.Update, req.State.Status == statusOutdated || req.State.Status == "dead")
	}
	return d.response(true), nil
}

// diffFiles lets new content of live files, and nothing else, be an update.
func diffFiles(d *differ, was, is []pilot.File) {
	if len(was) != len(is) {
		return
	}
	changed := map[int]bool{}
	for i := range is {
		same := is[i]
		same.Content = was[i].Content
		if same != was[i] || is[i].Content != was[i].Content && !is[i].Live {
			return
		}
		if is[i].Content != was[i].Content {
			changed[i] = true
		}
	}
	d.skip["files"] = true
	for i := range changed {
		d.mark(at("files", i, "content"), p.Update, false)
	}
}

func (r *containerResource) Create(ctx context.Context, req infer.CreateRequest[pilot.ContainerInputs]) (infer.CreateResponse[ContainerState], error) {
	state := ContainerState{ContainerInputs: req.Inputs, ImageID: req.Inputs.Image, Status: statusRunning}
	if req.DryRun {
		return infer.CreateResponse[ContainerState]{Output: state}, nil
	}
	docker, err := r.daemons.get(req.Inputs.Endpoint)
	if err != nil {
		return infer.CreateResponse[ContainerState]{}, err
	}
	run := &containerRun{docker: docker, in: req.Inputs}
	id, err := run.create(ctx)
	if err != nil {
		return infer.CreateResponse[ContainerState]{}, err
	}
	found, err := docker.ContainerInspect(ctx, id)
	if err != nil {
		run.discard(ctx, id)
		return infer.CreateResponse[ContainerState]{}, err
	}
	observe(&state, found)
	return infer.CreateResponse[ContainerState]{ID: id, Output: state}, nil
}

// Read finds out whether the container is still there and well.
func (r *containerResource) Read(ctx context.Context, req infer.ReadRequest[pilot.ContainerInputs, ContainerState]) (infer.ReadResponse[pilot.ContainerInputs, ContainerState], error) {
	resp := infer.ReadResponse[pilot.ContainerInputs, ContainerState](req)
	docker, err := r.daemons.reachable(ctx, req.State.Endpoint)
	if err != nil {
		resp.State.Status = statusUnreachable
		return resp, unlessRemote(ctx, err)
	}
	found, err := docker.ContainerInspect(ctx, req.ID)
	if gone(err) {
		resp.ID = ""
		return resp, nil
	}
	if err != nil {
		return resp, err
	}
	was := resp.State.Addresses
	observe(&resp.State, found)
	if resp.State.Status != statusRunning {
		resp.State.Addresses = was
		return resp, nil
	}
	if image, err := docker.ImageInspect(ctx, req.State.Image); err == nil && image.ID != found.Image {
		resp.State.Status = statusOutdated
	}
	return resp, nil
}

// Update changes the restart policy and live files, and starts the container
// again if it isn't running.
func (r *containerResource) Update(ctx context.Context, req infer.UpdateRequest[pilot.ContainerInputs, ContainerState]) (infer.UpdateResponse[ContainerState], error) {
	state := req.State
	state.ContainerInputs = req.Inputs
	state.Status = statusRunning
	if req.DryRun || !needsDaemon(req.State, req.Inputs) {
		return infer.UpdateResponse[ContainerState]{Output: state}, nil
	}
	docker, err := r.daemons.get(req.Inputs.Endpoint)
	if err != nil {
		return infer.UpdateResponse[ContainerState]{}, err
	}
	run := &containerRun{docker: docker, in: req.Inputs}
	if err := run.update(ctx, req.ID, req.State); err != nil {
		return infer.UpdateResponse[ContainerState]{}, err
	}
	found, err := docker.ContainerInspect(ctx, req.ID)
	if err != nil {
		return infer.UpdateResponse[ContainerState]{}, err
	}
	observe(&state, found)
	return infer.UpdateResponse[ContainerState]{Output: state}, nil
}

// needsDaemon is false when new credentials are all that there is to record.
func needsDaemon(was ContainerState, is pilot.ContainerInputs) bool {
	return was.Status != statusRunning || was.Restart != is.Restart || !slices.Equal(was.Files, is.Files)
}

// Delete stops and removes the container together with its anonymous volumes.
func (r *containerResource) Delete(ctx context.Context, req infer.DeleteRequest[ContainerState]) (infer.DeleteResponse, error) {
	docker, err := r.daemons.reachable(ctx, req.State.Endpoint)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	run := &containerRun{docker: docker, in: req.State.ContainerInputs}
	return infer.DeleteResponse{}, run.remove(ctx, req.ID)
}
