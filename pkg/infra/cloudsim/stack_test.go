package cloudsim

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func newSim(t testing.TB, options ...Option) *Sim {
	t.Helper()
	return openSim(t, "", options...)
}

func openSim(t testing.TB, path string, options ...Option) *Sim {
	t.Helper()
	sim, err := Open(path, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim
}

// openStack opens a stack over the simulated clouds with the real engine.
func openStack(t *testing.T, sim *Sim, state string, program pulumi.RunFunc) *infra.Stack {
	t.Helper()
	if state == "" {
		state = t.TempDir()
	}
	stack, err := infra.Open(t.Context(), infra.Ref{Project: "acme", Stack: "test"}, program,
		infra.WithEngine(engine.New()), infra.WithState("file://"+filepath.ToSlash(state)),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "test", nil }}),
		infra.WithConfig(auto.ConfigMap{
			"aws:region": {Value: "eu-west-1"}, "gcp:project": {Value: "acme-prod"}, "gcp:region": {Value: "europe-west1"}, "gcp:zone": {Value: "europe-west1-b"},
		}),
		infra.WithProvider(sim.AWS()), infra.WithProvider(sim.GCP()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stack.Close(); err != nil {
			t.Error(err)
		}
	})
	return stack
}

func up(t *testing.T, stack *infra.Stack) *infra.Result {
	t.Helper()
	result, err := stack.Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func preview(t *testing.T, stack *infra.Stack) *infra.Diff {
	t.Helper()
	diff, err := stack.Preview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return diff
}

func destroy(t *testing.T, stack *infra.Stack) {
	t.Helper()
	if _, err := stack.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, sim *Sim, types ...string) int {
	t.Helper()
	n, err := sim.Count(types...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// only returns the one thing of a type, or of a type and a resource's name
// after a dot.
func only(t *testing.T, sim *Sim, typ string) Object {
	t.Helper()
	typ, name, _ := strings.Cut(typ, ".")
	found, err := sim.Objects(typ)
	if err != nil {
		t.Fatal(err)
	}
	var all []Object
	for _, o := range found {
		if name == "" || strings.HasSuffix(o.URN, "::"+name) {
			all = append(all, o)
		}
	}
	if len(all) != 1 {
		t.Fatalf("want one %s, got %d", typ, len(all))
	}
	return all[0]
}

func render(t *testing.T, diff *infra.Diff) string {
	t.Helper()
	var b bytes.Buffer
	if err := diff.WriteText(&b, infra.WithColor(infra.ColorNever)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func mustContain(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("want %q in:\n%s", w, text)
		}
	}
}

// noOrphans holds the cloud and the state against each other, both ways.
func noOrphans(t *testing.T, sim *Sim, stack *infra.Stack) {
	t.Helper()
	state, err := stack.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	orphans, err := sim.Orphans(state)
	if err != nil {
		t.Fatal(err)
	}
	lost, err := sim.Lost(state)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range orphans {
		t.Errorf("orphan: %s %s", o.Type, o.ID)
	}
	for _, l := range lost {
		t.Errorf("lost: %s", l)
	}
}
