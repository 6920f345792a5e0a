package aws

import (
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// made is one registered resource.
type made struct {
	Type, Name string
	Inputs     resource.PropertyMap
}

// recorder answers a program as a cloud would, and keeps what it asked for.
type recorder struct {
	mu    sync.Mutex
	made  []made
	zones []any
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made = append(r.made, made{args.TypeToken, args.Name, args.Inputs})
	out := args.Inputs.Copy()
	out["arn"] = resource.NewStringProperty("arn:aws:mock:::" + args.Name)
	out["publicIp"] = resource.NewStringProperty("198.51.100.7")
	out["address"] = resource.NewStringProperty(args.Name + ".rds.example.com")
	out["repositoryUrl"] = resource.NewStringProperty("123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme-prod")
	return args.Name + "-0123456789abcdef", out, nil
}

func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	answer := map[string]any{}
	switch args.Token {
	case "aws:index/getAvailabilityZones:getAvailabilityZones":
		answer["names"] = r.zones
	case "aws:index/getCallerIdentity:getCallerIdentity":
		answer["accountId"] = "123456789012"
	case "aws:index/getRegion:getRegion":
		answer["name"] = "eu-west-1"
	case "aws:index/getPartition:getPartition":
		answer["partition"], answer["dnsSuffix"] = "aws", "amazonaws.com"
	case "aws:ec2/getAmi:getAmi":
		answer["id"] = "ami-0123456789abcdef0"
	}
	return resource.NewPropertyMapFromMap(answer), nil
}

// run runs a program on a recorder.
func run(t *testing.T, program pulumi.RunFunc) ([]made, error) {
	t.Helper()
	r := &recorder{zones: []any{"eu-west-1a", "eu-west-1b", "eu-west-1c"}}
	err := pulumi.RunErr(program, pulumi.WithMocks("acme", "prod", r))
	return r.made, err
}

// of gives the resources of one type.
func of(all []made, token string) []made {
	var out []made
	for _, m := range all {
		if m.Type == token {
			out = append(out, m)
		}
	}
	return out
}

func one(t *testing.T, all []made, token string) resource.PropertyMap {
	t.Helper()
	found := of(all, token)
	if len(found) != 1 {
		t.Fatalf("%d of %s, want one", len(found), token)
	}
	return found[0].Inputs
}

// plain gives a property without its secret or output wrapping.
func plain(v resource.PropertyValue) any {
	for v.IsSecret() || v.IsOutput() {
		if v.IsSecret() {
			v = v.SecretValue().Element
		} else {
			v = v.OutputValue().Element
		}
	}
	return v.V
}

// field follows keys into nested objects.
func field(p resource.PropertyMap, keys ...resource.PropertyKey) any {
	for i, k := range keys {
		v := plain(p[k])
		if i == len(keys)-1 {
			return v
		}
		next, ok := v.(resource.PropertyMap)
		if !ok {
			return nil
		}
		p = next
	}
	return nil
}
