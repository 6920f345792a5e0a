package cloudsim

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Objects returns copies of what exists, in a fixed order, without what is
// Kept. With types, only things of these types; a type that ends in "/" or ":"
// stands for all that begin so, such as "aws:" or "aws:ec2/".
func (s *Sim) Objects(types ...string) ([]Object, error) { return s.objects(false, types) }

// Kept returns what the clouds keep by design after its resource was deleted:
// final snapshots, and services that stay enabled.
func (s *Sim) Kept() ([]Object, error) { return s.objects(true, nil) }

func (s *Sim) objects(kept bool, types []string) ([]Object, error) {
	var all []Object
	err := s.store.do(func(t *tx) error {
		for _, o := range t.store.sorted() {
			if o.alive() && o.Kept == kept && anyType(o.Type, types) {
				all = append(all, *o.clone())
			}
		}
		return nil
	})
	return all, err
}

func anyType(typ string, types []string) bool {
	for _, t := range types {
		if t == typ || (strings.HasSuffix(t, "/") || strings.HasSuffix(t, ":")) && strings.HasPrefix(typ, t) {
			return true
		}
	}
	return len(types) == 0
}

// Count is how many things of these types exist, or how many at all.
func (s *Sim) Count(types ...string) (int, error) {
	all, err := s.Objects(types...)
	return len(all), err
}

// Find returns the thing of a type that has an id.
func (s *Sim) Find(typ, id string) (Object, error) {
	all, err := s.Objects(typ)
	if err != nil {
		return Object{}, err
	}
	for _, o := range all {
		if o.ID == id {
			return o, nil
		}
	}
	return Object{}, fmt.Errorf("no %s with id %q in the simulated cloud, which has %d of that type", typ, id, len(all))
}

// FindByURN returns the things that a resource made and that still exist,
// which is more than one after a creation whose answer was lost.
func (s *Sim) FindByURN(urn string) ([]Object, error) {
	all, err := s.Objects()
	if err != nil {
		return nil, err
	}
	var found []Object
	for _, o := range all {
		if o.URN == urn {
			found = append(found, o)
		}
	}
	return found, nil
}

// SetProperty changes a property of a thing behind the program's back. The
// path may go into objects, as in "tags.Name"; value is a plain Go value, and
// nil removes the property. The property must be one of the type's.
func (s *Sim) SetProperty(typ, id, path string, value any) error {
	return s.store.do(func(t *tx) error {
		o, err := t.byID(typ, id)
		if err != nil {
			return err
		}
		sh := cloudOf(typ).shapes()
		if r := sh.Resources[typ]; sh.kindAt(r.Out, path) == "" && sh.kindAt(r.In, path) == "" {
			return fmt.Errorf("%s has no property %q", typ, path)
		}
		data, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("property %q: %w", path, err)
		}
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			return fmt.Errorf("property %q: %w", path, err)
		}
		changed := o.clone()
		m := changed.Properties
		parts := steps(path)
		for _, p := range parts[:len(parts)-1] {
			next, ok := m[p].(map[string]any)
			if !ok {
				next = map[string]any{}
				m[p] = next
			}
			m = next
		}
		last := parts[len(parts)-1]
		switch {
		case v == nil:
			delete(m, last)
		case isDigestAny(m[last]):
			m[last] = map[string]any{digestKey: digest(propertyValue(v), t.store.salt)}
		default:
			m[last] = v
		}
		t.put(changed)
		return nil
	})
}

// Delete deletes a thing behind the program's back, whatever depends on it.
func (s *Sim) Delete(typ, id string) error {
	return s.store.do(func(t *tx) error {
		o, err := t.byID(typ, id)
		if err != nil {
			return err
		}
		t.drop(o)
		return nil
	})
}

// Clear deletes everything, the names that deleted things still hold too.
func (s *Sim) Clear() error {
	return s.store.do(func(t *tx) error {
		for _, o := range t.store.sorted() {
			t.drop(o)
		}
		return nil
	})
}

func (t *tx) byID(typ, id string) (*Object, error) {
	if cloudOf(typ) == nil {
		return nil, fmt.Errorf("type %q is not simulated", typ)
	}
	for _, o := range t.store.objects {
		if o.Type == typ && o.ID == id && o.alive() {
			return o, nil
		}
	}
	return nil, fmt.Errorf("no %s with id %q in the simulated cloud", typ, id)
}

func cloudOf(typ string) *cloud {
	for _, c := range []*cloud{awsCloud, gcpCloud} {
		if c.rows[typ] != nil {
			return c
		}
	}
	return nil
}

func isDigestAny(v any) bool {
	m, ok := v.(map[string]any)
	return ok && len(m) == 1 && m[digestKey] != nil
}

// Orphans returns what exists in the cloud and no state knows of, leaving out
// what the cloud keeps by design, such as a final snapshot. States are
// deployments as an engine exports them.
func (s *Sim) Orphans(states ...apitype.UntypedDeployment) ([]Object, error) {
	all, err := s.Objects()
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, state := range states {
		if len(state.Deployment) == 0 {
			continue
		}
		var d apitype.DeploymentV3
		if err := json.Unmarshal(state.Deployment, &d); err != nil {
			return nil, fmt.Errorf("read a deployment: %w", err)
		}
		for _, r := range d.Resources {
			known[string(r.Type)+"|"+string(r.ID)] = true
		}
	}
	var orphans []Object
	for _, o := range all {
		if !known[o.Type+"|"+o.ID] {
			orphans = append(orphans, o)
		}
	}
	return orphans, nil
}

// Lost returns the resources of a state whose thing is not in the cloud, as
// type and id. Only types that are simulated count.
func (s *Sim) Lost(state apitype.UntypedDeployment) ([]string, error) {
	all, err := s.Objects()
	if err != nil {
		return nil, err
	}
	exists := map[string]bool{}
	for _, o := range all {
		exists[o.Type+" "+o.ID] = true
	}
	var d apitype.DeploymentV3
	if err := json.Unmarshal(state.Deployment, &d); err != nil {
		return nil, fmt.Errorf("read a deployment: %w", err)
	}
	var lost []string
	for _, r := range d.Resources {
		if name := string(r.Type) + " " + string(r.ID); r.Custom && cloudOf(string(r.Type)) != nil && !exists[name] {
			lost = append(lost, name)
		}
	}
	return lost, nil
}
