// Package provider is Pilot's own Pulumi resource provider. It runs in the
// caller's process: certificates, passwords, the objects of a Docker daemon and
// the first token of a Pilot server are resources that need no plugin.
package provider

import (
	"context"
	"io"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// Name and Version identify the provider to the engine.
const (
	Name    = "pilot"
	Version = "0.1.0"
)

// Bootstrapper takes the first token of a new server. caPEM is the only
// authority to be trusted.
type Bootstrapper func(ctx context.Context, address, caPEM string) (token string, err error)

// ImageWriter writes an image as a tar for "docker load".
type ImageWriter func(ctx context.Context, w io.Writer) error

// Option configures the provider.
type Option func(*options)

type options struct {
	bootstrap Bootstrapper
	images    map[string]ImageWriter
	runners   Runners
	console   Console

	runnerConfig RunnerConfigurer
}

// WithBootstrap gives the function behind pilot:server:BootstrapToken. Without
// it, such a resource can't be created.
func WithBootstrap(b Bootstrapper) Option { return func(o *options) { o.bootstrap = b } }

// WithImages adds the functions that an image's input "builder" can name.
func WithImages(images map[string]ImageWriter) Option {
	return func(o *options) {
		for name, write := range images {
			o.images[name] = write
		}
	}
}

// New returns the provider, ready to be given to an engine.
func New(opts ...Option) infra.Provider {
	o := &options{images: map[string]ImageWriter{}}
	for _, opt := range opts {
		opt(o)
	}
	return infra.Provider{
		Name:    Name,
		Version: Version,
		New: func(context.Context) (rpc.ResourceProviderServer, error) {
			return newServer(o)
		},
	}
}

// server is the provider for one operation.
type server struct {
	rpc.ResourceProviderServer
	daemons *daemons
}

// Close gives up the connections to Docker daemons.
func (s *server) Close() error {
	s.daemons.close()
	return nil
}

func newServer(o *options) (*server, error) {
	d := &daemons{}
	inferred := infer.Provider(infer.Options{
		Resources: []infer.InferredResource{
			infer.Resource(&certificateAuthority{}),
			infer.Resource(&certificate{}),
			infer.Resource(&password{}),
			infer.Resource(&network{daemons: d}),
			infer.Resource(&volume{daemons: d}),
			infer.Resource(&imageResource{daemons: d, builders: o.images}),
			infer.Resource(&containerResource{daemons: d}),
			infer.Resource(&daemonResource{daemons: d, builders: o.images, console: o.console}),
			infer.Resource(&bootstrapToken{bootstrap: o.bootstrap}),
			infer.Resource(&runnerToken{runners: o.runners}),
			infer.Resource(&runnerDrain{daemons: d, runners: o.runners}),
			infer.Resource(&runnerConfig{runners: o.runnerConfig}),
		},
	})
	raw, err := p.RawServer(Name, Version, adapt(inferred))(nil)
	if err != nil {
		return nil, err
	}
	return &server{ResourceProviderServer: raw, daemons: d}, nil
}

// adapt adds what package infer leaves out: Create learns its resource's URN,
// and no answer holds empty values that nobody asked for. Outputs that are
// inputs too are exactly those inputs, secret parts and unknowns included.
func adapt(in p.Provider) p.Provider {
	create, check, read, update := in.Create, in.Check, in.Read, in.Update
	in.Create = func(ctx context.Context, req p.CreateRequest) (p.CreateResponse, error) {
		resp, err := create(context.WithValue(ctx, urnKey{}, string(req.Urn)), req)
		resp.Properties = overlay(resp.Properties, req.Properties)
		return resp, err
	}
	in.Check = func(ctx context.Context, req p.CheckRequest) (p.CheckResponse, error) {
		resp, err := check(ctx, req)
		resp.Inputs = pruneMap(resp.Inputs, req.Inputs)
		return resp, err
	}
	in.Read = func(ctx context.Context, req p.ReadRequest) (p.ReadResponse, error) {
		resp, err := read(ctx, req)
		resp.Properties = pruneMap(resp.Properties, req.Properties)
		resp.Inputs = pruneMap(resp.Inputs, req.Inputs)
		return resp, err
	}
	in.Update = func(ctx context.Context, req p.UpdateRequest) (p.UpdateResponse, error) {
		resp, err := update(ctx, req)
		resp.Properties = overlay(resp.Properties, req.Inputs)
		return resp, err
	}
	return in
}

type urnKey struct{}

// urnOf is the URN of the resource that is being created.
func urnOf(ctx context.Context) string {
	urn, _ := ctx.Value(urnKey{}).(string)
	return urn
}
