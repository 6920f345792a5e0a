package cloudsim

import (
	"errors"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// errKept is how a row's deleting says that the thing stays, and that this is
// as it should be.
var errKept = errors.New("kept")

// remove is what the cloud does to delete a thing.
func (c *call) remove(t *tx) error {
	if c.self = c.existing(t); c.self == nil {
		return nil
	}
	c.created, c.serial = c.self.Created, c.self.Serial
	if c.row.protect != "" && truth(c.protectProps(), c.row.protect) {
		return c.refuse(fault{400, "", c.row.protectMsg}, c.id)
	}
	if by := c.blockers(); len(by) > 0 {
		f := fault{409, "InUse", "%s is in use"}
		if c.row.inUse != nil {
			f = *c.row.inUse
		}
		return c.refuse(f, firstText(c.self.text("name"), c.id))
	}
	if c.row.deleting != nil {
		if err := c.row.deleting(c); errors.Is(err, errKept) {
			return nil
		} else if err != nil {
			return err
		}
	}
	c.dropDependents(c.self)
	c.bury(c.self, c.retention())
	return nil
}

// protectProps are the properties that say whether deletion is allowed: the
// cloud's own, or, for what only the provider knows, the state's.
func (c *call) protectProps() resource.PropertyMap {
	if given(c.old, c.row.protect) {
		return c.old
	}
	return c.self.props()
}

func (c *call) retention() time.Duration {
	if c.row.retainProp != "" {
		if days, ok := number(c.old, c.row.retainProp); ok {
			return time.Duration(days * 24 * float64(time.Hour))
		}
	}
	return c.row.retain
}

// bury deletes an object, or marks it as deleted while its name stays taken.
func (c *call) bury(o *Object, retain time.Duration) {
	if retain <= 0 {
		c.tx.drop(o)
		return
	}
	now := c.now()
	purge := now.Add(retain)
	dead := o.clone()
	c.tx.drop(o)
	dead.Deleted, dead.PurgeAt = &now, &purge
	c.tx.put(dead)
}

// pointing calls f for every living thing that refers to o, with the way it does.
func (c *call) pointing(o *Object, f func(from *Object, r ref)) {
	for _, from := range c.tx.store.sorted() {
		r := c.cloud.rows[from.Type]
		if r == nil || from.Cloud != o.Cloud || !from.alive() || from == o {
			continue
		}
		if !r.global && !c.cloud.rows[o.Type].global && c.cloud == awsCloud && from.Region != o.Region {
			continue
		}
		for _, ref := range r.refs {
			if (ref.typ == o.Type || slices.Contains(ref.also, o.Type)) && points(from, ref, o) {
				f(from, ref)
				break
			}
		}
	}
}

func points(from *Object, r ref, o *Object) bool {
	by := r.by
	if len(by) == 0 {
		by = []string{"id"}
	}
	for _, value := range from.texts(r.path) {
		for _, property := range by {
			if slices.Contains(o.texts(property), value) {
				return true
			}
			if o.Cloud == "gcp" && sameLink(o.text(property), value) && (from.Account == o.Account || len(value) > len(shortName(value))) {
				return true
			}
		}
	}
	return false
}

func (c *call) blockers() []*Object {
	var all []*Object
	c.pointing(c.self, func(from *Object, r ref) {
		if r.onDelete == block {
			all = append(all, from)
		}
	})
	return all
}

// dropDependents deletes what lives only within o.
func (c *call) dropDependents(o *Object) {
	var all []*Object
	c.pointing(o, func(from *Object, r ref) {
		if r.onDelete == cascade {
			all = append(all, from)
		}
	})
	for _, from := range all {
		c.dropDependents(from)
		c.tx.drop(from)
	}
}
