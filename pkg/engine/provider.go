package engine

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// directClient is the client of a provider in this process: it calls the
// server's methods, with neither a connection nor an encoding in between.
type directClient struct {
	name   string
	server rpc.ResourceProviderServer
	// abandoned is closed when calls in flight are given up.
	abandoned <-chan struct{}
}

var _ rpc.ResourceProviderClient = (*directClient)(nil)

// call calls one method. A panic becomes an error, and an error gets the form
// that it would have had after its way over a connection.
func call[In, Out any](
	ctx context.Context, c *directClient, in In, method func(context.Context, In) (Out, error),
) (Out, error) {
	type result struct {
		out Out
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r.err = status.Errorf(codes.Internal, "provider %s panicked: %v\n%s", c.name, p, debug.Stack())
			}
			done <- r
		}()
		r.out, r.err = method(ctx, in)
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return r.out, asStatus(r.err)
		}
		return r.out, nil
	case <-c.abandoned:
		var none Out
		return none, status.Errorf(codes.Canceled, "provider %s: the call was given up", c.name)
	}
}

func asStatus(err error) error {
	if _, ok := status.FromError(err); ok {
		return err
	}
	return status.FromContextError(err).Err()
}

func isUnimplemented(err error) bool {
	if status.Code(err) == codes.Unimplemented {
		return true
	}
	e, ok := rpcerror.FromError(err)
	return ok && e.Code() == codes.Unimplemented
}

func (c *directClient) Handshake(ctx context.Context, in *rpc.ProviderHandshakeRequest, _ ...grpc.CallOption) (*rpc.ProviderHandshakeResponse, error) {
	return call(ctx, c, in, c.server.Handshake)
}

func (c *directClient) Parameterize(ctx context.Context, in *rpc.ParameterizeRequest, _ ...grpc.CallOption) (*rpc.ParameterizeResponse, error) {
	return call(ctx, c, in, c.server.Parameterize)
}

func (c *directClient) GetSchema(ctx context.Context, in *rpc.GetSchemaRequest, _ ...grpc.CallOption) (*rpc.GetSchemaResponse, error) {
	return call(ctx, c, in, c.server.GetSchema)
}

func (c *directClient) CheckConfig(ctx context.Context, in *rpc.CheckRequest, _ ...grpc.CallOption) (*rpc.CheckResponse, error) {
	return call(ctx, c, in, c.server.CheckConfig)
}

func (c *directClient) DiffConfig(ctx context.Context, in *rpc.DiffRequest, _ ...grpc.CallOption) (*rpc.DiffResponse, error) {
	return call(ctx, c, in, c.server.DiffConfig)
}

func (c *directClient) Configure(ctx context.Context, in *rpc.ConfigureRequest, _ ...grpc.CallOption) (*rpc.ConfigureResponse, error) {
	return call(ctx, c, in, c.server.Configure)
}

func (c *directClient) Invoke(ctx context.Context, in *rpc.InvokeRequest, _ ...grpc.CallOption) (*rpc.InvokeResponse, error) {
	return call(ctx, c, in, c.server.Invoke)
}

func (c *directClient) Call(ctx context.Context, in *rpc.CallRequest, _ ...grpc.CallOption) (*rpc.CallResponse, error) {
	return call(ctx, c, in, c.server.Call)
}

func (c *directClient) Check(ctx context.Context, in *rpc.CheckRequest, _ ...grpc.CallOption) (*rpc.CheckResponse, error) {
	return call(ctx, c, in, c.server.Check)
}

func (c *directClient) Diff(ctx context.Context, in *rpc.DiffRequest, _ ...grpc.CallOption) (*rpc.DiffResponse, error) {
	return call(ctx, c, in, c.server.Diff)
}

func (c *directClient) Create(ctx context.Context, in *rpc.CreateRequest, _ ...grpc.CallOption) (*rpc.CreateResponse, error) {
	return call(ctx, c, in, c.server.Create)
}

func (c *directClient) Read(ctx context.Context, in *rpc.ReadRequest, _ ...grpc.CallOption) (*rpc.ReadResponse, error) {
	return call(ctx, c, in, c.server.Read)
}

func (c *directClient) Update(ctx context.Context, in *rpc.UpdateRequest, _ ...grpc.CallOption) (*rpc.UpdateResponse, error) {
	return call(ctx, c, in, c.server.Update)
}

func (c *directClient) Delete(ctx context.Context, in *rpc.DeleteRequest, _ ...grpc.CallOption) (*emptypb.Empty, error) {
	return call(ctx, c, in, c.server.Delete)
}

func (c *directClient) Construct(ctx context.Context, in *rpc.ConstructRequest, _ ...grpc.CallOption) (*rpc.ConstructResponse, error) {
	return call(ctx, c, in, c.server.Construct)
}

func (c *directClient) Cancel(ctx context.Context, in *emptypb.Empty, _ ...grpc.CallOption) (*emptypb.Empty, error) {
	return call(ctx, c, in, c.server.Cancel)
}

func (c *directClient) GetPluginInfo(ctx context.Context, in *emptypb.Empty, _ ...grpc.CallOption) (*rpc.PluginInfo, error) {
	return call(ctx, c, in, c.server.GetPluginInfo)
}

func (c *directClient) Attach(ctx context.Context, in *rpc.PluginAttach, _ ...grpc.CallOption) (*emptypb.Empty, error) {
	return call(ctx, c, in, c.server.Attach)
}

func (c *directClient) GetMapping(ctx context.Context, in *rpc.GetMappingRequest, _ ...grpc.CallOption) (*rpc.GetMappingResponse, error) {
	return call(ctx, c, in, c.server.GetMapping)
}

func (c *directClient) GetMappings(ctx context.Context, in *rpc.GetMappingsRequest, _ ...grpc.CallOption) (*rpc.GetMappingsResponse, error) {
	return call(ctx, c, in, c.server.GetMappings)
}

// List runs the server's stream to its end and then hands it out.
func (c *directClient) List(ctx context.Context, in *rpc.ListRequest, _ ...grpc.CallOption) (grpc.ServerStreamingClient[rpc.ListResponse], error) {
	s := &listStream{ctx: ctx}
	_, err := call(ctx, c, in, func(context.Context, *rpc.ListRequest) (struct{}, error) {
		return struct{}{}, c.server.List(in, s)
	})
	if err != nil {
		return nil, err
	}
	return listResult{s}, nil
}

// listStream is the server's end of a stream that is kept in memory.
type listStream struct {
	ctx   context.Context
	items []*rpc.ListResponse
}

func (s *listStream) Send(r *rpc.ListResponse) error {
	s.items = append(s.items, r)
	return s.ctx.Err()
}
func (s *listStream) Context() context.Context     { return s.ctx }
func (s *listStream) SetHeader(metadata.MD) error  { return nil }
func (s *listStream) SendHeader(metadata.MD) error { return nil }
func (s *listStream) SetTrailer(metadata.MD)       {}
func (s *listStream) RecvMsg(any) error            { return io.EOF }
func (s *listStream) SendMsg(m any) error {
	r, ok := m.(*rpc.ListResponse)
	if !ok {
		return fmt.Errorf("list stream: got a %T", m)
	}
	return s.Send(r)
}

// listResult is the client's end of it.
type listResult struct{ *listStream }

func (s listResult) Recv() (*rpc.ListResponse, error) {
	if len(s.items) == 0 {
		return nil, io.EOF
	}
	next := s.items[0]
	s.items = s.items[1:]
	return next, nil
}
func (s listResult) Header() (metadata.MD, error) { return nil, nil }
func (s listResult) Trailer() metadata.MD         { return nil }
func (s listResult) CloseSend() error             { return nil }
