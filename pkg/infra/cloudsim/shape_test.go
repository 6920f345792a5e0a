package cloudsim

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var update = flag.Bool("update", false, "write shape_aws.json and shape_gcp.json from the SDKs' struct tags")

// TestShapesMatchTheSDKs holds the shape files against the struct tags of the
// Go SDKs named in go.mod: a property that the SDK lacks, or that a newer SDK
// has gained, shows here.
func TestShapesMatchTheSDKs(t *testing.T) {
	for _, c := range []struct {
		file      string
		resources []sdkResource
		functions []sdkFunction
	}{
		{"shape_aws.json", awsResources, awsFunctions},
		{"shape_gcp.json", gcpResources, gcpFunctions},
	} {
		t.Run(c.file, func(t *testing.T) {
			want := encodeShapes(t, readShapes(t, c.resources, c.functions))
			if *update {
				if err := os.WriteFile(c.file, want, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got, err := os.ReadFile(c.file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s does not match the SDK's struct tags: run this test with -update", c.file)
			}
		})
	}
}

// recorder is a monitor that notes the tokens it is asked for.
type recorder struct {
	mu    sync.Mutex
	token string
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.token = args.TypeToken
	return args.ID, resource.PropertyMap{}, nil
}

func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.token = args.Token
	return resource.PropertyMap{}, nil
}

// tokenOf runs an SDK function against a recording monitor.
func tokenOf(t *testing.T, call func(ctx *pulumi.Context) error) string {
	t.Helper()
	r := &recorder{}
	if err := pulumi.RunErr(call, pulumi.WithMocks("project", "stack", r)); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.token
}

func lastError(results []reflect.Value) error {
	err, _ := results[len(results)-1].Interface().(error)
	return err
}

func readShapes(t *testing.T, resources []sdkResource, functions []sdkFunction) *shapes {
	t.Helper()
	s := &shapes{Types: map[string]map[string]string{}, Resources: map[string]shape{}, Functions: map[string]shape{}}
	for _, r := range resources {
		get := reflect.ValueOf(r.get)
		state := get.Type().In(3)
		token := tokenOf(t, func(ctx *pulumi.Context) error {
			return lastError(get.Call([]reflect.Value{
				reflect.ValueOf(ctx), reflect.ValueOf("x"), reflect.ValueOf(pulumi.ID("x")), reflect.Zero(state),
			}))
		})
		s.Resources[token] = shape{
			In:  s.fields(elementType(r.args)),
			Out: s.fields(elementType(reflect.New(state.Elem()).Elem().Interface())),
		}
	}
	for _, f := range functions {
		call := reflect.ValueOf(f.call)
		takes := call.Type().NumIn() == 3
		var sh shape
		token := tokenOf(t, func(ctx *pulumi.Context) error {
			args := []reflect.Value{reflect.ValueOf(ctx)}
			if takes {
				args = append(args, reflect.New(call.Type().In(1).Elem()))
			}
			return lastError(call.Call(args))
		})
		if takes {
			sh.In = s.fields(call.Type().In(1).Elem())
		}
		sh.Out = s.fields(call.Type().Out(0).Elem())
		s.Functions[token] = sh
	}
	return s
}

func elementType(args any) reflect.Type {
	return args.(interface{ ElementType() reflect.Type }).ElementType()
}

func (s *shapes) fields(t reflect.Type) map[string]string {
	fields := map[string]string{}
	for i := range t.NumField() {
		f := t.Field(i)
		tag := strings.Split(f.Tag.Get("pulumi"), ",")[0]
		if tag == "" {
			continue
		}
		kind := s.kind(f.Type)
		switch f.Type.Kind() {
		case reflect.Ptr, reflect.Slice, reflect.Map, reflect.Interface:
		default:
			kind += "!"
		}
		fields[tag] = kind
	}
	return fields
}

func (s *shapes) kind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Ptr:
		return s.kind(t.Elem())
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Int, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "[]" + s.kind(t.Elem())
	case reflect.Map:
		return "{}" + s.kind(t.Elem())
	case reflect.Struct:
		name := path.Base(t.PkgPath()) + "." + t.Name()
		if _, known := s.Types[name]; !known {
			s.Types[name] = nil // a type may hold itself
			s.Types[name] = s.fields(t)
		}
		return "#" + name
	default:
		return "any"
	}
}

func encodeShapes(t *testing.T, s *shapes) []byte {
	t.Helper()
	data, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}
