package gcp

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
	mu   sync.Mutex
	made []made
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.made = append(r.made, made{args.TypeToken, args.Name, args.Inputs})
	out := args.Inputs.Copy()
	project := "projects/acme-prod-123"
	switch args.TypeToken {
	case "gcp:serviceaccount/account:Account":
		email := args.Inputs["accountId"].StringValue() + "@acme-prod-123.iam.gserviceaccount.com"
		out["email"] = resource.NewStringProperty(email)
		out["member"] = resource.NewStringProperty("serviceAccount:" + email)
		out["name"] = resource.NewStringProperty(project + "/serviceAccounts/" + email)
	case "gcp:projects/iAMCustomRole:IAMCustomRole":
		out["name"] = resource.NewStringProperty(project + "/roles/" + args.Inputs["roleId"].StringValue())
	case "gcp:artifactregistry/repository:Repository":
		out["name"] = args.Inputs["repositoryId"]
	case "gcp:secretmanager/secret:Secret":
		return project + "/secrets/" + args.Inputs["secretId"].StringValue(), out, nil
	case "gcp:compute/address:Address":
		out["address"] = resource.NewStringProperty("198.51.100.7")
	}
	return args.Name + "-0123456789abcdef", out, nil
}

func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	answer := map[string]any{}
	switch args.Token {
	case "gcp:compute/getZones:getZones":
		answer["names"] = []any{"europe-west1-b", "europe-west1-c"}
	case "gcp:compute/getImage:getImage":
		answer["selfLink"] = "https://www.googleapis.com/compute/v1/projects/ubuntu-os-cloud/global/images/ubuntu-2404"
	}
	return resource.NewPropertyMapFromMap(answer), nil
}

// run runs a program on a recorder.
func run(t *testing.T, program pulumi.RunFunc) ([]made, error) {
	t.Helper()
	r := &recorder{}
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
