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
)

// TestSSH looks at whole platforms: port 22 and people's keys are there when
// the spec asks for them, with its ranges and keys, and otherwise not at all.
func TestSSH(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFsLW5vLXNlY3JldC1qdXN0LWEtdGVzdC1rZXkxMjM0 ann"
	const from = "198.51.100.9/32"
	for _, c := range clouds {
		for _, asked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, asked for: %v", c.name, asked), func(t *testing.T) {
				t.Parallel()
				spec := c.spec()
				if asked {
					switch p := spec.(type) {
					case *aws.Platform:
						p.SSH = aws.SSH{CIDRs: []string{from}, Keys: []string{key}}
					case *gcp.Platform:
						p.SSH = gcp.SSH{CIDRs: []string{from}, Keys: []string{key}}
					}
				}
				s := open(t, simulated(t), t.TempDir(), spec)
				if _, err := s.Up(t.Context()); err != nil {
					t.Fatal(err)
				}
				open, boot := reachOf(t, s)
				if got := slices.Contains(open, "22 from "+from); got != asked {
					t.Errorf("port 22 is open to those who asked: %v; the rules: %q", got, open)
				}
				others := slices.DeleteFunc(slices.Clone(open), func(r string) bool { return !strings.HasPrefix(r, "22 ") || r == "22 from "+from })
				if len(others) > 0 {
					t.Errorf("port 22 is open to others: %q", others)
				}
				if !slices.Contains(open, "2376 from "+operators[0]) {
					t.Errorf("the rules are read wrongly: there is no operator among %q", open)
				}
				if got := strings.Contains(boot, key); got != asked {
					t.Errorf("the user-data has the key: %v", got)
				}
				if got := strings.Contains(boot, "ssh_authorized_keys"); got != asked {
					t.Errorf("the user-data sets keys: %v", got)
				}
			})
		}
	}
}

// TestSSHLater asks for SSH once the machine is there: its ports are opened, and
// the machine itself, which would not read the keys, is left as it is. The next
// machine has them.
func TestSSHLater(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGFsLW5vLXNlY3JldC1qdXN0LWEtdGVzdC1rZXkxMjM0 ann"
	for _, c := range clouds {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sim, state := simulated(t), t.TempDir()
			s := open(t, sim, state, c.spec())
			if _, err := s.Up(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, first := reachOf(t, s)
			s.Close()

			asked := func() stacks.Platform {
				spec := c.spec()
				switch p := spec.(type) {
				case *aws.Platform:
					p.SSH = aws.SSH{CIDRs: operators, Keys: []string{key}}
				case *gcp.Platform:
					p.SSH = gcp.SSH{CIDRs: operators, Keys: []string{key}}
				}
				return spec
			}
			s = open(t, sim, state, asked())
			made, err := s.Up(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, change := range changes(made.Diff) {
				if !strings.HasPrefix(change, "create ") {
					t.Errorf("asking for SSH does: %s", change)
				}
			}
			if ports, boot := reachOf(t, s); boot != first || !slices.Contains(ports, "22 from "+operators[0]) {
				t.Errorf("the user-data is another: %v; the rules: %q", boot != first, ports)
			}
			if again, err := s.Preview(t.Context()); err != nil || !again.Empty() {
				t.Errorf("a second preview is not empty: %v %v", err, changes(again))
			}
			s.Close()

			next := asked()
			c.image(next)
			s = open(t, sim, state, next)
			if _, err := s.Up(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, boot := reachOf(t, s); !strings.Contains(boot, key) {
				t.Error("the next machine does not have the key")
			}
		})
	}
}

// The types of the rules that open a port.
const (
	ruleAWS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	ruleGCP = "gcp:compute/firewall:Firewall"
)

// reachOf reads from a stack's state who may reach which port, as "port from
// range", and the user-data of its machine.
func reachOf(t *testing.T, s *infra.Stack) (open []string, boot string) {
	t.Helper()
	state, err := s.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var deployment struct {
		Resources []struct {
			Type   string          `json:"type"`
			Inputs json.RawMessage `json:"inputs"`
		} `json:"resources"`
	}
	if err := json.Unmarshal(state.Deployment, &deployment); err != nil {
		t.Fatal(err)
	}
	for _, r := range deployment.Resources {
		var in struct {
			FromPort int    `json:"fromPort"`
			CIDR     string `json:"cidrIpv4"`
			Allows   []struct {
				Ports []string `json:"ports"`
			} `json:"allows"`
			Sources  []string          `json:"sourceRanges"`
			UserData string            `json:"userData"`
			Metadata map[string]string `json:"metadata"`
		}
		if !slices.Contains([]string{ruleAWS, ruleGCP, clouds[0].machine, clouds[1].machine}, r.Type) {
			continue
		}
		if err := json.Unmarshal(r.Inputs, &in); err != nil {
			t.Fatal(err)
		}
		switch r.Type {
		case ruleAWS:
			if in.CIDR != "" {
				open = append(open, fmt.Sprintf("%d from %s", in.FromPort, in.CIDR))
			}
		case ruleGCP:
			for _, source := range in.Sources {
				open = append(open, fmt.Sprintf("%s from %s", in.Allows[0].Ports[0], source))
			}
		case clouds[0].machine:
			boot = in.UserData
		case clouds[1].machine:
			boot = in.Metadata["user-data"]
		}
	}
	if boot == "" {
		t.Fatal("the machine has no user-data")
	}
	return open, boot
}
