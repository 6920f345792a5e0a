package cloudsim

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// The shape files hold every property that the official SDKs know of the
// types and functions in the table. They are read out of the SDKs' struct tags
// by TestShapesMatchTheSDKs, so that a program which compiles against the SDK
// finds here what it finds in the cloud.
//
//go:embed shape_aws.json
var shapeAWS []byte

//go:embed shape_gcp.json
var shapeGCP []byte

// shapes is one provider's types, by token. A property's kind is "string",
// "number", "bool", "any", "[]KIND", "{}KIND" (a map), or "#NAME" for an entry
// of Types; a trailing "!" marks a property that must be given.
type shapes struct {
	Types     map[string]map[string]string `json:"types"`
	Resources map[string]shape             `json:"resources"`
	Functions map[string]shape             `json:"functions"`
}

// shape is what goes into and comes out of one type or function.
type shape struct {
	In  map[string]string `json:"in"`
	Out map[string]string `json:"out"`
}

var loadShapes = map[string]func() *shapes{
	"aws": sync.OnceValue(func() *shapes { return parseShapes(shapeAWS) }),
	"gcp": sync.OnceValue(func() *shapes { return parseShapes(shapeGCP) }),
}

func parseShapes(data []byte) *shapes {
	s := &shapes{}
	if err := json.Unmarshal(data, s); err != nil {
		// The files are part of the binary and read by the package's tests.
		panic(fmt.Sprintf("cloudsim: a shape file is broken: %v", err))
	}
	return s
}

// problem is one thing that is wrong with a property.
type problem struct {
	path   string
	reason string
}

// check compares values with the kinds of a shape and reports properties that
// are unknown to it, of the wrong kind, or missing.
func (s *shapes) check(kinds map[string]string, values resource.PropertyMap, at string) []problem {
	var found []problem
	for key, value := range values {
		name := string(key)
		if strings.HasPrefix(name, "__") {
			continue
		}
		kind, ok := kinds[name]
		if !ok {
			found = append(found, problem{join(at, name), "is not a property of " + place(at) + nearest(name, kinds)})
			continue
		}
		found = append(found, s.checkValue(strings.TrimSuffix(kind, "!"), value, join(at, name))...)
	}
	for name, kind := range kinds {
		if strings.HasSuffix(kind, "!") && isAbsent(values[resource.PropertyKey(name)]) {
			found = append(found, problem{join(at, name), "is required and was not given"})
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].path < found[j].path })
	return found
}

func (s *shapes) checkValue(kind string, value resource.PropertyValue, at string) []problem {
	value = bare(value)
	if isUnknown(value) || value.IsNull() || kind == "any" {
		return nil
	}
	wrong := func(want string) []problem {
		return []problem{{at, fmt.Sprintf("must be %s, got %s", want, value.TypeString())}}
	}
	switch {
	case strings.HasPrefix(kind, "[]"):
		if !value.IsArray() {
			return wrong("a list")
		}
		var found []problem
		for i, item := range value.ArrayValue() {
			found = append(found, s.checkValue(kind[2:], item, fmt.Sprintf("%s[%d]", at, i))...)
		}
		return found
	case strings.HasPrefix(kind, "{}"):
		if !value.IsObject() {
			return wrong("a map")
		}
		var found []problem
		for key, item := range value.ObjectValue() {
			found = append(found, s.checkValue(kind[2:], item, join(at, string(key)))...)
		}
		return found
	case strings.HasPrefix(kind, "#"):
		if !value.IsObject() {
			return wrong("an object")
		}
		return s.check(s.Types[kind[1:]], value.ObjectValue(), at)
	case kind == "string" && !value.IsString() && !value.IsAsset() && !value.IsArchive():
		return wrong("a string")
	case kind == "number" && !value.IsNumber():
		return wrong("a number")
	case kind == "bool" && !value.IsBool():
		return wrong("a boolean")
	}
	return nil
}

// kindAt follows a path such as "networkInterfaces[].subnetwork" and returns
// the kind of what it ends at, or "" when there is no such property.
func (s *shapes) kindAt(kinds map[string]string, path string) string {
	kind := ""
	for i, step := range strings.Split(path, ".") {
		if i > 0 {
			switch {
			case strings.HasPrefix(kind, "#"):
				kinds = s.Types[kind[1:]]
			case strings.HasPrefix(kind, "{}"):
				kind = kind[2:]
				continue
			default:
				return ""
			}
		}
		name := strings.TrimSuffix(step, "[]")
		kind = strings.TrimSuffix(kinds[name], "!")
		if name != step {
			if !strings.HasPrefix(kind, "[]") {
				return ""
			}
			kind = kind[2:]
		}
	}
	return kind
}

func place(at string) string {
	if at == "" {
		return "this type"
	}
	return at
}

// nearest names the known property closest in spelling, for an error message.
func nearest(name string, kinds map[string]string) string {
	best, bestDistance := "", 4
	for known := range kinds {
		if d := distance(strings.ToLower(name), strings.ToLower(known)); d < bestDistance || d == bestDistance && known < best {
			best, bestDistance = known, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		previous := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := previous
			if a[i-1] != b[j-1] {
				cost++
			}
			previous = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
