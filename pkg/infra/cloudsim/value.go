package cloudsim

import (
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Props is a set of properties as plain Go values: nil, bool, float64 or int,
// string, []any and map[string]any, as in JSON.
type Props map[string]any

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

// bare takes a value out of its secret and output wrappers.
func bare(v resource.PropertyValue) resource.PropertyValue {
	for {
		switch {
		case v.IsSecret():
			v = v.SecretValue().Element
		case v.IsOutput() && v.OutputValue().Known:
			v = v.OutputValue().Element
		default:
			return v
		}
	}
}

func isUnknown(v resource.PropertyValue) bool {
	v = bare(v)
	return v.IsComputed() || v.IsOutput()
}

func isAbsent(v resource.PropertyValue) bool {
	v = bare(v)
	return v.V == nil || v.IsNull()
}

// isSecret reports whether a value is, or holds, a secret.
func isSecret(v resource.PropertyValue) bool {
	if v.IsOutput() {
		return v.OutputValue().Secret
	}
	return v.IsSecret()
}

// steps splits a path such as "rootBlockDevice.tags.Name" or "ingress[].cidrBlocks[]".
func steps(path string) []string { return strings.Split(path, ".") }

// lookup returns every value at a path; "[]" stands for each item of a list.
// A part that is unknown makes the single result unknown.
func lookup(props resource.PropertyMap, path string) []resource.PropertyValue {
	return follow(resource.NewObjectProperty(props), steps(path))
}

func follow(v resource.PropertyValue, path []string) []resource.PropertyValue {
	v = bare(v)
	if isUnknown(v) {
		return []resource.PropertyValue{v}
	}
	if len(path) == 0 {
		if isAbsent(v) {
			return nil
		}
		return []resource.PropertyValue{v}
	}
	name := strings.TrimSuffix(path[0], "[]")
	if !v.IsObject() {
		return nil
	}
	item := bare(v.ObjectValue()[resource.PropertyKey(name)])
	if name == path[0] {
		return follow(item, path[1:])
	}
	if isUnknown(item) {
		return []resource.PropertyValue{item}
	}
	if !item.IsArray() {
		return nil
	}
	var all []resource.PropertyValue
	for _, element := range item.ArrayValue() {
		all = append(all, follow(element, path[1:])...)
	}
	return all
}

// first returns the first value at a path, or null.
func first(props resource.PropertyMap, path string) resource.PropertyValue {
	if all := lookup(props, path); len(all) > 0 {
		return all[0]
	}
	return resource.NewNullProperty()
}

// text returns the string at a path, or "" when there is none or it is not known yet.
func text(props resource.PropertyMap, path string) string { return textOf(first(props, path)) }

func textOf(v resource.PropertyValue) string {
	v = bare(v)
	switch {
	case v.IsString():
		return v.StringValue()
	case v.IsNumber():
		return strconv.FormatFloat(v.NumberValue(), 'f', -1, 64)
	case v.IsBool():
		return strconv.FormatBool(v.BoolValue())
	}
	return ""
}

// texts returns all strings at a path.
func texts(props resource.PropertyMap, path string) []string {
	var all []string
	for _, v := range lookup(props, path) {
		if s := textOf(v); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// truth returns the boolean at a path; absent is false.
func truth(props resource.PropertyMap, path string) bool {
	v := first(props, path)
	return v.IsBool() && v.BoolValue()
}

// number returns the number at a path and whether there is one.
func number(props resource.PropertyMap, path string) (float64, bool) {
	v := first(props, path)
	if !v.IsNumber() {
		return 0, false
	}
	return v.NumberValue(), true
}

// given reports whether something is set at a path; an unknown counts as set.
func given(props resource.PropertyMap, path string) bool { return len(lookup(props, path)) > 0 }

func propertyMap(p Props) resource.PropertyMap {
	m := resource.PropertyMap{}
	for k, v := range p {
		m[resource.PropertyKey(k)] = propertyValue(v)
	}
	return m
}

func propertyValue(v any) resource.PropertyValue {
	switch v := v.(type) {
	case Props:
		return resource.NewObjectProperty(propertyMap(v))
	case []Props:
		items := make([]resource.PropertyValue, len(v))
		for i := range v {
			items[i] = propertyValue(v[i])
		}
		return resource.NewArrayProperty(items)
	case resource.PropertyValue:
		return v
	}
	return resource.NewPropertyValue(v)
}
