package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	dockervol "github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// VolumeState is what is recorded of a volume.
type VolumeState struct {
	pilot.VolumeInputs
	// Instance is a random word in the volume's labels.
	Instance string `pulumi:"instance"`
}

type volume struct{ daemons *daemons }

func (*volume) Annotate(a infer.Annotator) { a.SetToken("docker", "Volume") }

func (*volume) WireDependencies(f infer.FieldSelector, in *pilot.VolumeInputs, state *VolumeState) {
	f.OutputField(&state.Instance).DependsOn(f.InputField(&in.Name).Computed())
}

func (*volume) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[pilot.VolumeInputs], error) {
	return check(ctx, req, func(c *checker, in *pilot.VolumeInputs) {
		checkEndpoint(c, in.Endpoint)
		c.match(at("name"), in.Name, objectName, objectNameForm)
		c.public("labels")
	})
}

func (*volume) Diff(_ context.Context, req infer.DiffRequest[pilot.VolumeInputs, VolumeState]) (infer.DiffResponse, error) {
	d := newDiffer("labels")
	diffEndpoint(d, req.State.Endpoint, req.Inputs.Endpoint)
	d.compare(req.State.VolumeInputs, req.Inputs)
	return d.response(true), nil
}

func (r *volume) Create(ctx context.Context, req infer.CreateRequest[pilot.VolumeInputs]) (infer.CreateResponse[VolumeState], error) {
	in := req.Inputs
	resp := infer.CreateResponse[VolumeState]{ID: in.Name, Output: VolumeState{VolumeInputs: in}}
	if req.DryRun {
		return resp, nil
	}
	docker, err := r.daemons.get(in.Endpoint)
	if err != nil {
		return resp, err
	}
	// Docker would hand out an existing volume without a word.
	found, err := docker.VolumeInspect(ctx, in.Name)
	switch {
	case err == nil && isOurs(ctx, found.Labels) && found.Labels[labelInstance] != "":
		resp.Output.Instance = found.Labels[labelInstance]
		return resp, nil
	case err == nil:
		return resp, fmt.Errorf("volume %s exists already and is not this stack's: remove it with all that it holds (docker volume rm %s) or choose another name", in.Name, in.Name)
	case !gone(err):
		return resp, fmt.Errorf("look for a volume named %s: %w", in.Name, err)
	}
	if resp.Output.Instance, err = randomWord(); err != nil {
		return resp, err
	}
	labels := withURN(ctx, in.Labels)
	labels[labelInstance] = resp.Output.Instance
	if _, err := docker.VolumeCreate(ctx, dockervol.CreateOptions{Driver: "local", Name: in.Name, Labels: labels}); err != nil {
		return resp, fmt.Errorf("make volume %s: %w", in.Name, err)
	}
	return resp, nil
}

func (r *volume) Read(ctx context.Context, req infer.ReadRequest[pilot.VolumeInputs, VolumeState]) (infer.ReadResponse[pilot.VolumeInputs, VolumeState], error) {
	resp := infer.ReadResponse[pilot.VolumeInputs, VolumeState](req)
	docker, err := r.daemons.reachable(ctx, req.State.Endpoint)
	if err != nil {
		return resp, unlessRemote(ctx, err)
	}
	found, err := docker.VolumeInspect(ctx, req.State.Name)
	switch {
	case gone(err), err == nil && found.Labels[labelInstance] != req.State.Instance:
		resp.ID = ""
	case err != nil:
		return resp, fmt.Errorf("look at volume %s: %w", req.State.Name, err)
	}
	return resp, nil
}

// Update records another way to the daemon, and labels for the next time.
func (*volume) Update(_ context.Context, req infer.UpdateRequest[pilot.VolumeInputs, VolumeState]) (infer.UpdateResponse[VolumeState], error) {
	return infer.UpdateResponse[VolumeState]{Output: VolumeState{req.Inputs, req.State.Instance}}, nil
}

func (r *volume) Delete(ctx context.Context, req infer.DeleteRequest[VolumeState]) (infer.DeleteResponse, error) {
	docker, err := r.daemons.reachable(ctx, req.State.Endpoint)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	// A volume that somebody made anew under this name is not ours to delete.
	found, err := docker.VolumeInspect(ctx, req.State.Name)
	if gone(err) || err == nil && found.Labels[labelInstance] != req.State.Instance {
		return infer.DeleteResponse{}, nil
	}
	if err == nil {
		err = docker.VolumeRemove(ctx, req.State.Name, false)
	}
	if err != nil && !gone(err) {
		return infer.DeleteResponse{}, fmt.Errorf("remove volume %s%s: %w", req.State.Name, volumeUsers(ctx, docker, req.State.Name), err)
	}
	return infer.DeleteResponse{}, nil
}

// volumeUsers names the containers that hold on to a volume, and the mend.
func volumeUsers(ctx context.Context, docker *client.Client, name string) string {
	found, err := docker.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("volume", name))})
	if err != nil || len(found) == 0 {
		return ""
	}
	var names []string
	for _, c := range found {
		names = append(names, strings.TrimPrefix(c.Names[0], "/"))
	}
	return fmt.Sprintf(", which is in use (to mend it: docker rm -f %s)", strings.Join(names, " "))
}
