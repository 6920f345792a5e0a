package provider

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/client"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

const (
	dockerHost = "unix:///var/run/docker.sock"
	testPrefix = "pilot-test-provider-"
)

// rig drives the provider as an engine does, message by message.
type rig struct {
	*testing.T
	ctx    context.Context
	server rpc.ResourceProviderServer
	docker *client.Client
}

func newRig(t *testing.T, opts ...Option) *rig {
	t.Helper()
	server, err := New(opts...).New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.(io.Closer).Close() })
	docker, err := client.NewClientWithOpts(client.WithHost(dockerHost), client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = docker.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return &rig{T: t, ctx: ctx, server: server, docker: docker}
}

// res is one resource as the engine knows it.
type res struct {
	*rig
	typ, name     string
	id            string
	inputs, state resource.PropertyMap
}

type props = map[string]any

func (r *rig) res(typ, name string) *res { return &res{rig: r, typ: typ, name: name} }

func (s *res) urn() string { return "urn:pulumi:test::provider::" + s.typ + "::" + s.name }

var opts = plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, KeepResources: true, SkipNulls: true}

func pack(t *testing.T, m resource.PropertyMap) *structpb.Struct {
	t.Helper()
	s, err := plugin.MarshalProperties(m, opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func unpack(t *testing.T, s *structpb.Struct) resource.PropertyMap {
	t.Helper()
	m, err := plugin.UnmarshalProperties(s, opts)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// check returns the checked inputs, or what is wrong with them.
func (s *res) check(in resource.PropertyMap) (resource.PropertyMap, string) {
	s.Helper()
	resp, err := s.server.Check(s.ctx, &rpc.CheckRequest{Urn: s.urn(), Olds: pack(s.T, s.inputs), News: pack(s.T, in)})
	if err != nil {
		s.Fatalf("check: %v", err)
	}
	var all []string
	for _, f := range resp.Failures {
		all = append(all, f.Reason)
	}
	return unpack(s.T, resp.Inputs), strings.Join(all, "\n")
}

func (s *res) mustCheck(in props) resource.PropertyMap {
	s.Helper()
	checked, failures := s.check(resource.NewPropertyMapFromMap(in))
	if failures != "" {
		s.Fatalf("check: %s", failures)
	}
	return checked
}

// preview returns what a preview of the creation knows of the outputs.
func (s *res) preview(in props) resource.PropertyMap {
	s.Helper()
	resp, err := s.server.Create(s.ctx, &rpc.CreateRequest{Urn: s.urn(), Properties: pack(s.T, s.mustCheck(in)), Preview: true})
	if err != nil {
		s.Fatalf("preview: %v", err)
	}
	return unpack(s.T, resp.Properties)
}

func (s *res) tryCreate(ctx context.Context, in props) error {
	s.Helper()
	inputs := s.mustCheck(in)
	resp, err := s.server.Create(ctx, &rpc.CreateRequest{Urn: s.urn(), Properties: pack(s.T, inputs)})
	if err != nil {
		return err
	}
	s.inputs, s.id, s.state = inputs, resp.Id, unpack(s.T, resp.Properties)
	return nil
}

func (s *res) create(in props) {
	s.Helper()
	if err := s.tryCreate(s.ctx, in); err != nil {
		s.Fatalf("create: %v", err)
	}
	if s.id == "" {
		s.Fatal("create: no id")
	}
}

// diff tells what new inputs would do: "" for nothing, else the paths, with an
// exclamation mark where they replace, joined by blanks.
func (s *res) diff(in props) string {
	s.Helper()
	return s.diffChecked(s.mustCheck(in))
}

func (s *res) diffChecked(in resource.PropertyMap) string {
	s.Helper()
	resp, err := s.server.Diff(s.ctx, &rpc.DiffRequest{
		Id: s.id, Urn: s.urn(), Olds: pack(s.T, s.state), OldInputs: pack(s.T, s.inputs), News: pack(s.T, in),
	})
	if err != nil {
		s.Fatalf("diff: %v", err)
	}
	var all []string
	for path, d := range resp.DetailedDiff {
		if strings.HasSuffix(d.Kind.String(), "_REPLACE") {
			path += "!"
		}
		all = append(all, path)
	}
	if (len(all) > 0) != (resp.Changes == rpc.DiffResponse_DIFF_SOME) {
		s.Errorf("diff: %v, but changes %s", all, resp.Changes)
	}
	return sorted(all)
}

func (s *res) update(in props) {
	s.Helper()
	inputs := s.mustCheck(in)
	resp, err := s.server.Update(s.ctx, &rpc.UpdateRequest{
		Id: s.id, Urn: s.urn(), Olds: pack(s.T, s.state), OldInputs: pack(s.T, s.inputs), News: pack(s.T, inputs),
	})
	if err != nil {
		s.Fatalf("update: %v", err)
	}
	s.inputs, s.state = inputs, unpack(s.T, resp.Properties)
}

func (s *res) tryRead() error {
	resp, err := s.server.Read(s.ctx, &rpc.ReadRequest{Id: s.id, Urn: s.urn(), Properties: pack(s.T, s.state), Inputs: pack(s.T, s.inputs)})
	if err != nil {
		return err
	}
	s.id, s.state, s.inputs = resp.Id, unpack(s.T, resp.Properties), unpack(s.T, resp.Inputs)
	return nil
}

// read refreshes; the id is empty afterwards if the thing is gone.
func (s *res) read() {
	s.Helper()
	if err := s.tryRead(); err != nil {
		s.Fatalf("read: %v", err)
	}
}

func (s *res) tryDelete(id string) error {
	_, err := s.server.Delete(s.ctx, &rpc.DeleteRequest{Id: id, Urn: s.urn(), Properties: pack(s.T, s.state), OldInputs: pack(s.T, s.inputs)})
	return err
}

// delete deletes twice: the second time there is nothing left.
func (s *res) delete() {
	s.Helper()
	for range 2 {
		if err := s.tryDelete(s.id); err != nil {
			s.Fatalf("delete: %v", err)
		}
	}
}

func (s *res) text(key string) string {
	v := s.state[resource.PropertyKey(key)]
	if v.IsSecret() {
		v = v.SecretValue().Element
	}
	if !v.IsString() {
		return ""
	}
	return v.StringValue()
}

func with(base props, more props) props {
	out := props{}
	for k, v := range base {
		out[k] = v
	}
	for k, v := range more {
		if v == nil {
			delete(out, k)
			continue
		}
		out[k] = v
	}
	return out
}

func local() props { return props{"host": dockerHost} }

// eventually waits for a condition, with a bound.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := poll(ctx, func() (bool, error) { return ok(), nil }); err != nil {
		t.Fatalf("waited in vain: %s", what)
	}
}
