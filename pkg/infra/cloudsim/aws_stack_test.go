package cloudsim

import (
	"regexp"
	"strings"
	"testing"
)

// TestAWSLifecycle takes a platform through its life: create, nothing to do,
// update in place, replace, drift, destroy.
func TestAWSLifecycle(t *testing.T) {
	sim := newSim(t)
	spec := newAWSSpec()
	stack := openStack(t, sim, "", spec.program)

	diff := preview(t, stack)
	mustContain(t, render(t, diff), "machine")
	if n := count(t, sim); n != 0 {
		t.Fatalf("a preview made %d things", n)
	}
	result := up(t, stack)
	for name, form := range map[string]string{
		"instanceId": `^i-0[0-9a-f]{16}$`,
		"publicIp":   `^52\.18\.\d+\.\d+$`,
		"dbHost":     `^acme\.c[a-z0-9]{11}\.eu-west-1\.rds\.amazonaws\.com$`,
		"roleArn":    `^arn:aws:iam::123456789012:role/machine-[0-9a-f]{7}$`,
	} {
		if got, _ := result.Outputs[name].Value.(string); !regexp.MustCompile(form).MatchString(got) {
			t.Errorf("output %s is %q, want %s", name, got, form)
		}
	}
	noOrphans(t, sim, stack)
	if diff := preview(t, stack); !diff.Empty() {
		t.Errorf("nothing changed, and the preview says:\n%s", render(t, diff))
	}

	spec.instanceType = "t3.large"
	mustContain(t, render(t, preview(t, stack)), "t3.medium", "t3.large")
	before := only(t, sim, tokenInstance)
	up(t, stack)
	after := only(t, sim, tokenInstance)
	if after.ID != before.ID || after.Text("instanceType") != "t3.large" {
		t.Errorf("the type is changed in place: %s %s, then %s %s", before.ID, before.Text("instanceType"), after.ID, after.Text("instanceType"))
	}
	if after.Text("privateIp") != before.Text("privateIp") {
		t.Errorf("the address stays at an update: %s, then %s", before.Text("privateIp"), after.Text("privateIp"))
	}

	spec.imageDate = "20250610"
	up(t, stack)
	if replaced := only(t, sim, tokenInstance); replaced.ID == after.ID {
		t.Error("another image makes another machine")
	}
	if diff := preview(t, stack); !diff.Empty() {
		t.Errorf("nothing changed, and the preview says:\n%s", render(t, diff))
	}
	noOrphans(t, sim, stack)

	// A group that is in use is replaced: the new one first, then all that
	// points to it, then the old one goes.
	spec.groupName, spec.skipSnapshot, spec.recovery = "machines", false, 7
	up(t, stack)
	if group := only(t, sim, tokenSG+".machine"); group.Text("name") != "machines" || only(t, sim, tokenInstance).Text("vpcSecurityGroupIds[]") != group.ID {
		t.Errorf("the machine is not in the new group: %+v", group)
	}
	noOrphans(t, sim, stack)

	destroy(t, stack)
	if all, _ := sim.Objects(); len(all) != 0 {
		t.Errorf("after destroy %d things are left, such as %s %s", len(all), all[0].Type, all[0].ID)
	}
	if kept, _ := sim.Kept(); len(kept) != 1 || kept[0].ID != "acme-last" {
		t.Errorf("the database's final snapshot is kept: %v", kept)
	}
	if _, err := stack.Up(t.Context()); err == nil || !strings.Contains(err.Error(), "already scheduled for deletion: acme/endpoint") {
		t.Errorf("the secret's name is taken for 7 days, got: %v", err)
	}
}

// TestProtected: what is protected stays, and says why.
func TestProtected(t *testing.T) {
	for _, c := range []struct {
		cloud, typ string
		in         Props
		want       string
	}{
		{"aws", tokenInstance, Props{"ami": "", "instanceType": "t3.micro", "disableApiTermination": true}, "OperationNotPermitted: The instance 'i-0"},
		{"aws", "aws:rds/instance:Instance", Props{
			"engine": "postgres", "instanceClass": "db.t4g.micro", "allocatedStorage": 20, "username": "pilot", "password": "long-enough", "deletionProtection": true,
		}, "Cannot delete protected DB Instance"},
		{"aws", "aws:rds/instance:Instance", Props{
			"engine": "postgres", "instanceClass": "db.t4g.micro", "allocatedStorage": 20, "username": "pilot", "password": "long-enough",
		}, "final_snapshot_identifier is required when skip_final_snapshot is false"},
		{"gcp", tokenVM, Props{
			"name": "vm", "machineType": "e2-medium", "deletionProtection": true, "bootDisk": Props{"initializeParams": Props{"image": "debian-cloud/debian-12"}},
			"networkInterfaces": []any{map[string]any{"network": "default"}},
		}, "protected against deletion"},
		{"gcp", tokenSQL, Props{"databaseVersion": "POSTGRES_16", "settings": Props{"tier": "db-f1-micro"}}, "deletion_protection=false"},
	} {
		r := newRig(t, c.cloud)
		if ami, ok := c.in["ami"]; ok && ami == "" {
			c.in["ami"] = imageByIDName(t, r, "amd64")
		}
		id := r.must(c.typ, "x", c.in)
		if err := r.delete(c.typ, "x", id, c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, got: %v", c.typ, c.want, err)
		}
		if n := count(t, r.sim); n != 1 {
			t.Errorf("%s: it is gone", c.typ)
		}
	}
}
