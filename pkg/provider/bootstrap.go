package provider

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/certs"
)

// BootstrapTokenState is what is recorded of a server's first token.
type BootstrapTokenState struct {
	pilot.BootstrapTokenInputs
	Token string `pulumi:"token" provider:"secret"`
}

type bootstrapToken struct{ bootstrap Bootstrapper }

func (*bootstrapToken) Annotate(a infer.Annotator) { a.SetToken("server", "BootstrapToken") }

func (*bootstrapToken) WireDependencies(f infer.FieldSelector, in *pilot.BootstrapTokenInputs, state *BootstrapTokenState) {
	f.OutputField(&state.Token).AlwaysSecret()
	f.OutputField(&state.Token).DependsOn(f.InputField(&in.Instance).Computed())
}

func (*bootstrapToken) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[pilot.BootstrapTokenInputs], error) {
	return check(ctx, req, func(c *checker, in *pilot.BootstrapTokenInputs) {
		if host, port, err := net.SplitHostPort(in.Address); err != nil || host == "" || port == "" {
			c.fail(at("address"), "%q: want host:port, such as 127.0.0.1:9701", in.Address)
		}
		if _, err := certs.Pool([]byte(in.CA)); err != nil {
			c.fail(at("ca"), "has %v", err)
		}
	})
}

func (*bootstrapToken) Diff(_ context.Context, req infer.DiffRequest[pilot.BootstrapTokenInputs, BootstrapTokenState]) (infer.DiffResponse, error) {
	d := newDiffer("address", "ca")
	d.compare(req.State.BootstrapTokenInputs, req.Inputs)
	return d.response(false), nil
}

func (r *bootstrapToken) Create(ctx context.Context, req infer.CreateRequest[pilot.BootstrapTokenInputs]) (infer.CreateResponse[BootstrapTokenState], error) {
	state := BootstrapTokenState{BootstrapTokenInputs: req.Inputs}
	if req.DryRun {
		return infer.CreateResponse[BootstrapTokenState]{Output: state}, nil
	}
	if r.bootstrap == nil {
		return infer.CreateResponse[BootstrapTokenState]{}, errors.New("this provider was made without a way to take a server's first token: use provider.WithBootstrap")
	}
	token, err := r.bootstrap(ctx, req.Inputs.Address, req.Inputs.CA)
	if err != nil {
		return infer.CreateResponse[BootstrapTokenState]{}, fmt.Errorf("take the first token of %s: %w", req.Inputs.Address, err)
	}
	if token == "" {
		return infer.CreateResponse[BootstrapTokenState]{}, fmt.Errorf("take the first token of %s: the server gave an empty one", req.Inputs.Address)
	}
	state.Token = token
	id, err := randomWord()
	return infer.CreateResponse[BootstrapTokenState]{ID: id, Output: state}, err
}

// Update records another way to the same server. The token stays.
func (*bootstrapToken) Update(_ context.Context, req infer.UpdateRequest[pilot.BootstrapTokenInputs, BootstrapTokenState]) (infer.UpdateResponse[BootstrapTokenState], error) {
	state := req.State
	state.BootstrapTokenInputs = req.Inputs
	return infer.UpdateResponse[BootstrapTokenState]{Output: state}, nil
}
