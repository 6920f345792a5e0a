package cloudsim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// call is one request as the table's code sees it.
type call struct {
	ctx   context.Context
	sim   *Sim
	cloud *cloud
	row   *row
	fn    *function
	at    where
	urn   string
	op    Op

	in  resource.PropertyMap // the inputs
	old resource.PropertyMap // what the state holds; empty at creation
	out resource.PropertyMap // the properties being made
	id  string

	preview bool
	tx      *tx
	self    *Object // the thing, when it exists
	serial  int
	created time.Time
	filling map[string]bool // outputs being computed, against going in circles
}

func (c *call) now() time.Time { return c.sim.clock.Now().UTC() }

// token is the type's or the function's.
func (c *call) token() string {
	if c.fn != nil {
		return c.fn.token
	}
	return c.row.token
}

// region is the scope that things of this row exist in.
func (c *call) scope() string {
	if c.row.global {
		return ""
	}
	return textOf(c.value("region"))
}

// account is the AWS account or GCP project that the thing belongs to.
func (c *call) account() string {
	if c.cloud == gcpCloud {
		for _, props := range []resource.PropertyMap{c.out, c.in, c.old} {
			if p := text(props, "project"); p != "" {
				return p
			}
		}
	}
	return c.at.account
}

// find returns the living thing of a type that has a value in one of the
// properties by, in the account and place of the call.
func (c *call) find(typ, value string, by ...string) *Object {
	if len(by) == 0 {
		by = []string{"id"}
	}
	r := c.cloud.rows[typ]
	var best *Object
	for _, o := range c.tx.store.objects {
		if o.Type != typ || !o.alive() || r != nil && !r.global && c.cloud == awsCloud && o.Region != c.at.region {
			continue
		}
		for _, property := range by {
			same := slices.Contains(o.texts(property), value) || c.cloud == gcpCloud && sameLink(o.text(property), value)
			if same && (best == nil || o.key() < best.key()) {
				best = o
			}
		}
	}
	return best
}

// list returns the living things of a type, ordered.
func (c *call) list(typ string) []*Object {
	var all []*Object
	for _, o := range c.tx.store.objects {
		if o.Type == typ && o.alive() {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b *Object) int { return strings.Compare(a.key(), b.key()) })
	return all
}

// compute makes the outputs: what was given, what all types share, what the
// row's templates say and what its code says.
func (c *call) makeOutputs() {
	c.out = resource.PropertyMap{}
	c.filling = map[string]bool{}
	for k, v := range c.in {
		if k != "__defaults" {
			c.out[k] = v
		}
	}
	c.cloud.common(c)
	if c.preview && c.id == "" {
		c.allUnknown()
	} else {
		if c.id == "" {
			c.id = textOf(c.fill(c.row.id, "id"))
		}
		for path, v := range c.row.outputs {
			if !given(c.out, path) {
				c.filling[path] = true
				setPath(c.out, steps(path), c.computed(path, v))
				delete(c.filling, path)
			}
		}
		if c.row.compute != nil {
			c.row.compute(c)
		}
	}
	for _, path := range c.row.secrets {
		if v, ok := c.out[resource.PropertyKey(path)]; ok && !isSecret(v) && !isAbsent(v) && !isUnknown(v) {
			c.out[resource.PropertyKey(path)] = resource.MakeSecret(v)
		}
	}
}

// allUnknown marks every property that only the cloud can fill in as unknown,
// as at the preview of a creation.
func (c *call) allUnknown() {
	sh := c.cloud.shapes().Resources[c.row.token]
	for name := range sh.Out {
		_, isInput := sh.In[name]
		_, computes := c.row.outputs[name]
		if key := resource.PropertyKey(name); isAbsent(c.out[key]) && (!isInput || computes) {
			c.out[key] = resource.MakeComputed(str(""))
		}
	}
	for path := range c.row.outputs {
		if len(steps(path)) > 1 && !given(c.out, path) {
			setPath(c.out, steps(path), resource.MakeComputed(str("")))
		}
	}
}

// setPath sets what a path names, in every item of a list, where it is not set
// yet. It makes no object or list that is not there.
func setPath(props resource.PropertyMap, path []string, v resource.PropertyValue) {
	name := path[0]
	list := len(name) > 2 && name[len(name)-2:] == "[]"
	if list {
		name = name[:len(name)-2]
	}
	key := resource.PropertyKey(name)
	if len(path) == 1 && !list {
		if isAbsent(props[key]) && !isAbsent(v) {
			props[key] = v
		}
		return
	}
	inner := func(item resource.PropertyValue) resource.PropertyValue {
		plain := bare(item)
		if !plain.IsObject() {
			return item
		}
		m := plain.ObjectValue().Copy()
		setPath(m, path[1:], v)
		if isSecret(item) {
			return resource.MakeSecret(resource.NewObjectProperty(m))
		}
		return resource.NewObjectProperty(m)
	}
	current := bare(props[key])
	switch {
	case list && current.IsArray():
		items := make([]resource.PropertyValue, len(current.ArrayValue()))
		for i, item := range current.ArrayValue() {
			items[i] = inner(item)
		}
		props[key] = resource.NewArrayProperty(items)
	case !list && current.IsObject():
		props[key] = inner(props[key])
	}
}

// secretAt says which paths of the file hold digests whatever they came as.
func (c *call) secretAt(path string) bool { return slices.Contains(c.row.secrets, path) }

// object is the thing as the cloud holds it.
func (c *call) object() *Object {
	return &Object{
		Cloud: c.cloud.name, Type: c.row.token, ID: c.id, URN: c.urn,
		Account: c.account(), Region: c.scope(),
		Created: c.created, Serial: c.serial,
		Properties: plain(c.out, c.tx.store.salt, c.secretAt),
	}
}

// refuse is an error in the cloud's words.
func (c *call) refuse(f fault, value string) error {
	return fmt.Errorf("%s", c.cloud.render(c, c.op, &f, value))
}
