package stacks_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/internal/testports"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pilot-framework/pilot/stacks/aws"
	"github.com/pilot-framework/pilot/stacks/gcp"
	"github.com/pilot-framework/pilot/stacks/local"
)

// TestSameOnEveryTarget previews the whole platform, the server included, on
// each target: the parts have the same names and kinds, and the outputs the same
// names. What a target has on top is listed here.
func TestSameOnEveryTarget(t *testing.T) {
	binaries(t)
	parts := append(slices.Clone(commonParts), "server")
	slices.Sort(parts)
	outputs := append(slices.Clone(commonOutputs),
		stacks.OutputServerAddress, stacks.OutputServerAdvertised, stacks.OutputServerCA, stacks.OutputServerToken,
		stacks.OutputUIURL, stacks.OutputSourceURL, stacks.OutputRunnerSourceURL)
	clouded := func(name string) []string {
		for _, c := range clouds {
			if c.name == name {
				return c.only
			}
		}
		t.Fatalf("no cloud %s", name)
		return nil
	}
	for _, target := range []struct {
		name string
		spec func() stacks.Platform
		// more are the parts, outputs the outputs, that this target alone has.
		more, outputs []string
	}{
		{name: "local", spec: func() stacks.Platform {
			p := testports.Free(t, 5)
			return &local.Platform{
				Database: local.Database{Image: "pilot-postgres:15"},
				Ports:    local.Ports{Docker: p[0], Server: p[1], UI: p[2], Source: p[3], Database: p[4]},
			}
		}},
		{name: "aws", spec: func() stacks.Platform { return aws.WithServer(&aws.Platform{OperatorCIDRs: operators}) },
			more: []string{"registry", "endpoint"}, outputs: clouded("aws")},
		{name: "gcp", spec: func() stacks.Platform {
			return gcp.WithServer(&gcp.Platform{OperatorCIDRs: operators, Project: "acme-prod-123"})
		}, more: []string{"registry", "endpoint"}, outputs: clouded("gcp")},
	} {
		t.Run(target.name, func(t *testing.T) {
			diff := previewAll(t, target.name, target.spec())
			var kinds []string
			for _, s := range diff.Steps {
				kind, ours := strings.CutPrefix(s.Type, "pilot:"+target.name+":")
				if !ours {
					kind, ours = strings.CutPrefix(s.Type, "pilot:server:")
				}
				if s.Type == "pilot:stacks:DockerEndpoint" {
					kind, ours = "Endpoint", true
				}
				if !ours || !s.Structural {
					continue
				}
				if kind != strings.ToUpper(s.Name[:1])+s.Name[1:] {
					t.Errorf("%s is a %s", s.Name, kind)
				}
				if !slices.Contains(target.more, s.Name) {
					kinds = append(kinds, s.Name)
				}
			}
			slices.Sort(kinds)
			if !slices.Equal(kinds, parts) {
				t.Errorf("parts\n got %v\nwant %v", kinds, parts)
			}
			var got []string
			for _, o := range diff.Outputs {
				got = append(got, o.Path)
			}
			want := append(slices.Clone(outputs), target.outputs...)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("outputs\n got %v\nwant %v", got, want)
			}
		})
	}
}

// previewAll previews a platform that is not there yet, with the clouds
// simulated.
func previewAll(t *testing.T, name string, p stacks.Platform) *infra.Diff {
	t.Helper()
	if err := p.Complete(); err != nil {
		t.Fatal(err)
	}
	opts := []infra.Option{
		infra.WithEngine(engine.New()), infra.WithState("file://" + t.TempDir()), infra.WithConfig(p.Config()),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "correct horse", nil }}),
	}
	for _, provider := range append(p.Providers(), simulated(t).Providers()...) {
		opts = append(opts, infra.WithProvider(provider))
	}
	s, err := infra.Open(t.Context(), infra.Ref{Project: "acme", Stack: name}, p.Program(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	diff, err := s.Preview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return diff
}
