package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/certs"
)

// Runners admits runners to a server, knows their jobs, and forgets them again. caPEM is the only
// authority to be trusted, token says who is asking.
type Runners interface {
	// Admit makes the token that the runner of this ID joins with.
	Admit(ctx context.Context, address, caPEM, token, id string) (string, error)
	// Forget takes the runner off the server's list. A runner, or a server,
	// that is gone already is no error.
	Forget(ctx context.Context, address, caPEM, token, id string) error
	// Busy names the jobs that the runner works on. A server that can't be
	// reached, or that refuses the token, gives it no jobs.
	Busy(ctx context.Context, address, caPEM, token, id string) ([]string, error)
}

// WithRunners gives what stands behind pilot:server:RunnerToken. Without it,
// such a resource can't be created.
func WithRunners(r Runners) Option { return func(o *options) { o.runners = r } }

// RunnerTokenState is what is recorded of an admitted runner.
type RunnerTokenState struct {
	pilot.RunnerTokenInputs
	Token string `pulumi:"token" provider:"secret"`
}

type runnerToken struct{ runners Runners }

func (*runnerToken) Annotate(a infer.Annotator) { a.SetToken("server", "RunnerToken") }

func (*runnerToken) WireDependencies(f infer.FieldSelector, in *pilot.RunnerTokenInputs, state *RunnerTokenState) {
	f.OutputField(&state.Token).AlwaysSecret()
	f.OutputField(&state.Token).DependsOn(f.InputField(&in.ServerToken).Computed())
}

func (*runnerToken) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[pilot.RunnerTokenInputs], error) {
	return check(ctx, req, func(c *checker, in *pilot.RunnerTokenInputs) {
		if in.RunnerID == "" {
			c.fail(at("runnerId"), "is empty: want the ID that the runner joins under")
		}
		if _, err := certs.Pool([]byte(in.CA)); err != nil {
			c.fail(at("ca"), "has %v", err)
		}
	})
}

// Diff replaces by deleting first: both tokens are of the same runner ID, and
// forgetting the old one last would put the new one off the list.
func (*runnerToken) Diff(_ context.Context, req infer.DiffRequest[pilot.RunnerTokenInputs, RunnerTokenState]) (infer.DiffResponse, error) {
	d := newDiffer("address", "ca")
	d.compare(req.State.RunnerTokenInputs, req.Inputs)
	return d.response(true), nil
}

func (r *runnerToken) Create(ctx context.Context, req infer.CreateRequest[pilot.RunnerTokenInputs]) (infer.CreateResponse[RunnerTokenState], error) {
	state := RunnerTokenState{RunnerTokenInputs: req.Inputs}
	if req.DryRun {
		return infer.CreateResponse[RunnerTokenState]{Output: state}, nil
	}
	if r.runners == nil {
		return infer.CreateResponse[RunnerTokenState]{}, errors.New("this provider was made without a way to admit runners: use provider.WithRunners")
	}
	in := req.Inputs
	token, err := r.runners.Admit(ctx, in.Address, in.CA, in.ServerToken, in.RunnerID)
	if err != nil {
		return infer.CreateResponse[RunnerTokenState]{}, fmt.Errorf("admit the runner %s to %s: %w", in.RunnerID, in.Address, err)
	}
	state.Token = token
	return infer.CreateResponse[RunnerTokenState]{ID: in.RunnerID, Output: state}, nil
}

// Update records another way to the same server. The token stays.
func (*runnerToken) Update(_ context.Context, req infer.UpdateRequest[pilot.RunnerTokenInputs, RunnerTokenState]) (infer.UpdateResponse[RunnerTokenState], error) {
	state := req.State
	state.RunnerTokenInputs = req.Inputs
	return infer.UpdateResponse[RunnerTokenState]{Output: state}, nil
}

func (r *runnerToken) Delete(ctx context.Context, req infer.DeleteRequest[RunnerTokenState]) (infer.DeleteResponse, error) {
	if r.runners == nil {
		return infer.DeleteResponse{}, nil
	}
	in := req.State
	return infer.DeleteResponse{}, r.runners.Forget(ctx, in.Address, in.CA, in.ServerToken, in.RunnerID)
}
