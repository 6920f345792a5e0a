package infra_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

const thingType = "test:index:Thing"

// cloud is a small cloud in memory: it holds things, which have a size that
// can be changed, a zone that can't, a password and tags.
type cloud struct {
	mu     sync.Mutex
	things map[string]resource.PropertyMap
	next   int
	calls  map[string]int
	// refuse gives the error for a create, update or delete of a named thing.
	refuse map[string]string
	// during is called, without the lock, inside each create.
	during func(name string)
}

func newCloud() *cloud {
	return &cloud{things: map[string]resource.PropertyMap{}, calls: map[string]int{}, refuse: map[string]string{}}
}

func (c *cloud) provider() infra.Provider {
	return infra.Provider{Name: "test", Version: "1.0.0", New: func(context.Context) (pulumirpc.ResourceProviderServer, error) {
		return &thingProvider{cloud: c}, nil
	}}
}

func (c *cloud) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.things)
}

func (c *cloud) writes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls["create"] + c.calls["update"] + c.calls["delete"]
}

// set changes a thing behind the stack's back.
func (c *cloud) set(t *testing.T, name, key string, value any) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.things {
		if p["name"].StringValue() == name {
			p[resource.PropertyKey(key)] = resource.NewPropertyValue(value)
			return
		}
	}
	t.Fatalf("no thing %q", name)
}

func (c *cloud) remove(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, p := range c.things {
		if p["name"].StringValue() == name {
			delete(c.things, id)
		}
	}
}

type thingProvider struct {
	pulumirpc.UnimplementedResourceProviderServer
	cloud *cloud
}

func (p *thingProvider) CheckConfig(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: r.GetNews()}, nil
}

func (p *thingProvider) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{}, nil
}

func (p *thingProvider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true, AcceptResources: true, AcceptOutputs: true}, nil
}

func (p *thingProvider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.0.0"}, nil
}

func (p *thingProvider) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (p *thingProvider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func read(s *structpb.Struct) resource.PropertyMap {
	m, err := plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true})
	if err != nil {
		panic(err)
	}
	return m
}

func write(m resource.PropertyMap) *structpb.Struct {
	s, err := plugin.MarshalProperties(m, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true})
	if err != nil {
		panic(err)
	}
	return s
}

func (p *thingProvider) Check(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	in := read(r.GetNews())
	if v := in["size"]; v.IsNumber() && v.NumberValue() < 0 {
		return &pulumirpc.CheckResponse{Failures: []*pulumirpc.CheckFailure{{Property: "size", Reason: "size must not be negative"}}}, nil
	}
	return &pulumirpc.CheckResponse{Inputs: r.GetNews()}, nil
}

func (p *thingProvider) Diff(_ context.Context, r *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, news := read(r.GetOldInputs()), read(r.GetNews())
	res := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{}}
	d := olds.Diff(news)
	if d == nil {
		return res, nil
	}
	res.Changes = pulumirpc.DiffResponse_DIFF_SOME
	for _, k := range d.ChangedKeys() {
		kind := pulumirpc.PropertyDiff_UPDATE
		switch _, had := olds[k]; {
		case d.Deleted(k):
			kind = pulumirpc.PropertyDiff_DELETE
		case !had:
			kind = pulumirpc.PropertyDiff_ADD
		}
		if k == "zone" {
			kind++ // each kind is followed by its replacing one
			res.Replaces = append(res.Replaces, string(k))
		}
		res.Diffs = append(res.Diffs, string(k))
		res.DetailedDiff[string(k)] = &pulumirpc.PropertyDiff{Kind: kind, InputDiff: true}
	}
	return res, nil
}

func (p *thingProvider) refused(verb, name string) error {
	p.cloud.calls[verb]++
	if msg := p.cloud.refuse[verb+" "+name]; msg != "" {
		return status.Error(codes.ResourceExhausted, msg)
	}
	return nil
}

func bare(v resource.PropertyValue) resource.PropertyValue {
	for v.IsSecret() {
		v = v.SecretValue().Element
	}
	return v
}

func thingName(m resource.PropertyMap) string {
	if v := bare(m["name"]); v.IsString() {
		return v.StringValue()
	}
	return ""
}

func (p *thingProvider) Create(_ context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	props := read(r.GetProperties())
	if r.GetPreview() {
		props["address"] = resource.MakeComputed(resource.NewProperty(""))
		return &pulumirpc.CreateResponse{Properties: write(props)}, nil
	}
	if f := p.cloud.during; f != nil {
		f(thingName(props))
	}
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	if err := p.refused("create", thingName(props)); err != nil {
		return nil, err
	}
	p.cloud.next++
	id := fmt.Sprintf("thing-%d", p.cloud.next)
	props["address"] = resource.NewProperty("10.0.0." + fmt.Sprint(p.cloud.next))
	p.cloud.things[id] = props
	return &pulumirpc.CreateResponse{Id: id, Properties: write(props)}, nil
}

func (p *thingProvider) Read(_ context.Context, r *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	p.cloud.calls["read"]++
	props, ok := p.cloud.things[r.GetId()]
	if !ok {
		return &pulumirpc.ReadResponse{}, nil
	}
	inputs := resource.PropertyMap{}
	for k, v := range props {
		if k != "address" {
			inputs[k] = v
		}
	}
	return &pulumirpc.ReadResponse{Id: r.GetId(), Properties: write(props), Inputs: write(inputs)}, nil
}

func (p *thingProvider) Update(_ context.Context, r *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	props := read(r.GetNews())
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	old := p.cloud.things[r.GetId()]
	if r.GetPreview() {
		props["address"] = read(r.GetOlds())["address"]
		return &pulumirpc.UpdateResponse{Properties: write(props)}, nil
	}
	if err := p.refused("update", thingName(props)); err != nil {
		return nil, err
	}
	if old == nil {
		return nil, errors.New("thing " + r.GetId() + " not found")
	}
	props["address"] = old["address"]
	p.cloud.things[r.GetId()] = props
	return &pulumirpc.UpdateResponse{Properties: write(props)}, nil
}

func (p *thingProvider) Delete(_ context.Context, r *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	p.cloud.mu.Lock()
	defer p.cloud.mu.Unlock()
	if err := p.refused("delete", thingName(read(r.GetProperties()))); err != nil {
		return nil, err
	}
	delete(p.cloud.things, r.GetId())
	return &emptypb.Empty{}, nil
}

// thing is the resource of the test's cloud.
type thing struct {
	pulumi.CustomResourceState
	Address  pulumi.StringOutput    `pulumi:"address"`
	Password pulumi.StringPtrOutput `pulumi:"password"`
}

func newThing(ctx *pulumi.Context, name string, in pulumi.Map, opts ...pulumi.ResourceOption) (*thing, error) {
	args := pulumi.Map{"name": pulumi.String(name)}
	for k, v := range in {
		args[k] = v
	}
	t := &thing{}
	return t, ctx.RegisterResource(thingType, name, args, t, opts...)
}

type group struct{ pulumi.ResourceState }

func newGroup(ctx *pulumi.Context, name string) (*group, error) {
	g := &group{}
	return g, ctx.RegisterComponentResource("test:index:Group", name, g)
}

const phrase = "correct horse battery staple"

func secrets() infra.Secrets {
	return infra.Secrets{Passphrase: func(context.Context) (string, error) { return phrase, nil }}
}

// open opens a stack on the engine that runs in this process.
func open(t *testing.T, c *cloud, state string, program pulumi.RunFunc, opts ...infra.Option) *infra.Stack {
	t.Helper()
	opts = append([]infra.Option{
		infra.WithEngine(engine.New()), infra.WithState("file://" + state), infra.WithSecrets(secrets()), infra.WithProvider(c.provider()),
	}, opts...)
	s, err := infra.Open(t.Context(), infra.Ref{Project: "acme", Stack: "dev"}, program, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
