// Package testprovider is a tiny resource provider for tests and benchmarks: it
// has one resource, Thing, that exists nowhere but in the stack's state.
package testprovider

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const (
	// Name is the package that the provider serves.
	Name = "test"
	// Version is the provider's version.
	Version = "1.0.0"
	// Token is the type of its only resource.
	Token = "test:index:Thing"
)

// Hooks let a test see and steer what the provider does. Each may be nil.
type Hooks struct {
	// Check is called before a Thing's inputs are checked; its error fails the check.
	Check func(ctx context.Context) error
	// Create is called before a Thing is made; its error fails the creation.
	Create func(ctx context.Context, in map[string]any) error
	// Delete is called before a Thing is deleted; its error fails the deletion.
	Delete func(ctx context.Context, id string) error
	// Read gives the properties that a refresh finds, given those in the state;
	// nil means that the Thing is gone.
	Read func(id string, props map[string]any) map[string]any
}

// Provider makes servers that share their hooks and their counts.
type Provider struct {
	Hooks Hooks
	// Open counts the servers that were made and not closed yet.
	Open atomic.Int64
	// Creates counts finished creations.
	Creates atomic.Int64
	ids     atomic.Int64
}

// New makes the server for one operation. It fits infra.Provider.
func (p *Provider) New(context.Context) (rpc.ResourceProviderServer, error) {
	p.Open.Add(1)
	ctx, cancel := context.WithCancel(context.Background())
	return &server{p: p, ctx: ctx, cancel: cancel}, nil
}

type server struct {
	rpc.UnimplementedResourceProviderServer
	p      *Provider
	ctx    context.Context
	cancel context.CancelFunc
	once   sync.Once
}

// Close ends the server. It may be called more than once.
func (s *server) Close() error {
	s.once.Do(func() {
		s.cancel()
		s.p.Open.Add(-1)
	})
	return nil
}

func (s *server) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	s.cancel()
	return &emptypb.Empty{}, nil
}

func (s *server) GetPluginInfo(context.Context, *emptypb.Empty) (*rpc.PluginInfo, error) {
	return &rpc.PluginInfo{Version: Version}, nil
}

func (s *server) Attach(context.Context, *rpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (s *server) GetSchema(context.Context, *rpc.GetSchemaRequest) (*rpc.GetSchemaResponse, error) {
	return &rpc.GetSchemaResponse{Schema: `{"name":"` + Name + `","version":"` + Version + `"}`}, nil
}

func (s *server) CheckConfig(_ context.Context, in *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	return &rpc.CheckResponse{Inputs: in.GetNews()}, nil
}

func (s *server) DiffConfig(context.Context, *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	return &rpc.DiffResponse{Changes: rpc.DiffResponse_DIFF_NONE}, nil
}

func (s *server) Configure(context.Context, *rpc.ConfigureRequest) (*rpc.ConfigureResponse, error) {
	return &rpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true, AcceptResources: true}, nil
}

func (s *server) Check(ctx context.Context, in *rpc.CheckRequest) (*rpc.CheckResponse, error) {
	if s.p.Hooks.Check != nil {
		if err := s.p.Hooks.Check(ctx); err != nil {
			return nil, err
		}
	}
	if _, ok := in.GetNews().GetFields()["value"]; !ok {
		return &rpc.CheckResponse{Failures: []*rpc.CheckFailure{{Property: "value", Reason: "is required"}}}, nil
	}
	return &rpc.CheckResponse{Inputs: in.GetNews()}, nil
}

// Diff compares property by property; a change of "place" replaces.
func (s *server) Diff(_ context.Context, in *rpc.DiffRequest) (*rpc.DiffResponse, error) {
	out := &rpc.DiffResponse{Changes: rpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true,
		DetailedDiff: map[string]*rpc.PropertyDiff{}}
	for _, k := range []string{"value", "place", "secret"} {
		before, had := in.GetOldInputs().GetFields()[k]
		after, has := in.GetNews().GetFields()[k]
		if had == has && before.String() == after.String() {
			continue
		}
		out.Changes = rpc.DiffResponse_DIFF_SOME
		out.Diffs = append(out.Diffs, k)
		kind := rpc.PropertyDiff_UPDATE
		if k == "place" {
			out.Replaces = append(out.Replaces, k)
			kind = rpc.PropertyDiff_UPDATE_REPLACE
		}
		out.DetailedDiff[k] = &rpc.PropertyDiff{Kind: kind, InputDiff: true}
	}
	return out, nil
}

func (s *server) Create(ctx context.Context, in *rpc.CreateRequest) (*rpc.CreateResponse, error) {
	if in.GetPreview() {
		return &rpc.CreateResponse{Properties: in.GetProperties()}, nil
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(s.ctx, stop)()
	if s.p.Hooks.Create != nil {
		if err := s.p.Hooks.Create(ctx, in.GetProperties().AsMap()); err != nil {
			return nil, err
		}
	}
	s.p.Creates.Add(1)
	return &rpc.CreateResponse{
		Id:         fmt.Sprintf("thing-%d", s.p.ids.Add(1)),
		Properties: in.GetProperties(),
	}, nil
}

func (s *server) Update(_ context.Context, in *rpc.UpdateRequest) (*rpc.UpdateResponse, error) {
	return &rpc.UpdateResponse{Properties: in.GetNews()}, nil
}

func (s *server) Delete(ctx context.Context, in *rpc.DeleteRequest) (*emptypb.Empty, error) {
	if s.p.Hooks.Delete != nil {
		if err := s.p.Hooks.Delete(ctx, in.GetId()); err != nil {
			return nil, err
		}
	}
	return &emptypb.Empty{}, nil
}

func (s *server) Read(_ context.Context, in *rpc.ReadRequest) (*rpc.ReadResponse, error) {
	if s.p.Hooks.Read == nil {
		return &rpc.ReadResponse{Id: in.GetId(), Properties: in.GetProperties(), Inputs: in.GetInputs()}, nil
	}
	found := s.p.Hooks.Read(in.GetId(), in.GetProperties().AsMap())
	if found == nil {
		return &rpc.ReadResponse{}, nil
	}
	props, err := structpb.NewStruct(found)
	if err != nil {
		return nil, err
	}
	return &rpc.ReadResponse{Id: in.GetId(), Properties: props, Inputs: props}, nil
}
