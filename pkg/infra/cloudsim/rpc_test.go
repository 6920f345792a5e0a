package cloudsim

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
)

// rig speaks to a simulated provider as the engine does.
type rig struct {
	t      testing.TB
	sim    *Sim
	server pulumirpc.ResourceProviderServer
}

func newRig(t testing.TB, cloudName string, options ...Option) *rig {
	t.Helper()
	return rigOn(t, newSim(t, options...), cloudName)
}

func rigOn(t testing.TB, sim *Sim, cloudName string) *rig {
	t.Helper()
	p, config := sim.AWS(), Props{"region": "eu-west-1"}
	if cloudName == "gcp" {
		p, config = sim.GCP(), Props{"project": "acme-prod", "region": "europe-west1", "zone": "europe-west1-b"}
	}
	server, err := p.New(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, sim: sim, server: server}
	if _, err := server.Configure(t.Context(), &pulumirpc.ConfigureRequest{Args: r.pack(propertyMap(config))}); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) pack(m resource.PropertyMap) *structpb.Struct {
	r.t.Helper()
	s, err := plugin.MarshalProperties(m, keepAll)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *rig) unpack(s *structpb.Struct) resource.PropertyMap {
	r.t.Helper()
	m, err := plugin.UnmarshalProperties(s, keepAll)
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

func urnOf(typ, name string) string { return "urn:pulumi:test::acme::" + typ + "::" + name }

// check returns the checked inputs and the failures, "property: reason".
func (r *rig) check(typ, name string, in Props) (resource.PropertyMap, []string) {
	r.t.Helper()
	resp, err := r.server.Check(r.t.Context(), &pulumirpc.CheckRequest{Urn: urnOf(typ, name), News: r.pack(propertyMap(in))})
	if err != nil {
		r.t.Fatal(err)
	}
	var failures []string
	for _, f := range resp.GetFailures() {
		failures = append(failures, f.GetProperty()+": "+f.GetReason())
	}
	return r.unpack(resp.GetInputs()), failures
}

// create checks and creates.
func (r *rig) create(typ, name string, in Props) (string, resource.PropertyMap, error) {
	r.t.Helper()
	inputs, failures := r.check(typ, name, in)
	if len(failures) > 0 {
		return "", nil, status.Error(codes.InvalidArgument, failures[0])
	}
	resp, err := r.server.Create(r.t.Context(), &pulumirpc.CreateRequest{Urn: urnOf(typ, name), Properties: r.pack(inputs)})
	if err != nil {
		return "", nil, err
	}
	return resp.GetId(), r.unpack(resp.GetProperties()), nil
}

func (r *rig) must(typ, name string, in Props) string {
	r.t.Helper()
	id, _, err := r.create(typ, name, in)
	if err != nil {
		r.t.Fatalf("create %s %s: %v", typ, name, err)
	}
	return id
}

func (r *rig) delete(typ, name, id string, state Props) error {
	_, err := r.server.Delete(r.t.Context(), &pulumirpc.DeleteRequest{Urn: urnOf(typ, name), Id: id, Properties: r.pack(propertyMap(state))})
	return err
}

func (r *rig) diff(typ string, olds, news Props) *pulumirpc.DiffResponse {
	r.t.Helper()
	d, err := r.server.Diff(r.t.Context(), &pulumirpc.DiffRequest{
		Urn: urnOf(typ, "x"), OldInputs: r.pack(propertyMap(olds)), News: r.pack(propertyMap(news)),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return d
}

func (r *rig) read(typ, name, id string) *pulumirpc.ReadResponse {
	r.t.Helper()
	resp, err := r.server.Read(r.t.Context(), &pulumirpc.ReadRequest{Urn: urnOf(typ, name), Id: id})
	if err != nil {
		r.t.Fatal(err)
	}
	return resp
}

func (r *rig) invoke(token string, args Props) (resource.PropertyMap, error) {
	r.t.Helper()
	resp, err := r.server.Invoke(r.t.Context(), &pulumirpc.InvokeRequest{Tok: token, Args: r.pack(propertyMap(args))})
	if err != nil {
		return nil, err
	}
	if f := resp.GetFailures(); len(f) > 0 {
		return nil, status.Error(codes.InvalidArgument, f[0].GetProperty()+": "+f[0].GetReason())
	}
	return r.unpack(resp.GetReturn()), nil
}
