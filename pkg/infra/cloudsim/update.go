package cloudsim

import (
	"context"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Update changes a thing.
func (s *server) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	c, err := s.begin(ctx, OpUpdate, req.GetUrn())
	if err != nil {
		return nil, err
	}
	if c.in, err = unmarshal(req.GetNews(), keepAll); err != nil {
		return nil, err
	}
	if c.old, err = unmarshal(req.GetOlds(), keepAll); err != nil {
		return nil, err
	}
	c.id = req.GetId()
	if req.GetPreview() {
		c.preview = true
		err := s.sim.store.do(func(t *tx) error {
			c.tx = t
			return c.renew(t)
		})
		if err != nil {
			return nil, asStatus(err)
		}
		props, err := marshal(c.out, keepAll)
		if err != nil {
			return nil, err
		}
		return &pulumirpc.UpdateResponse{Properties: props}, nil
	}
	lost, err := s.reach(c, c.change)
	if lost == AnswerLost || err != nil && lost == "" {
		return nil, asStatus(err)
	}
	props, merr := marshal(c.out, keepSecrets)
	if merr != nil {
		return nil, merr
	}
	if err != nil {
		inputs, merr := marshal(c.in, keepSecrets)
		if merr != nil {
			return nil, merr
		}
		return nil, rpcerror.WithDetails(rpcerror.New(codes.Unknown, err.Error()), &pulumirpc.ErrorResourceInitFailed{
			Id: c.id, Properties: props, Inputs: inputs, Reasons: []string{status.Convert(err).Message()},
		})
	}
	return &pulumirpc.UpdateResponse{Properties: props}, nil
}

// renew makes the outputs that go with new inputs. What the cloud computed
// stays, unless it follows from what changed.
func (c *call) renew(t *tx) error {
	c.created, c.serial = time.Time{}, 0
	if c.self = c.existing(t); c.self != nil {
		c.created, c.serial, c.urn = c.self.Created, c.self.Serial, firstText(c.self.URN, c.urn)
	}
	news := c.in
	c.in = inputsIn(c.cloud.shapes().Resources[c.row.token], c.old)
	c.makeOutputs()
	before := c.out
	c.in = news
	c.makeOutputs()
	for k, v := range c.old {
		if _, isInput := c.in[k]; isInput || strings.HasPrefix(string(k), "__") {
			continue
		}
		now, was := c.out[k], before[k]
		if isAbsent(now) && isAbsent(was) && c.onlyOutput(string(k)) || !isAbsent(now) && bare(now).DeepEquals(bare(was)) {
			c.out[k] = v
		}
	}
	return nil
}

func (c *call) onlyOutput(name string) bool {
	_, in := c.cloud.shapes().Resources[c.row.token].In[name]
	return !in
}

// existing is the thing with the call's id, or nil.
func (c *call) existing(t *tx) *Object {
	var found *Object
	for _, o := range t.store.objects {
		if o.Cloud != c.cloud.name || o.Type != c.row.token || o.ID != c.id || !o.alive() {
			continue
		}
		if o.Account != c.account() || c.cloud == awsCloud && !c.row.global && o.Region != c.at.region {
			continue
		}
		found = o
	}
	return found
}

func (c *call) change(t *tx) error {
	if err := c.renew(t); err != nil {
		return err
	}
	if c.self == nil {
		return c.refuse(c.cloud.faults[gone](c, c.op), c.id)
	}
	if err := c.admit(c.self); err != nil {
		return err
	}
	o := c.object()
	o.ID, o.Region, o.Account = c.self.ID, c.self.Region, c.self.Account
	t.put(o)
	if c.row.updated != nil {
		return c.row.updated(c)
	}
	return nil
}
