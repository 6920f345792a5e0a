package cloudsim

import (
	"context"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Create makes a thing; at a preview it only tells what it would know of it.
func (s *server) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	c, err := s.begin(ctx, OpCreate, req.GetUrn())
	if err != nil {
		return nil, err
	}
	if c.in, err = unmarshal(req.GetProperties(), keepAll); err != nil {
		return nil, err
	}
	if req.GetPreview() {
		c.preview = true
		c.makeOutputs()
		props, err := marshal(c.out, keepAll)
		if err != nil {
			return nil, err
		}
		return &pulumirpc.CreateResponse{Properties: props}, nil
	}
	lost, err := s.reach(c, c.create)
	if lost == AnswerLost || err != nil && lost == "" {
		return nil, asStatus(err)
	}
	props, merr := marshal(c.out, keepSecrets)
	if merr != nil {
		return nil, merr
	}
	if err != nil { // it is there, but was not seen to become ready
		inputs, merr := marshal(c.in, keepSecrets)
		if merr != nil {
			return nil, merr
		}
		return nil, rpcerror.WithDetails(rpcerror.New(codes.Unknown, err.Error()), &pulumirpc.ErrorResourceInitFailed{
			Id: c.id, Properties: props, Inputs: inputs, Reasons: []string{status.Convert(err).Message()},
		})
	}
	return &pulumirpc.CreateResponse{Id: c.id, Properties: props}, nil
}

// create is what the cloud does.
func (c *call) create(t *tx) error {
	c.created = c.now()
	c.serial = t.serial(c.urn)
	c.makeOutputs()
	if err := c.admit(nil); err != nil {
		return err
	}
	o := c.object()
	if there := t.store.objects[o.key()]; there != nil && there.alive() && !there.Kept && !c.row.upsert {
		// Generated ids do not clash; ids made from names are what unique rules
		// are about, so this is a second resource for one and the same thing.
		return c.refuse(c.cloud.faults[exists](c, c.op), c.id)
	}
	t.bump(c.urn)
	t.put(o)
	c.self = o
	if c.row.created != nil {
		return c.row.created(c)
	}
	return nil
}

// admit checks what only the cloud can: that what the thing refers to exists,
// that its name is free, that there is room for it. self is the thing itself
// at an update.
func (c *call) admit(self *Object) error {
	for _, r := range c.row.refs {
		for _, value := range texts(c.in, r.path) {
			if c.resolve(r, value) == nil && (r.builtin == "" || !matches(r.builtin, value)) {
				return c.refuse(r.err, value)
			}
		}
	}
	if err := c.admitName(self); err != nil {
		return err
	}
	if self == nil {
		if limit := c.sim.quota(c.row); limit >= 0 && c.count() >= limit {
			f := fault{400, c.row.quotaCode, c.row.quotaSays}
			if f.code == "" || f.says == "" {
				f = c.cloud.faults[QuotaExceeded](c, c.op)
			}
			return c.refuse(f, c.subject())
		}
	}
	if c.row.verify != nil {
		return c.row.verify(c)
	}
	return nil
}

// resolve returns the thing that a reference names.
func (c *call) resolve(r ref, value string) *Object {
	for _, typ := range append([]string{r.typ}, r.also...) {
		if o := c.find(typ, value, r.by...); o != nil {
			return o
		}
	}
	return nil
}

func (c *call) admitName(self *Object) error {
	for _, u := range c.row.unique {
		mine := make([]string, len(u.paths))
		for i, path := range u.paths {
			mine[i] = c.uniqueText(path)
		}
		if mine[0] == "" {
			continue
		}
		for _, o := range c.tx.store.objects {
			if o.Type != c.row.token || self != nil && o.key() == self.key() || !slices.Equal(mine, c.theirs(o, u)) {
				continue
			}
			if o.alive() {
				return c.refuse(u.err, mine[0])
			}
			if u.retained && o.retained(c.now()) {
				return c.refuse(u.retErr, mine[0])
			}
		}
	}
	return nil
}

// uniqueText is what a unique rule compares: a property, or @account, @region.
func (c *call) uniqueText(path string) string {
	switch path {
	case "@account":
		return c.account()
	case "@region":
		return c.scope()
	case "id":
		return c.id
	}
	return strings.Join(texts(c.out, path), "\x00")
}

func (c *call) theirs(o *Object, u unique) []string {
	all := make([]string, len(u.paths))
	for i, path := range u.paths {
		switch path {
		case "@account":
			all[i] = o.Account
		case "@region":
			all[i] = o.Region
		default:
			all[i] = strings.Join(o.texts(path), "\x00")
		}
	}
	return all
}

func (c *call) count() int {
	n := 0
	account, region := c.account(), c.scope()
	for _, o := range c.tx.store.objects {
		if o.Type == c.row.token && o.alive() && o.Account == account && o.Region == region {
			n++
		}
	}
	return n
}

// asStatus makes sure that an error crosses gRPC as its bare text.
func asStatus(err error) error {
	if _, ok := status.FromError(err); ok {
		return err
	}
	return status.Error(codes.Unknown, err.Error())
}

// What a cloud says of a thing that is not there, and of one that is there
// already; these are never injected.
const (
	gone   FaultKind = "gone"
	exists FaultKind = "exists"
)

func firstText(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}
