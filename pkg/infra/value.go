package infra

import (
	"encoding/json"
	"fmt"
	"sort"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"
)

// Marker stands in a diff for a value that can't be shown. It is a type of its
// own, so that code can tell it from a string that only looks the same.
type Marker string

const (
	// SecretMark stands for a secret value.
	SecretMark Marker = "[secret]"
	// UnknownMark stands for a value that only the apply will tell.
	UnknownMark Marker = "(known after apply)"
)

// plain turns a property value as events carry it into nil, bool, float64,
// string, Marker, []any or map[string]any. No secret gets through, even if the
// engine left one in the clear.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return plainObject(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = plain(e)
		}
		return out
	case string:
		switch {
		case v == string(SecretMark):
			return SecretMark
		case v == string(UnknownMark), sig.IsUnknown(v):
			return UnknownMark
		}
		return v
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return v.String()
		}
		return f
	case nil, bool, float64, Marker:
		return v
	}
	// Typed values of the SDK (assets, maps of another type, encrypted values)
	// have a JSON form that the cases above know.
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%T", v)
	}
	var again any
	if json.Unmarshal(raw, &again) != nil {
		return fmt.Sprintf("%T", v)
	}
	return plain(again)
}

func plainObject(m map[string]any) any {
	switch m[sig.Key] {
	case sig.Secret:
		return SecretMark
	case sig.OutputValue:
		if secret, _ := m["secret"].(bool); secret {
			return SecretMark
		}
		if v, ok := m["value"]; ok {
			return plain(v)
		}
		return UnknownMark
	case sig.AssetSig:
		return contentName("asset", m)
	case sig.ArchiveSig:
		return contentName("archive", m)
	case sig.ResourceReference:
		return fmt.Sprint(m["urn"])
	}
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = plain(v)
	}
	return out
}

// contentName names an asset by its content: the text itself may be long, and
// may hold what should not be shown.
func contentName(kind string, m map[string]any) string {
	if h, _ := m["hash"].(string); len(h) >= 12 {
		return kind + ":" + h[:12]
	}
	for _, k := range []string{"path", "uri"} {
		if s, _ := m[k].(string); s != "" {
			return kind + ":" + s
		}
	}
	return kind
}

func plainMap(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		if k == "__defaults" || k == "__internal" {
			continue // a bridge's own notes, no property of the resource
		}
		out[k] = plain(v)
	}
	return out
}

// at finds the value at a path. A marker on the way stands for all below it.
func at(root any, path resource.PropertyPath) (any, bool) {
	for _, step := range path {
		switch v := root.(type) {
		case Marker:
			return v, true
		case map[string]any:
			k, ok := step.(string)
			if !ok {
				return nil, false
			}
			if root, ok = v[k]; !ok {
				return nil, false
			}
		case []any:
			i, ok := step.(int)
			if !ok || i < 0 || i >= len(v) {
				return nil, false
			}
			root = v[i]
		default:
			return nil, false
		}
	}
	return root, true
}

// holds tells whether mark stands anywhere in v.
func holds(v any, mark Marker) bool {
	switch v := v.(type) {
	case Marker:
		return v == mark
	case map[string]any:
		for _, e := range v {
			if holds(e, mark) {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if holds(e, mark) {
				return true
			}
		}
	}
	return false
}

// canonical gives a text that is the same for equal values, however they were
// made; a marker and the string that it is written as are equal.
func canonical(v any) string {
	b, err := json.Marshal(v) // sorts the keys of maps
	if err != nil {
		return fmt.Sprintf("%v", v)
	}
	return string(b)
}

// compare lists the leaves at which two values differ, below path.
func compare(path string, old, new any, hasOld, hasNew bool) []PropertyChange {
	switch {
	case !hasOld && !hasNew:
		return nil
	case !hasOld:
		return []PropertyChange{change(path, KindAdd, nil, new)}
	case !hasNew:
		return []PropertyChange{change(path, KindDelete, old, nil)}
	}
	om, ok1 := old.(map[string]any)
	nm, ok2 := new.(map[string]any)
	if ok1 && ok2 {
		var out []PropertyChange
		for _, k := range unionKeys(om, nm) {
			o, ho := om[k]
			n, hn := nm[k]
			out = append(out, compare(joinPath(path, k), o, n, ho, hn)...)
		}
		return out
	}
	oa, ok1 := old.([]any)
	na, ok2 := new.([]any)
	if ok1 && ok2 {
		var out []PropertyChange
		for i := 0; i < max(len(oa), len(na)); i++ {
			var o, n any
			if i < len(oa) {
				o = oa[i]
			}
			if i < len(na) {
				n = na[i]
			}
			out = append(out, compare(path+"["+strconv.Itoa(i)+"]", o, n, i < len(oa), i < len(na))...)
		}
		return out
	}
	if canonical(old) == canonical(new) {
		return nil
	}
	return []PropertyChange{change(path, KindUpdate, old, new)}
}

func change(path string, kind PropertyKind, old, new any) PropertyChange {
	return PropertyChange{
		Path: path, Kind: kind, Old: old, New: new,
		Unknown: holds(new, UnknownMark),
		Secret:  holds(old, SecretMark) || holds(new, SecretMark),
	}
}

func joinPath(path, key string) string {
	if path == "" {
		return resource.PropertyPath{key}.String()
	}
	return path + (resource.PropertyPath{"x", key}).String()[1:]
}

func unionKeys(a, b map[string]any) []string {
	var keys []string
	for k := range a {
		keys = append(keys, k)
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	return keys
}
