package cloudsim

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Check applies defaults and automatic names and reports what is wrong with
// the inputs. It never reaches the cloud, as a real provider's does not.
func (s *server) Check(ctx context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	c, err := s.begin(ctx, "", req.GetUrn())
	if err != nil {
		return nil, err
	}
	if c.in, err = unmarshal(req.GetNews(), keepAll); err != nil {
		return nil, err
	}
	if c.old, err = unmarshal(req.GetOlds(), keepAll); err != nil {
		return nil, err
	}
	for k, v := range c.in { // null is how an SDK says "not given"
		if v.IsNull() {
			delete(c.in, k)
		}
	}
	defaulted, err := c.applyDefaults()
	if err != nil {
		return nil, err
	}
	problems := c.problems()
	c.in["__defaults"] = strs(defaulted...)
	inputs, err := marshal(c.in, keepAll)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.CheckResponse{Inputs: inputs, Failures: failures(problems)}, nil
}

// applyDefaults fills in what was not given and returns the names it filled in.
func (c *call) applyDefaults() ([]string, error) {
	defaulted := []string{}
	for name, v := range c.row.defaults {
		key := resource.PropertyKey(name)
		if _, ok := c.in[key]; !ok && !c.conflicting(name) {
			c.in[key] = propertyValue(v)
			defaulted = append(defaulted, name)
		}
	}
	name := c.autoName()
	key := resource.PropertyKey(name)
	if _, ok := c.in[key]; name == "" || ok || c.conflicting(name) {
		slices.Sort(defaulted)
		return defaulted, nil
	}
	if old, ok := c.old[key]; ok {
		c.in[key] = old
	} else {
		err := c.sim.store.do(func(t *tx) error {
			c.serial = t.serial(c.urn)
			return nil
		})
		if err != nil {
			return nil, err
		}
		c.in[key] = str(strings.ToLower(resource.URN(c.urn).Name()) + "-" + c.random("name", hexes, 7))
		if c.cloud == awsCloud && name != "bucket" {
			c.in[key] = str(resource.URN(c.urn).Name() + "-" + c.random("name", hexes, 7))
		}
	}
	defaulted = append(defaulted, name)
	slices.Sort(defaulted)
	return defaulted, nil
}

// autoName is the property that is named after the resource when it is not given.
func (c *call) autoName() string {
	if c.row.name != "" || c.row.noName {
		return c.row.name
	}
	if kind, ok := c.cloud.shapes().Resources[c.row.token].In["name"]; ok && !strings.HasSuffix(kind, "!") {
		return "name"
	}
	return ""
}

// conflicting reports whether another property excludes this one.
func (c *call) conflicting(name string) bool {
	for _, group := range append(slices.Clone(c.row.conflicts), c.row.exactly...) {
		if !slices.Contains(group, name) {
			continue
		}
		for _, other := range group {
			if other != name && given(c.in, other) {
				return true
			}
		}
	}
	return false
}

func (c *call) problems() []problem {
	shapes := c.cloud.shapes()
	found := shapes.check(shapes.Resources[c.row.token].In, c.in, "")
	for _, name := range c.row.required {
		if !given(c.in, name) && isAbsent(c.in[resource.PropertyKey(name)]) {
			found = append(found, problem{name, "is required and was not given"})
		}
	}
	for _, group := range c.row.conflicts {
		if set := c.set(group); len(set) > 1 {
			found = append(found, problem{set[0], fmt.Sprintf("conflicts with %s: only one of them may be given", strings.Join(set[1:], ", "))})
		}
	}
	for _, group := range c.row.exactly {
		if set := c.set(group); len(set) != 1 {
			found = append(found, problem{group[0], fmt.Sprintf("one of %s must be given, and only one; given: [%s]",
				strings.Join(group, ", "), strings.Join(set, ", "))})
		}
	}
	for _, l := range c.row.limits {
		found = append(found, l.check(c.in)...)
	}
	for _, path := range c.row.json {
		for _, v := range texts(c.in, path) {
			if !json.Valid([]byte(v)) {
				found = append(found, problem{path, "contains an invalid JSON policy"})
			}
		}
	}
	if c.row.nameRule != "" {
		rule := limit{path: c.autoName(), pattern: c.row.nameRule, says: c.row.nameSays}
		found = append(found, rule.check(c.in)...)
	}
	if c.row.check != nil {
		found = append(found, c.row.check(c)...)
	}
	return found
}

func (c *call) set(group []string) []string {
	var set []string
	for _, name := range group {
		if given(c.in, name) {
			set = append(set, name)
		}
	}
	return set
}

var patterns sync.Map

// matches reports whether the whole of s matches a pattern of the table.
func matches(pattern, s string) bool {
	re, ok := patterns.Load(pattern)
	if !ok {
		re, _ = patterns.LoadOrStore(pattern, regexp.MustCompile("^(?:"+pattern+")$"))
	}
	return re.(*regexp.Regexp).MatchString(s)
}

func (l limit) check(in resource.PropertyMap) []problem {
	var found []problem
	for _, v := range lookup(in, l.path) {
		if isUnknown(v) {
			continue
		}
		value := textOf(v)
		switch {
		case v.IsNumber() && (l.min != 0 || l.max != 0) && (v.NumberValue() < l.min || v.NumberValue() > l.max):
			found = append(found, problem{l.path, fmt.Sprintf("expected to be in the range (%v - %v), got %s", l.min, l.max, value)})
		case len(l.oneOf) > 0 && !slices.Contains(l.oneOf, value):
			found = append(found, problem{l.path, fmt.Sprintf("expected to be one of %q, got %s", l.oneOf, value)})
		case l.maxLen > 0 && len(value) > l.maxLen:
			found = append(found, problem{l.path, fmt.Sprintf("expected length to be at most %d, got %d", l.maxLen, len(value))})
		case l.pattern != "" && !matches(l.pattern, value):
			says := l.says
			if says == "" {
				says = "must match " + l.pattern
			}
			found = append(found, problem{l.path, fmt.Sprintf("%s, got %q", says, value)})
		}
	}
	return found
}
