package provider

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// RunnerDrainState is what is recorded of a RunnerDrain.
type RunnerDrainState struct {
	pilot.RunnerDrainInputs
}

type runnerDrain struct {
	daemons *daemons
	runners Runners
}

func (*runnerDrain) Annotate(a infer.Annotator) { a.SetToken("server", "RunnerDrain") }

func (*runnerDrain) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[pilot.RunnerDrainInputs], error) {
	return check(ctx, req, func(c *checker, in *pilot.RunnerDrainInputs) {
		checkEndpoint(c, in.Endpoint)
		if in.RunnerID == "" {
			c.fail(at("runnerId"), "is empty: want the ID that the runner joined under")
		}
		c.duration(at("timeout"), &in.Timeout, "15m", time.Second)
	})
}

func (*runnerDrain) Diff(_ context.Context, req infer.DiffRequest[pilot.RunnerDrainInputs, RunnerDrainState]) (infer.DiffResponse, error) {
	d := newDiffer("address", "ca", "serverToken", "runnerId", "timeout")
	diffEndpoint(d, req.State.Endpoint, req.Inputs.Endpoint)
	d.compare(req.State.RunnerDrainInputs, req.Inputs)
	return d.response(true), nil
}

func (*runnerDrain) Create(_ context.Context, req infer.CreateRequest[pilot.RunnerDrainInputs]) (infer.CreateResponse[RunnerDrainState], error) {
	return infer.CreateResponse[RunnerDrainState]{ID: req.Inputs.RunnerID, Output: RunnerDrainState{req.Inputs}}, nil
}

// Update records how to reach the runner and its server now.
func (*runnerDrain) Update(_ context.Context, req infer.UpdateRequest[pilot.RunnerDrainInputs, RunnerDrainState]) (infer.UpdateResponse[RunnerDrainState], error) {
	return infer.UpdateResponse[RunnerDrainState]{Output: RunnerDrainState{req.Inputs}}, nil
}

// Delete waits until the runner has no job and stops its container at once,
// before it is given another one.
func (r *runnerDrain) Delete(ctx context.Context, req infer.DeleteRequest[RunnerDrainState]) (infer.DeleteResponse, error) {
	in := req.State
	if r.runners == nil {
		return infer.DeleteResponse{}, nil
	}
	docker, err := r.daemons.reachable(ctx, in.Endpoint)
	if err != nil {
		return infer.DeleteResponse{}, err
	}
	found, err := docker.ContainerInspect(ctx, in.Container)
	if gone(err) || err == nil && !found.State.Running {
		return infer.DeleteResponse{}, nil
	}
	if err != nil {
		return infer.DeleteResponse{}, fmt.Errorf("look at the container of runner %s: %w", in.RunnerID, err)
	}
	var jobs []string
	waited, cancel := context.WithTimeout(ctx, duration(in.Timeout))
	defer cancel()
	told := ""
	err = poll(waited, func() (bool, error) {
		now, err := r.runners.Busy(waited, in.Address, in.CA, in.ServerToken, in.RunnerID)
		if err != nil {
			return false, err
		}
		jobs = now
		if text := strings.Join(jobs, ", "); text != told && text != "" {
			told = text
			p.GetLogger(ctx).Info("waiting for " + text)
		}
		return len(jobs) == 0, nil
	})
	if err != nil && ctx.Err() == nil && waited.Err() != nil {
		return infer.DeleteResponse{}, fmt.Errorf("runner %s still works after %s, on %s; run the command again when that is over", in.RunnerID, in.Timeout, strings.Join(jobs, ", "))
	}
	if err != nil {
		return infer.DeleteResponse{}, fmt.Errorf("wait for the jobs of runner %s: %w", in.RunnerID, err)
	}
	now := 0
	if err := docker.ContainerStop(ctx, in.Container, container.StopOptions{Timeout: &now}); err != nil && !gone(err) {
		return infer.DeleteResponse{}, fmt.Errorf("stop runner %s: %w", in.RunnerID, err)
	}
	return infer.DeleteResponse{}, nil
}
