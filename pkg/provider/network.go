package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/filters"
	dockernet "github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
	"github.com/pulumi/pulumi-go-provider/infer"

	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// NetworkState is what is recorded of a network.
type NetworkState struct {
	pilot.NetworkInputs
}

type network struct{ daemons *daemons }

func (*network) Annotate(a infer.Annotator) { a.SetToken("docker", "Network") }

func (*network) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[pilot.NetworkInputs], error) {
	return check(ctx, req, func(c *checker, in *pilot.NetworkInputs) {
		checkEndpoint(c, in.Endpoint)
		c.match(at("name"), in.Name, objectName, objectNameForm)
		c.public("labels")
	})
}

func (*network) Diff(_ context.Context, req infer.DiffRequest[pilot.NetworkInputs, NetworkState]) (infer.DiffResponse, error) {
	d := newDiffer()
	diffEndpoint(d, req.State.Endpoint, req.Inputs.Endpoint)
	d.compare(req.State.NetworkInputs, req.Inputs)
	return d.response(true), nil
}

func (r *network) Create(ctx context.Context, req infer.CreateRequest[pilot.NetworkInputs]) (infer.CreateResponse[NetworkState], error) {
	in := req.Inputs
	resp := infer.CreateResponse[NetworkState]{Output: NetworkState{in}}
	if req.DryRun {
		return resp, nil
	}
	docker, err := r.daemons.get(in.Endpoint)
	if err != nil {
		return resp, err
	}
	// Docker would accept a second network of the same name.
	same, err := docker.NetworkList(ctx, dockernet.ListOptions{Filters: filters.NewArgs(filters.Arg("name", "^"+in.Name+"$"))})
	if err != nil {
		return resp, fmt.Errorf("look for a network named %s: %w", in.Name, err)
	}
	if len(same) > 0 {
		if !isOurs(ctx, same[0].Labels) {
			return resp, fmt.Errorf("network %s exists already and is not this stack's: remove it (docker network rm %s) or choose another name", in.Name, in.Name)
		}
		resp.ID = same[0].ID
		return resp, nil
	}
	made, err := docker.NetworkCreate(ctx, in.Name, dockernet.CreateOptions{
		Driver: "bridge", Internal: in.Internal, Labels: withURN(ctx, in.Labels),
	})
	if err != nil {
		return resp, fmt.Errorf("make network %s: %w", in.Name, err)
	}
	resp.ID = made.ID
	return resp, nil
}

func (r *network) Read(ctx context.Context, req infer.ReadRequest[pilot.NetworkInputs, NetworkState]) (infer.ReadResponse[pilot.NetworkInputs, NetworkState], error) {
	resp := infer.ReadResponse[pilot.NetworkInputs, NetworkState](req)
	docker, err := r.daemons.reachable(ctx, req.State.Endpoint)
	if err != nil {
		return resp, unlessRemote(ctx, err)
	}
	found, err := docker.NetworkInspect(ctx, req.ID, dockernet.InspectOptions{})
	switch {
	case gone(err):
		resp.ID = ""
	case err != nil:
		return resp, fmt.Errorf("look at network %s: %w", req.State.Name, err)
	default:
		resp.State.Internal = found.Internal
	}
	return resp, nil
}

// Update records other credentials of the endpoint.
func (*network) Update(_ context.Context, req infer.UpdateRequest[pilot.NetworkInputs, NetworkState]) (infer.UpdateResponse[NetworkState], error) {
	return infer.UpdateResponse[NetworkState]{Output: NetworkState{req.Inputs}}, nil
}

func (r *network) Delete(ctx context.Context, req infer.DeleteRequest[NetworkState]) (infer.DeleteResponse, error) {
	docker, err := r.daemons.reachable(ctx, req.State.Endpoint)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	if err := docker.NetworkRemove(ctx, req.ID); err != nil && !gone(err) {
		return infer.DeleteResponse{}, fmt.Errorf("remove network %s%s: %w", req.State.Name, networkUsers(ctx, docker, req.ID), err)
	}
	return infer.DeleteResponse{}, nil
}

// networkUsers names the containers that hold on to a network, and the mend.
func networkUsers(ctx context.Context, docker *client.Client, id string) string {
	found, err := docker.NetworkInspect(ctx, id, dockernet.InspectOptions{})
	if err != nil || len(found.Containers) == 0 {
		return ""
	}
	var names []string
	for _, c := range found.Containers {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return fmt.Sprintf(", which is in use (to mend it: docker rm -f %s)", strings.Join(names, " "))
}

// unlessRemote makes a warning of the error that a daemon behind the network
// can't be reached: what is on it may well be there. A daemon of this machine
// that doesn't answer stays an error.
func unlessRemote(ctx context.Context, err error) error {
	var u *unreachableError
	if errors.As(err, &u) && !isLocal(u.host) {
		p.GetLogger(ctx).Warning(err.Error() + "; its last known state is kept")
		return nil
	}
	return err
}
