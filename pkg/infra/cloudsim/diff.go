package cloudsim

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Diff compares the inputs of the last update (or of the last refresh) with
// the new ones.
func (s *server) Diff(ctx context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	c, err := s.begin(ctx, "", req.GetUrn())
	if err != nil {
		return nil, err
	}
	olds, err := unmarshal(firstOf(req.GetOldInputs(), req.GetOlds()), keepAll)
	if err != nil {
		return nil, err
	}
	news, err := unmarshal(req.GetNews(), keepAll)
	if err != nil {
		return nil, err
	}
	d := &differ{row: c.row, rules: c.row.replace, diffs: map[string]*pulumirpc.PropertyDiff{}}
	if c.row.replaceIf != nil {
		d.rules = append(slices.Clone(d.rules), c.row.replaceIf(olds, news)...)
	}
	d.objects("", olds, news)
	return d.response(c.deleteFirst(olds, news)), nil
}

// deleteFirst reports whether a replacement has to delete the old thing
// first: when the row says so, or when the name was chosen by hand and stays.
func (c *call) deleteFirst(olds, news resource.PropertyMap) bool {
	if c.row.dbr {
		return true
	}
	name := c.autoName()
	if name == "" {
		return false
	}
	key := resource.PropertyKey(name)
	if slices.Contains(texts(news, "__defaults[]"), name) || isUnknown(news[key]) {
		return false
	}
	return textOf(news[key]) != "" && textOf(news[key]) == textOf(olds[key])
}

type differ struct {
	row   *row
	rules []string
	diffs map[string]*pulumirpc.PropertyDiff
}

var indexes = regexp.MustCompile(`\[\d+\]`)

// replaces reports whether a change at a path makes a new thing.
func (d *differ) replaces(path string) bool {
	path = indexes.ReplaceAllString(path, "[]")
	best, replace := -1, false
	for _, rule := range d.rules {
		except := strings.HasPrefix(rule, "!")
		rule = strings.TrimPrefix(rule, "!")
		inside := path == rule || strings.HasPrefix(path, rule+".") || strings.HasPrefix(path, rule+"[]")
		if inside && len(rule) > best {
			best, replace = len(rule), !except
		}
	}
	return replace
}

func (d *differ) add(path string, was, is resource.PropertyValue) {
	diff := &pulumirpc.PropertyDiff{InputDiff: true}
	replace := d.replaces(path)
	kinds := [2]pulumirpc.PropertyDiff_Kind{pulumirpc.PropertyDiff_UPDATE, pulumirpc.PropertyDiff_UPDATE_REPLACE}
	switch {
	case isAbsent(was):
		kinds = [2]pulumirpc.PropertyDiff_Kind{pulumirpc.PropertyDiff_ADD, pulumirpc.PropertyDiff_ADD_REPLACE}
	case isAbsent(is):
		kinds = [2]pulumirpc.PropertyDiff_Kind{pulumirpc.PropertyDiff_DELETE, pulumirpc.PropertyDiff_DELETE_REPLACE}
	}
	diff.Kind = kinds[0]
	if replace {
		diff.Kind = kinds[1]
	}
	d.diffs[path] = diff
}

func (d *differ) objects(at string, olds, news resource.PropertyMap) {
	keys := map[resource.PropertyKey]bool{}
	for k := range olds {
		keys[k] = true
	}
	for k := range news {
		keys[k] = true
	}
	for k := range keys {
		if !strings.HasPrefix(string(k), "__") {
			d.values(joinKey(at, string(k)), olds[k], news[k])
		}
	}
}

func (d *differ) values(at string, was, is resource.PropertyValue) {
	o, n := bare(was), bare(is)
	rule := indexes.ReplaceAllString(at, "[]")
	switch {
	case isAbsent(o) && isAbsent(n):
	case isUnknown(n) || isUnknown(o):
		d.add(at, was, is)
	case emptyAs(o) && isAbsent(n), isAbsent(o) && emptyAs(n):
	case o.IsObject() && n.IsObject():
		d.objects(at, o.ObjectValue(), n.ObjectValue())
	case o.IsArray() && n.IsArray():
		d.arrays(at, o.ArrayValue(), n.ArrayValue())
	case o.IsString() && n.IsString() && slices.Contains(d.row.json, rule) && sameJSON(o.StringValue(), n.StringValue()):
	case o.IsString() && n.IsString() && slices.Contains(d.row.links, rule) && sameThing(o.StringValue(), n.StringValue()):
	case !same(o, n):
		d.add(at, was, is)
	}
}

func (d *differ) arrays(at string, olds, news []resource.PropertyValue) {
	if slices.Contains(d.row.sets, indexes.ReplaceAllString(at, "[]")) {
		olds, news = sorted(olds), sorted(news)
	}
	for i := range max(len(olds), len(news)) {
		var o, n resource.PropertyValue
		if i < len(olds) {
			o = olds[i]
		}
		if i < len(news) {
			n = news[i]
		}
		d.values(fmt.Sprintf("%s[%d]", at, i), o, n)
	}
}

func (d *differ) response(deleteFirst bool) *pulumirpc.DiffResponse {
	r := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: d.diffs,
	}
	for path, diff := range d.diffs {
		r.Changes = pulumirpc.DiffResponse_DIFF_SOME
		top := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' })[0]
		r.Diffs = append(r.Diffs, top)
		switch diff.GetKind() {
		case pulumirpc.PropertyDiff_ADD_REPLACE, pulumirpc.PropertyDiff_DELETE_REPLACE, pulumirpc.PropertyDiff_UPDATE_REPLACE:
			r.Replaces = append(r.Replaces, top)
		}
	}
	sort.Strings(r.Diffs)
	sort.Strings(r.Replaces)
	r.Diffs, r.Replaces = slices.Compact(r.Diffs), slices.Compact(r.Replaces)
	r.DeleteBeforeReplace = deleteFirst && len(r.Replaces) > 0
	return r
}

// joinKey makes a property path in the engine's notation: keys that hold a dot
// are quoted.
func joinKey(at, key string) string {
	if strings.ContainsAny(key, `.["`) {
		return fmt.Sprintf("%s[%q]", at, key)
	}
	return join(at, key)
}

// emptyAs reports whether a value means the same as none: providers make no
// difference between an empty map or list and an absent one.
func emptyAs(v resource.PropertyValue) bool {
	return v.IsArray() && len(v.ArrayValue()) == 0 || v.IsObject() && len(v.ObjectValue()) == 0
}

// same compares two known values; a number or boolean may come as text.
func same(a, b resource.PropertyValue) bool {
	if textOf(a) != "" || textOf(b) != "" {
		return textOf(a) == textOf(b)
	}
	return a.DeepEquals(b)
}

func sorted(values []resource.PropertyValue) []resource.PropertyValue {
	values = slices.Clone(values)
	sort.SliceStable(values, func(i, j int) bool { return sortKey(values[i]) < sortKey(values[j]) })
	return values
}

func sortKey(v resource.PropertyValue) string {
	if s := textOf(v); s != "" {
		return s
	}
	data, err := json.Marshal(plainValue(v, "", "", func(string) bool { return false }))
	if err != nil {
		return ""
	}
	return string(data)
}

func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	return reflect.DeepEqual(x, y)
}

// sameThing also knows that a family's name and its newest image are the same.
func sameThing(a, b string) bool {
	if sameLink(a, b) {
		return true
	}
	image := resolveImage(a)
	return image != nil && image == resolveImage(b)
}

// sameLink reports whether two of a name, a relative link and a self link mean
// the same thing.
func sameLink(a, b string) bool {
	a, b = relative(a), relative(b)
	if a == "" || b == "" {
		return false
	}
	return a == b || strings.HasSuffix(a, "/"+b) || strings.HasSuffix(b, "/"+a)
}
