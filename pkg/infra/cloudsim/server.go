package cloudsim

import (
	"context"
	"encoding/json"
	"fmt"

	pbempty "google.golang.org/protobuf/types/known/emptypb"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
)

// server is one provider process, so to say: a cloud and a configuration.
type server struct {
	pulumirpc.UnimplementedResourceProviderServer
	sim   *Sim
	cloud *cloud
	at    where
	ready bool
}

var (
	keepAll     = plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true}
	keepSecrets = plugin.MarshalOptions{KeepSecrets: true}
)

func (s *server) GetPluginInfo(context.Context, *pbempty.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: s.cloud.version}, nil
}

// GetSchema names the types and functions that are simulated.
func (s *server) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	type entry struct {
		Description string `json:"description"`
	}
	schema := struct {
		Name      string           `json:"name"`
		Version   string           `json:"version"`
		Resources map[string]entry `json:"resources"`
		Functions map[string]entry `json:"functions"`
	}{s.cloud.name, s.cloud.version, map[string]entry{}, map[string]entry{}}
	for token, r := range s.cloud.rows {
		schema.Resources[token] = entry{"Simulated. Facts from " + r.source}
	}
	for token, f := range s.cloud.functions {
		schema.Functions[token] = entry{"Simulated. Facts from " + f.source}
	}
	data, err := json.Marshal(schema)
	if err != nil {
		return nil, fmt.Errorf("encode the schema: %w", err)
	}
	return &pulumirpc.GetSchemaResponse{Schema: string(data)}, nil
}

func (s *server) Attach(context.Context, *pulumirpc.PluginAttach) (*pbempty.Empty, error) {
	return &pbempty.Empty{}, nil
}

// Cancel has nothing to do: every call ends with its context.
func (s *server) Cancel(context.Context, *pbempty.Empty) (*pbempty.Empty, error) {
	return &pbempty.Empty{}, nil
}

func (s *server) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	cfg, err := unmarshal(req.GetNews(), keepAll)
	if err != nil {
		return nil, err
	}
	_, problems := s.cloud.configure(cfg)
	return &pulumirpc.CheckResponse{Inputs: req.GetNews(), Failures: failures(problems)}, nil
}

func (s *server) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, err := unmarshal(firstOf(req.GetOldInputs(), req.GetOlds()), keepAll)
	if err != nil {
		return nil, err
	}
	news, err := unmarshal(req.GetNews(), keepAll)
	if err != nil {
		return nil, err
	}
	d := &differ{row: &row{}, diffs: map[string]*pulumirpc.PropertyDiff{}}
	d.objects("", olds, news)
	return d.response(false), nil
}

func (s *server) Configure(_ context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	cfg, err := unmarshal(req.GetArgs(), plugin.MarshalOptions{KeepUnknowns: true})
	if err != nil {
		return nil, err
	}
	at, problems := s.cloud.configure(cfg)
	if len(problems) > 0 {
		return nil, status.Errorf(codes.InvalidArgument, "configure the simulated %s: %s %s", s.cloud.name, problems[0].path, problems[0].reason)
	}
	if s.cloud == awsCloud {
		at.account = s.sim.account
	}
	s.at, s.ready = at, true
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, nil
}

// begin makes a call out of a request's type and URN.
func (s *server) begin(ctx context.Context, op Op, urn string) (*call, error) {
	token := string(resource.URN(urn).Type())
	r := s.cloud.rows[token]
	if r == nil {
		return nil, status.Errorf(codes.Unimplemented,
			"the simulated %s does not know the resource type %q; cloudsim.Types lists those that it knows", s.cloud.name, token)
	}
	c := &call{
		ctx: ctx, sim: s.sim, cloud: s.cloud, row: r, at: s.at, urn: urn, op: op,
		in: resource.PropertyMap{}, old: resource.PropertyMap{}, out: resource.PropertyMap{}, filling: map[string]bool{},
	}
	return c, nil
}

// reach is a call's way to the cloud: it takes its time, and the faults that
// are waiting for it strike. act changes the cloud. lost tells that act has
// happened but its answer did not come as it should.
func (s *server) reach(c *call, act func(*tx) error) (lost FaultKind, err error) {
	record := Call{Cloud: s.cloud.name, Type: c.token(), Op: c.op, URN: c.urn}
	if c.row != nil && c.op == OpCreate {
		record.Typical = c.row.takes
	}
	kind := s.sim.strike(record)
	if err := s.sim.wait(c.ctx, record); err != nil {
		return "", err
	}
	after := kind == TimeoutAfter || kind == AnswerLost
	if kind != "" && !after {
		return "", s.injected(c, kind)
	}
	err = s.sim.store.do(func(t *tx) error {
		c.tx = t
		return act(t)
	})
	if err != nil {
		return "", err
	}
	if err := s.sim.wait(c.ctx, record); err != nil {
		return AnswerLost, err
	}
	if after {
		return kind, s.injected(c, kind)
	}
	return "", nil
}

func (s *server) injected(c *call, kind FaultKind) error {
	f := s.cloud.faults[kind](c, c.op)
	return status.Error(codes.Unknown, s.cloud.render(c, c.op, &f, c.subject()))
}

// subject is how an error names the thing: its id, or what it is called.
func (c *call) subject() string {
	for _, name := range []string{c.id, text(c.in, "name"), text(c.old, "name"), resource.URN(c.urn).Name()} {
		if name != "" {
			return name
		}
	}
	return c.token()
}

func firstOf(structs ...*structpb.Struct) *structpb.Struct {
	for _, s := range structs {
		if s != nil {
			return s
		}
	}
	return nil
}

func unmarshal(s *structpb.Struct, o plugin.MarshalOptions) (resource.PropertyMap, error) {
	m, err := plugin.UnmarshalProperties(s, o)
	if err != nil {
		return nil, fmt.Errorf("read properties: %w", err)
	}
	return m, nil
}

func marshal(m resource.PropertyMap, o plugin.MarshalOptions) (*structpb.Struct, error) {
	s, err := plugin.MarshalProperties(m, o)
	if err != nil {
		return nil, fmt.Errorf("write properties: %w", err)
	}
	return s, nil
}

func failures(problems []problem) []*pulumirpc.CheckFailure {
	var all []*pulumirpc.CheckFailure
	for _, p := range problems {
		all = append(all, &pulumirpc.CheckFailure{Property: p.path, Reason: p.reason})
	}
	return all
}
