package cloudsim

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestGCPLifecycle is TestAWSLifecycle for the other cloud, in a project whose
// services are off at first.
func TestGCPLifecycle(t *testing.T) {
	sim := newSim(t, WithServicesOff())
	spec := newGCPSpec()
	stack := openStack(t, sim, "", spec.program)
	preview(t, stack)
	if n := count(t, sim); n != 0 {
		t.Fatalf("a preview made %d things", n)
	}
	result := up(t, stack)
	for name, form := range map[string]string{
		"dbHost":     `^10\.77\.\d+\.\d+$`,
		"connection": `^acme-prod:europe-west1:acme$`,
		"instance":   `^https://www\.googleapis\.com/compute/v1/projects/acme-prod/zones/europe-west1-b/instances/acme$`,
		"privateIp":  `^10\.1\.0\.\d+$`,
	} {
		if got, _ := result.Outputs[name].Value.(string); !regexp.MustCompile(form).MatchString(got) {
			t.Errorf("output %s is %q, want %s", name, got, form)
		}
	}
	noOrphans(t, sim, stack)
	if diff := preview(t, stack); !diff.Empty() {
		t.Errorf("nothing changed, and the preview says:\n%s", render(t, diff))
	}
	if drift, err := stack.Drift(t.Context()); err != nil || !drift.Empty() {
		t.Errorf("nothing drifted, and: %v\n%s", err, render(t, drift))
	}

	spec.machineType = "e2-standard-2"
	before := only(t, sim, tokenVM)
	up(t, stack)
	after := only(t, sim, tokenVM)
	if before.Text("instanceId") != after.Text("instanceId") || after.Text("machineType") != "e2-standard-2" {
		t.Errorf("the machine type is changed in place: %v", after)
	}
	spec.image = "debian-cloud/debian-12"
	up(t, stack)
	if replaced := only(t, sim, tokenVM); replaced.Text("instanceId") == after.Text("instanceId") {
		t.Error("another image makes another machine")
	}
	noOrphans(t, sim, stack)

	destroy(t, stack)
	if all, _ := sim.Objects(); len(all) != 0 {
		t.Errorf("after destroy %d things are left, such as %s %s", len(all), all[0].Type, all[0].ID)
	}
	if kept, _ := sim.Kept(); len(kept) != 6 {
		t.Errorf("the six services stay on, got %d", len(kept))
	}

	// Cloud SQL holds a deleted instance's name for a week.
	if _, err := stack.Up(t.Context()); err == nil || !strings.Contains(err.Error(), "until one week from the deletion date") {
		t.Errorf("the name of the deleted database is taken, got %v", err)
	}
	spec.dbName = "acme-2"
	up(t, stack)
	noOrphans(t, sim, stack)
}

// TestDriftIsSeen: what changes behind the program's back shows, and the next
// up mends it.
func TestDriftIsSeen(t *testing.T) {
	sim := newSim(t)
	spec := newAWSSpec()
	stack := openStack(t, sim, "", spec.program)
	up(t, stack)
	if drift, err := stack.Drift(t.Context()); err != nil || !drift.Empty() {
		t.Fatalf("nothing drifted, and: %v\n%s", err, render(t, drift))
	}
	machine := only(t, sim, tokenInstance)
	rule := only(t, sim, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule.docker")
	for _, err := range []error{
		sim.SetProperty(tokenInstance, machine.ID, "instanceType", "t3.nano"),
		sim.SetProperty(tokenInstance, machine.ID, "tags.Owner", "nobody"),
		sim.SetProperty(rule.Type, rule.ID, "cidrIpv4", "0.0.0.0/0"),
		sim.SetProperty("aws:rds/instance:Instance", only(t, sim, "aws:rds/instance:Instance").ID, "password", "another-one"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	drift, err := stack.Drift(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := render(t, drift)
	mustContain(t, seen, "t3.nano", "nobody", "0.0.0.0/0", "database")
	if strings.Contains(seen, "another-one") || strings.Contains(seen, spec.password) {
		t.Errorf("a secret shows:\n%s", seen)
	}
	if err := sim.Delete(tokenEIP, only(t, sim, tokenEIP).ID); err != nil {
		t.Fatal(err)
	}
	if _, err := stack.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	up(t, stack)
	machine = only(t, sim, tokenInstance)
	if machine.Text("instanceType") != "t3.medium" || machine.Text("tags.Owner") != "" {
		t.Errorf("up mends the machine, got %s, owner %q", machine.Text("instanceType"), machine.Text("tags.Owner"))
	}
	if got := only(t, sim, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule.docker").Text("cidrIpv4"); got != "203.0.113.7/32" {
		t.Errorf("up mends the rule, got %s", got)
	}
	noOrphans(t, sim, stack)
	if drift, err := stack.Drift(t.Context()); err != nil || !drift.Empty() {
		t.Errorf("all is mended, and: %v\n%s", err, render(t, drift))
	}
}

// TestNoSecretInTheFile: the cloud's file holds no password, and a refresh
// after it still finds nothing changed.
func TestNoSecretInTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cloud.json")
	spec, state := newAWSSpec(), t.TempDir()
	stack := openStack(t, openSim(t, path), state, spec.program)
	up(t, stack)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), spec.password) {
		t.Error("the password is in the file")
	}
	if !strings.Contains(string(data), `"engine":"postgres"`) {
		t.Error("the database is not in the file")
	}
	// Another process opens the same file.
	again := openSim(t, path)
	other := openStack(t, again, state, spec.program)
	if drift, err := other.Drift(t.Context()); err != nil || !drift.Empty() {
		t.Errorf("nothing drifted, and: %v\n%s", err, render(t, drift))
	}
	if diff := preview(t, other); !diff.Empty() {
		t.Errorf("nothing changed, and the preview says:\n%s", render(t, diff))
	}
	spec.password = "another-password"
	mustContain(t, render(t, preview(t, other)), "database")
	up(t, other)
	noOrphans(t, again, other)
}

// TestSameSeedSameIDs: two clouds with one seed give the same ids to the same
// program, in whatever order the engine worked.
func TestSameSeedSameIDs(t *testing.T) {
	ids := func(options ...Option) string {
		sim := newSim(t, options...)
		up(t, openStack(t, sim, "", newAWSSpec().program))
		all, err := sim.Objects()
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, o := range all {
			b.WriteString(o.Type + " " + o.ID + " " + o.Text("publicIp") + "\n")
		}
		return b.String()
	}
	first := ids(WithSeed("a"))
	if again := ids(WithSeed("a")); again != first {
		t.Errorf("one seed, and:\n%s\nthen:\n%s", first, again)
	}
	if other := ids(WithSeed("b")); other == first {
		t.Error("another seed gives the same ids")
	}
}
