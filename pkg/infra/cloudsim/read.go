package cloudsim

import (
	"context"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	pbempty "google.golang.org/protobuf/types/known/emptypb"
)

// Read is refresh and import. An empty id says that the thing is gone.
func (s *server) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	c, err := s.begin(ctx, OpRead, req.GetUrn())
	if err != nil {
		return nil, err
	}
	if c.old, err = unmarshal(req.GetProperties(), keepAll); err != nil {
		return nil, err
	}
	if c.in, err = unmarshal(req.GetInputs(), keepAll); err != nil {
		return nil, err
	}
	c.id = req.GetId()
	_, err = s.reach(c, func(t *tx) error {
		if c.self = c.existing(t); c.self == nil {
			c.self = c.imported()
		}
		if c.self != nil {
			c.out = reveal(resource.NewObjectProperty(c.self.props()), resource.NewObjectProperty(c.old), t.store.salt).ObjectValue()
		}
		return nil
	})
	if err != nil {
		return nil, asStatus(err)
	}
	if c.self == nil {
		return &pulumirpc.ReadResponse{}, nil
	}
	props, err := marshal(c.out, keepSecrets)
	if err != nil {
		return nil, err
	}
	inputs, err := marshal(c.readInputs(), keepSecrets)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.ReadResponse{Id: c.self.ID, Properties: props, Inputs: inputs}, nil
}

// imported finds a thing by the id that import takes.
func (c *call) imported() *Object {
	if c.row.importID == "" {
		return nil
	}
	for _, o := range c.list(c.row.token) {
		if c.cloud == awsCloud && !c.row.global && o.Region != c.at.region {
			continue
		}
		k := &call{
			ctx: c.ctx, sim: c.sim, cloud: c.cloud, row: c.row, at: c.at, urn: o.URN,
			id: o.ID, out: o.props(), filling: map[string]bool{}, serial: o.Serial, created: o.Created,
		}
		if textOf(k.fill(c.row.importID, "import")) == c.id {
			return o
		}
	}
	return nil
}

// readInputs brings the inputs up to what the cloud says now: those that were
// given before keep their place, and what has appeared since joins them. For
// an import, which has no inputs before it, every input that is set counts.
func (c *call) readInputs() resource.PropertyMap {
	sh := c.cloud.shapes().Resources[c.row.token]
	importing := len(c.in) == 0
	inputs := resource.PropertyMap{}
	for name, kind := range sh.In {
		key := resource.PropertyKey(name)
		now, has := c.out[key]
		before, had := c.in[key]
		_, computes := c.row.outputs[name]
		switch {
		case had && has:
			inputs[key] = c.narrow(strings.TrimSuffix(kind, "!"), name, before, now)
		case had && c.unreadable(name):
			inputs[key] = before
		case importing && has && !computes && !isAbsent(now),
			!importing && has && !isAbsent(now) && !same(bare(now), bare(c.old[key])):
			inputs[key] = now
		}
	}
	if d, ok := c.in["__defaults"]; ok {
		inputs["__defaults"] = d
	} else {
		inputs["__defaults"] = strs()
	}
	return inputs
}

// narrow leaves out of what the cloud says those parts of an object that were
// not given, and keeps how a value was given where the cloud says the same in
// other words. kind is the value's in the shapes, at its path.
func (c *call) narrow(kind, at string, given, now resource.PropertyValue) resource.PropertyValue {
	g, n := bare(given), bare(now)
	d := &differ{row: c.row, diffs: map[string]*pulumirpc.PropertyDiff{}}
	if d.values(at, g, n); len(d.diffs) == 0 {
		return given
	}
	switch {
	case g.IsObject() && n.IsObject():
		m := resource.PropertyMap{}
		for k, v := range n.ObjectValue() {
			inner, had := g.ObjectValue()[k]
			switch {
			case had:
				m[k] = c.narrow(c.inside(kind, string(k)), join(at, string(k)), inner, v)
			case strings.HasPrefix(kind, "{}"): // a new key in a map such as tags
				m[k] = v
			}
		}
		if internal, ok := g.ObjectValue()["__defaults"]; ok {
			m["__defaults"] = internal
		}
		n = resource.NewObjectProperty(m)
	case g.IsArray() && n.IsArray():
		items := slices.Clone(n.ArrayValue())
		for i := range min(len(items), len(g.ArrayValue())) {
			items[i] = c.narrow(strings.TrimPrefix(kind, "[]"), at+"[]", g.ArrayValue()[i], items[i])
		}
		n = resource.NewArrayProperty(items)
	}
	if isSecret(given) || isSecret(now) {
		return resource.MakeSecret(n)
	}
	return n
}

// inside is the kind of a property of an object or of a key of a map.
func (c *call) inside(kind, name string) string {
	if inner, ok := strings.CutPrefix(kind, "{}"); ok {
		return inner
	}
	return strings.TrimSuffix(c.cloud.shapes().Types[strings.TrimPrefix(kind, "#")][name], "!")
}

// unreadable reports whether a cloud never tells an input again.
func (c *call) unreadable(name string) bool { return slices.Contains(c.row.secrets, name) }

// inputsIn picks the inputs out of a state.
func inputsIn(sh shape, state resource.PropertyMap) resource.PropertyMap {
	in := resource.PropertyMap{}
	for k, v := range state {
		if _, ok := sh.In[string(k)]; ok {
			in[k] = v
		}
	}
	return in
}

// Delete deletes a thing; one that is gone already is no error.
func (s *server) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*pbempty.Empty, error) {
	c, err := s.begin(ctx, OpDelete, req.GetUrn())
	if err != nil {
		return nil, err
	}
	if c.old, err = unmarshal(req.GetProperties(), keepAll); err != nil {
		return nil, err
	}
	c.id = req.GetId()
	if _, err := s.reach(c, c.remove); err != nil {
		return nil, asStatus(err)
	}
	return &pbempty.Empty{}, nil
}

// Invoke runs a data source.
func (s *server) Invoke(ctx context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	fn := s.cloud.functions[req.GetTok()]
	if fn == nil {
		return nil, status.Errorf(codes.Unimplemented,
			"the simulated %s does not know the function %q; cloudsim.Types lists those that it knows", s.cloud.name, req.GetTok())
	}
	c := &call{ctx: ctx, sim: s.sim, cloud: s.cloud, fn: fn, row: &row{token: fn.token}, at: s.at, op: OpInvoke, filling: map[string]bool{}}
	var err error
	if c.in, err = unmarshal(req.GetArgs(), keepSecrets); err != nil {
		return nil, err
	}
	for k, v := range c.in {
		if v.IsNull() {
			delete(c.in, k)
		}
	}
	if problems := s.cloud.shapes().check(s.cloud.shapes().Functions[fn.token].In, c.in, ""); len(problems) > 0 {
		return &pulumirpc.InvokeResponse{Failures: failures(problems)}, nil
	}
	var result resource.PropertyMap
	_, err = s.reach(c, func(*tx) error {
		result, err = fn.run(c)
		return err
	})
	if err != nil {
		return nil, asStatus(err)
	}
	for k, v := range c.in {
		if _, ok := s.cloud.shapes().Functions[fn.token].Out[string(k)]; ok && isAbsent(result[k]) {
			result[k] = v
		}
	}
	if isAbsent(result["id"]) {
		result["id"] = str(firstText(s.at.region, s.at.account))
	}
	ret, err := marshal(result, keepSecrets)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.InvokeResponse{Return: ret}, nil
}
