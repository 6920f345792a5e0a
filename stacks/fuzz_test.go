package stacks_test

import (
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/stacks"
	"github.com/pilot-framework/pilot/stacks/aws"
	"github.com/pilot-framework/pilot/stacks/gcp"
	"github.com/pilot-framework/pilot/stacks/local"
	"github.com/pilot-framework/pilot/stacks/specfile"
	"gopkg.in/yaml.v3"
)

// FuzzSpecFile reads whatever a spec file may hold into each target's spec and
// completes it: it is taken, or refused with words, and never a panic.
func FuzzSpecFile(f *testing.F) {
	for _, seed := range []string{
		"", "size: small\n", "size: [1, 2]\n", "region: eu-west-1\nmachine:\n  type: t3.medium\n  disk: -1\n",
		"operatorCidrs: [203.0.113.7/32, ::/0, nonsense]\n", "network:\n  cidr: 10.1.0.0/33\n", "a: &a [*a]\n", "x: &x {y: *x}\n",
		"protect: yes\nprotect: no\n", "database: {storage: 1e400, version: 0x10}\n", "? [a]\n: b\n", "\xff\xfe", "ports: !!binary aGk=\n",
		"project: acme-prod\nzone: europe-west1-b\n", "dbPort: 99999999999999999999\n",
	} {
		f.Add(seed)
	}
	targets := []stacks.Target{aws.Target(), gcp.Target(), local.Target()}
	f.Fuzz(func(t *testing.T, text string) {
		var doc yaml.Node
		if yaml.Unmarshal([]byte(text), &doc) != nil || len(doc.Content) == 0 {
			return
		}
		for _, target := range targets {
			p := target.New()
			if err := specfile.Decode("pilot.yaml", doc.Content[0], p); err != nil {
				if !strings.HasPrefix(err.Error(), "pilot.yaml:") {
					t.Errorf("%s: %v does not say where", target.Name, err)
				}
				continue
			}
			if err := p.Complete(); err != nil && strings.TrimSpace(err.Error()) == "" {
				t.Errorf("%s: an error without words", target.Name)
			}
		}
	})
}
