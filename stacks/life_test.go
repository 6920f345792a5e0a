package stacks_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pilot-framework/pilot/stacks/aws"
	"github.com/pilot-framework/pilot/stacks/gcp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestLife takes a platform through its whole life on each cloud.
func TestLife(t *testing.T) {
	for _, c := range clouds {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim, state := simulated(t), t.TempDir()
			first := open(t, sim, state, c.spec())
			plan, err := first.Preview(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			own := 0
			var parts []string
			for _, s := range plan.Steps {
				if strings.HasPrefix(s.Type, c.name+":") {
					own++
				}
			}
			if own < c.atLeast {
				t.Errorf("%d resources, want at least %d", own, c.atLeast)
			}
			made, err := first.Up(t.Context(), infra.HeldTo(plan))
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range made.Diff.Steps {
				if strings.HasPrefix(s.Type, "pilot:"+c.name+":") {
					parts = append(parts, s.Name)
				}
			}
			for _, part := range commonParts {
				if !slices.Contains(parts, part) {
					t.Errorf("no part %s among %v", part, parts)
				}
			}
			var outputs []string
			for name, v := range made.Outputs {
				outputs = append(outputs, name)
				secret := name == stacks.OutputDockerKey || name == stacks.OutputDBPassword
				if v.Secret != secret {
					t.Errorf("output %s: secret %v, want %v", name, v.Secret, secret)
				}
				if v.Value == nil || fmt.Sprint(v.Value) == "" {
					t.Errorf("output %s is empty", name)
				}
			}
			want := append(slices.Clone(commonOutputs), c.only...)
			slices.Sort(outputs)
			slices.Sort(want)
			if !slices.Equal(outputs, want) {
				t.Errorf("outputs\n got %v\nwant %v", outputs, want)
			}
			noSecretInUserData(t, first, made)

			again, err := first.Preview(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !again.Empty() {
				t.Errorf("a second preview is not empty: %v %v", changes(again), again.Outputs)
			}

			bigger := c.spec()
			c.size(bigger)
			second := open(t, sim, state, bigger)
			expectSteps(t, second, []string{"update " + c.machine, "update " + c.database})
			c.image(bigger)
			third := open(t, sim, state, bigger)
			expectMachineReplaced(t, third, c)

			if _, err := third.Destroy(t.Context()); err != nil {
				t.Fatal(err)
			}
			left, err := sim.Objects()
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range left {
				// A project's services stay on for whoever else uses them.
				if o.Type != "gcp:projects/service:Service" {
					t.Errorf("left in the cloud: %s %s", o.Type, o.ID)
				}
			}
		})
	}
}

// noSecretInUserData looks for every generated secret in what the machine is
// started with, and in the state as it lies on disk.
func noSecretInUserData(t *testing.T, s *infra.Stack, made *infra.Result) {
	t.Helper()
	state, err := s.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := stacks.ParseOutputs(made.Outputs)
	secrets := map[string]string{"the operator's key": out.Docker.Key, "the database's password": out.Database.Password}
	for what, secret := range secrets {
		escaped, err := json.Marshal(secret)
		if err != nil {
			t.Fatal(err)
		}
		if secret == "" || strings.Contains(string(state.Deployment), strings.Trim(string(escaped), `"`)) {
			t.Errorf("%s is in the state in the clear, or missing", what)
		}
	}
	found := false
	for _, step := range made.Diff.Steps {
		data, ok := step.Inputs["userData"].(string)
		if metadata, isMap := step.Inputs["metadata"].(map[string]any); isMap {
			data, ok = metadata["user-data"].(string)
		}
		if !ok {
			continue
		}
		found = true
		if !strings.HasPrefix(data, "#cloud-config\n") || strings.Contains(data, "PRIVATE KEY") {
			t.Errorf("user-data: %.200s", data)
		}
		for what, secret := range secrets {
			if strings.Contains(data, secret) {
				t.Errorf("%s is in the user-data", what)
			}
		}
	}
	if !found {
		t.Error("no machine has user-data")
	}
}

// expectSteps previews and applies exactly these steps.
func expectSteps(t *testing.T, s *infra.Stack, want []string) *infra.Diff {
	t.Helper()
	d, err := s.Preview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	if got := changes(d); !slices.Equal(got, want) {
		t.Errorf("steps\n got %v\nwant %v", got, want)
	}
	if _, err := s.Up(t.Context(), infra.HeldTo(d)); err != nil {
		t.Fatal(err)
	}
	return d
}

// expectMachineReplaced previews and applies a replacement of the machine, and
// of nothing that holds data.
func expectMachineReplaced(t *testing.T, s *infra.Stack, c target) {
	t.Helper()
	d, err := s.Preview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	steps := changes(d)
	if !slices.Contains(steps, "replace "+c.machine) {
		t.Errorf("the machine is not replaced: %v", steps)
	}
	for _, step := range steps {
		if step != "replace "+c.machine && step != "replace aws:ec2/eipAssociation:EipAssociation" {
			t.Errorf("a new image also means: %s", step)
		}
	}
	if _, err := s.Up(t.Context(), infra.HeldTo(d)); err != nil {
		t.Fatal(err)
	}
}

// TestProtect refuses to destroy what holds data.
func TestProtect(t *testing.T) {
	for _, c := range clouds {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim, state := simulated(t), t.TempDir()
			p := c.spec()
			c.protect(p)
			s := open(t, sim, state, p)
			if _, err := s.Up(t.Context()); err != nil {
				t.Fatal(err)
			}
			whole, err := sim.Objects()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.PreviewDestroy(t.Context()); err == nil || !strings.Contains(err.Error(), "protect") {
				t.Errorf("destroying a protected platform is previewed as possible: %v", err)
			}
			if _, err := s.Destroy(t.Context()); err == nil || !strings.Contains(err.Error(), "protect") {
				t.Errorf("a protected platform was destroyed: %v", err)
			}
			kept, err := sim.Objects()
			if err != nil {
				t.Fatal(err)
			}
			if len(kept) != len(whole) {
				t.Errorf("%d things are left of a protected platform's %d", len(kept), len(whole))
			}
			open := open(t, sim, state, c.spec())
			if _, err := open.Up(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := open.Destroy(t.Context()); err != nil {
				t.Errorf("a platform whose protection was taken off: %v", err)
			}
		})
	}
}

// TestAbove hands the machine's endpoint to what stands above it, and leaves
// that out where no machine will answer.
func TestAbove(t *testing.T) {
	above := func(ctx *pulumi.Context, e *stacks.DockerEndpoint) error {
		ctx.Export("above", pulumi.Sprintf("%s %s %s %v", e.Name, e.Host, e.PrivateIP, e.Database.Port))
		ctx.Export("authority", pulumi.Sprintf("%s", e.Authority.CertPEM))
		return nil
	}
	for _, c := range clouds {
		for _, simulatedCloud := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, " simulated ", simulatedCloud), func(t *testing.T) {
				t.Parallel()
				p := c.spec()
				switch p := p.(type) {
				case *aws.Platform:
					p.Above, p.Simulated = above, simulatedCloud
				case *gcp.Platform:
					p.Above, p.Simulated, p.Project = above, simulatedCloud, "acme-prod-123"
				}
				made, err := open(t, simulated(t), t.TempDir(), p).Up(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				got, there := made.Outputs["above"]
				if there == simulatedCloud {
					t.Fatalf("above: %v", got.Value)
				}
				if simulatedCloud {
					return
				}
				want := fmt.Sprintf("acme-prod %s 10.1.0.10 5432", stacks.ParseOutputs(made.Outputs).Docker.Host)
				if got.Value != want || made.Outputs["authority"].Value != made.Outputs[stacks.OutputDockerCA].Value {
					t.Errorf("got %v, want %s", got.Value, want)
				}
			})
		}
	}
}
