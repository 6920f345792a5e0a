package cloudsim

import (
	"regexp"
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

	destroy(t, stack)
	if all, _ := sim.Objects(); len(all) != 0 {
		t.Errorf("after destroy %d things are left, such as %s %s", len(all), all[0].Type, all[0].ID)
	}
}
