package cloudsim

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// TestDiff: what a change of one property means to each type.
func TestDiff(t *testing.T) {
	const update, replace, none = "update", "replace", "none"
	nic := func(subnet string) Props {
		return Props{"networkInterfaces": []any{map[string]any{"subnetwork": subnet}}}
	}
	disk := func(image string, auto bool) Props {
		return Props{"bootDisk": map[string]any{"autoDelete": auto, "initializeParams": map[string]any{"image": image}}}
	}
	size := func(gb int) Props { return Props{"settings": map[string]any{"diskSize": gb}} }
	for _, c := range []struct {
		cloud, typ string
		old, new   Props
		want       string
		paths      []string
		first      bool // the old thing is deleted first
	}{
		{"aws", tokenVPC, Props{"cidrBlock": "10.0.0.0/16"}, Props{"cidrBlock": "10.1.0.0/16"}, replace, []string{"cidrBlock"}, false},
		{"aws", tokenVPC, Props{"tags": Props{"a": "1"}}, Props{"tags": Props{"a": "2", "b.c": "3"}}, update, []string{"tags.a", `tags["b.c"]`}, false},
		{"aws", tokenVPC, Props{"tags": Props{}}, Props{}, none, nil, false},
		{"aws", tokenSubnet, Props{"mapPublicIpOnLaunch": false}, Props{"mapPublicIpOnLaunch": true}, update, []string{"mapPublicIpOnLaunch"}, false},
		{"aws", tokenSG, Props{"name": "a", "description": "x"}, Props{"name": "a", "description": "y"}, replace, []string{"description"}, true},
		{"aws", tokenSG, Props{"name": "a-1", "description": "x", "__defaults": []any{"name"}}, Props{"name": "a-1", "description": "y", "__defaults": []any{"name"}}, replace, []string{"description"}, false},
		{"aws", tokenSG, Props{"name": "a"}, Props{"name": "b"}, replace, []string{"name"}, false},
		{"aws", tokenInstance, Props{"instanceType": "t3.micro"}, Props{"instanceType": "t3.large"}, update, []string{"instanceType"}, false},
		{"aws", tokenInstance, Props{"ami": "ami-1"}, Props{"ami": resource.MakeComputed(str(""))}, replace, []string{"ami"}, false},
		{"aws", tokenInstance, Props{"userData": "a"}, Props{"userData": "b"}, update, []string{"userData"}, false},
		{"aws", tokenInstance, Props{"userData": "a", "userDataReplaceOnChange": true}, Props{"userData": "b", "userDataReplaceOnChange": true}, replace, []string{"userData"}, false},
		{"aws", tokenInstance, Props{"vpcSecurityGroupIds": []any{"sg-1", "sg-2"}}, Props{"vpcSecurityGroupIds": []any{"sg-2", "sg-1"}}, none, nil, false},
		{"aws", tokenInstance, Props{"rootBlockDevice": Props{"volumeSize": 8}}, Props{"rootBlockDevice": Props{"volumeSize": 9}}, update, []string{"rootBlockDevice.volumeSize"}, false},
		{"aws", tokenInstance, Props{"rootBlockDevice": Props{"encrypted": false}}, Props{"rootBlockDevice": Props{"encrypted": true}}, replace, []string{"rootBlockDevice.encrypted"}, false},
		{"aws", tokenRole, Props{"assumeRolePolicy": `{"a":1, "b":2}`}, Props{"assumeRolePolicy": `{"b":2,"a":1}`}, none, nil, false},
		{"aws", "aws:rds/instance:Instance", Props{"password": resource.MakeSecret(str("a"))}, Props{"password": resource.MakeSecret(str("b"))}, update, []string{"password"}, false},
		{"aws", "aws:rds/instance:Instance", Props{"password": resource.MakeSecret(str("a"))}, Props{"password": "a"}, none, nil, false},
		{"aws", "aws:rds/instance:Instance", Props{"storageEncrypted": false}, Props{"storageEncrypted": true}, replace, []string{"storageEncrypted"}, false},
		{"aws", "aws:ecr/lifecyclePolicy:LifecyclePolicy", Props{"policy": `{"a":1}`}, Props{"policy": `{"a":2}`}, replace, []string{"policy"}, true},
		{"gcp", tokenVM, Props{"machineType": "e2-medium"}, Props{"machineType": "e2-small"}, update, []string{"machineType"}, false},
		{"gcp", tokenVM, nic("projects/p/regions/r/subnetworks/s"), nic(computeAPI + "projects/p/regions/r/subnetworks/s"), none, nil, false},
		{"gcp", tokenVM, nic("a"), nic("b"), update, []string{"networkInterfaces[0].subnetwork"}, false},
		{"gcp", tokenVM, nic("a"), Props{"networkInterfaces": []any{map[string]any{"subnetwork": "a"}, map[string]any{"subnetwork": "b"}}}, replace, []string{"networkInterfaces[1]"}, false},
		{"gcp", tokenVM, disk("debian-cloud/debian-12", true), disk("ubuntu-os-cloud/ubuntu-2204-lts", true), replace, []string{"bootDisk.initializeParams.image"}, false},
		{"gcp", tokenVM, disk("debian-cloud/debian-12", true), disk("debian-cloud/debian-12", false), update, []string{"bootDisk.autoDelete"}, false},
		{"gcp", tokenVM, disk("debian-cloud/debian-12", true), disk(computeAPI+"projects/debian-cloud/global/images/debian-12-bookworm-v20250709", true), none, nil, false},
		{"gcp", tokenSubnetwork, Props{"ipCidrRange": "10.0.0.0/24"}, Props{"ipCidrRange": "10.0.0.0/20"}, update, []string{"ipCidrRange"}, false},
		{"gcp", tokenSubnetwork, Props{"ipCidrRange": "10.0.0.0/20"}, Props{"ipCidrRange": "10.0.0.0/24"}, replace, []string{"ipCidrRange"}, false},
		{"gcp", tokenSQL, size(10), size(20), update, []string{"settings.diskSize"}, false},
		{"gcp", tokenSQL, size(20), size(10), replace, []string{"settings.diskSize"}, false},
		{"gcp", "gcp:projects/iAMMember:IAMMember", Props{"role": "roles/a"}, Props{"role": "roles/b"}, replace, []string{"role"}, false},
	} {
		d := newRig(t, c.cloud).diff(c.typ, c.old, c.new)
		got := none
		if d.GetChanges() == pulumirpc.DiffResponse_DIFF_SOME {
			got = update
		}
		if len(d.GetReplaces()) > 0 {
			got = replace
		}
		var paths []string
		for path := range d.GetDetailedDiff() {
			paths = append(paths, path)
		}
		slices.Sort(paths)
		slices.Sort(c.paths)
		if got != c.want || !slices.Equal(paths, c.paths) || d.GetDeleteBeforeReplace() != c.first {
			t.Errorf("%s %v -> %v: got %s of %q, deleted first %v; want %s of %q, %v",
				c.typ, c.old, c.new, got, paths, d.GetDeleteBeforeReplace(), c.want, c.paths, c.first)
		}
	}
}

// TestPreviewKnowsWhatTheProviderKnows: at the preview of a creation what only
// the cloud can say is unknown, and the rest is not.
func TestPreviewKnowsWhatTheProviderKnows(t *testing.T) {
	r := newRig(t, "aws")
	in, _ := r.check(tokenInstance, "machine", Props{
		"ami": "ami-1", "instanceType": "t3.micro", "tags": Props{"a": "b"}, "subnetId": resource.MakeComputed(str("")),
		"userData": resource.MakeSecret(str("hush")), "rootBlockDevice": Props{"volumeSize": 8},
	})
	resp, err := r.server.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urnOf(tokenInstance, "machine"), Properties: r.pack(in), Preview: true})
	if err != nil {
		t.Fatal(err)
	}
	out := r.unpack(resp.GetProperties())
	for _, path := range []string{"arn", "publicIp", "privateIp", "subnetId", "rootBlockDevice.volumeId"} {
		if !isUnknown(first(out, path)) {
			t.Errorf("%s must be unknown, is %v", path, first(out, path))
		}
	}
	if text(out, "instanceType") != "t3.micro" || text(out, "tagsAll.a") != "b" || text(out, "rootBlockDevice.volumeSize") != "8" {
		t.Errorf("inputs and tagsAll must be known: %v", out)
	}
	if !out["userData"].IsSecret() {
		t.Error("a secret stays one")
	}
	if n := count(t, r.sim); n != 0 {
		t.Errorf("a preview made %d things", n)
	}
}

// TestDefaultsAndNames: defaults and automatic names are applied, noted, and
// kept.
func TestDefaultsAndNames(t *testing.T) {
	r := newRig(t, "aws")
	in, failures := r.check(tokenRole, "machine", Props{"assumeRolePolicy": trustEC2, "description": nil})
	if len(failures) > 0 {
		t.Fatal(failures)
	}
	name := text(in, "name")
	if !matches(`machine-[0-9a-f]{7}`, name) || text(in, "path") != "/" || !slices.Contains(texts(in, "__defaults[]"), "name") {
		t.Errorf("name %q, path %q, defaults %q", name, text(in, "path"), texts(in, "__defaults[]"))
	}
	resp, err := r.server.Check(t.Context(), &pulumirpc.CheckRequest{
		Urn: urnOf(tokenRole, "machine"), Olds: r.pack(propertyMap(Props{"name": "machine-old"})), News: r.pack(propertyMap(Props{"assumeRolePolicy": trustEC2})),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := text(r.unpack(resp.GetInputs()), "name"); got != "machine-old" {
		t.Errorf("a name once made stays, got %q", got)
	}
	r.must(tokenRole, "machine", Props{"assumeRolePolicy": trustEC2})
	if in, _ := r.check(tokenRole, "machine", Props{"assumeRolePolicy": trustEC2}); text(in, "name") == name {
		t.Error("the replacement beside the old one needs another name")
	}
}

// TestConfiguration: a provider's own settings are checked.
func TestConfiguration(t *testing.T) {
	for _, c := range []struct {
		cloud  string
		config Props
		want   string
	}{
		{"aws", Props{}, "region: is missing"},
		{"aws", Props{"region": "mars-1"}, `region: "mars-1" is not an AWS region`},
		{"aws", Props{"region": "eu-west-1"}, ""},
		{"gcp", Props{"project": "P"}, `project: "P" is not a project id`},
		{"gcp", Props{"project": "acme-prod", "region": "eu-west-1"}, `region: "eu-west-1" is not a GCP region`},
		{"gcp", Props{"zone": "europe-west1-a"}, `zone: "europe-west1-a" is not a GCP zone`},
		{"gcp", Props{"project": "acme-prod"}, ""},
	} {
		r := newRig(t, c.cloud)
		resp, err := r.server.CheckConfig(t.Context(), &pulumirpc.CheckRequest{News: r.pack(propertyMap(c.config))})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, f := range resp.GetFailures() {
			got += f.GetProperty() + ": " + f.GetReason()
		}
		if c.want == "" && got != "" || len(got) < len(c.want) || got[:len(c.want)] != c.want {
			t.Errorf("%s %v: got %q, want %q", c.cloud, c.config, got, c.want)
		}
	}
}
