package cloudsim

import (
	"errors"
	"slices"
	"strings"
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
	if c.row.force != "" && truth(c.old, c.row.force) {
		for _, o := range c.pointing(c.self, block) {
			if slices.Contains(c.row.forced, o.Type) {
				c.tx.drop(o)
			}
		}
	}
	if len(c.pointing(c.self, block)) > 0 {
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

// pointing returns, in a fixed order, every living thing that refers to o in a
// way that deletion treats as on says.
func (c *call) pointing(o *Object, on blocking) []*Object {
	var all []*Object
	for _, from := range c.tx.store.objects {
		r := c.cloud.rows[from.Type]
		if r == nil || !from.alive() || from == o {
			continue
		}
		if c.cloud == awsCloud && !r.global && !c.cloud.rows[o.Type].global && from.Region != o.Region {
			continue
		}
		for _, ref := range r.refs {
			if ref.onDelete == on && (ref.typ == o.Type || slices.Contains(ref.also, o.Type)) && points(from, ref, o) {
				all = append(all, from)
				break
			}
		}
	}
	slices.SortFunc(all, func(a, b *Object) int { return strings.Compare(a.key(), b.key()) })
	return all
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

// dropDependents deletes what lives only within o.
func (c *call) dropDependents(o *Object) {
	for _, from := range c.pointing(o, cascade) {
		c.dropDependents(from)
		c.tx.drop(from)
	}
}
