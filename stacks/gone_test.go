package stacks_test

import (
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pilot-framework/pilot/stacks/aws"
	"github.com/pilot-framework/pilot/stacks/gcp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// wayIn is a way to this machine's Docker daemon that can be closed, as the way
// to a machine's daemon is when the machine is gone.
func wayIn(t *testing.T) (host string, shut func()) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "docker.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	shut = func() { l.Close() }
	t.Cleanup(shut)
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("unix", "/var/run/docker.sock")
			if err != nil {
				in.Close()
				return
			}
			go func() { defer in.Close(); _, _ = io.Copy(in, out) }()
			go func() { defer out.Close(); _, _ = io.Copy(out, in) }()
		}
	}()
	return "unix://" + path, shut
}

// TestMachineGoes replaces and destroys the machine of each cloud when nothing
// on it answers any more: what is on it goes with it, and is asked for nothing.
func TestMachineGoes(t *testing.T) {
	for _, c := range clouds {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			names := []string{"pilot-test-stacks-gone-" + c.name, "pilot-test-stacks-gone-more-" + c.name}
			lose := func() { // what the machine takes with it
				for _, name := range names {
					_ = exec.Command("docker", "network", "rm", name).Run()
				}
			}
			t.Cleanup(lose)
			host := ""
			above := func(ctx *pulumi.Context, e *stacks.DockerEndpoint) error {
				var before []pulumi.Resource
				for _, name := range names {
					n, err := pilot.NewNetwork(ctx, name, &pilot.NetworkArgs{
						Endpoint: pilot.EndpointArgs{Host: pulumi.String(host), Daemon: e.Instance}, Name: pulumi.String(name),
					}, append(stacks.On(e), pulumi.DependsOn(before))...)
					if err != nil {
						return err
					}
					before = append(before, n)
				}
				return nil
			}
			sim, state := simulated(t), t.TempDir()
			spec := func() stacks.Platform {
				p := c.spec()
				switch p := p.(type) {
				case *aws.Platform:
					p.Above, p.Simulated = above, false
				case *gcp.Platform:
					p.Above, p.Simulated, p.Project = above, false, gcp.SimulatedProject
				}
				return p
			}
			first, shut := wayIn(t)
			host = first
			s := open(t, sim, state, spec())
			if _, err := s.Up(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.Close()

			shut()
			lose()
			second, shut := wayIn(t)
			host = second
			other := spec()
			c.image(other)
			s = open(t, sim, state, other)
			begin := time.Now()
			made, err := s.Up(t.Context())
			if err != nil {
				t.Fatalf("replace a machine that is gone: %v", err)
			}
			for _, want := range []string{"replace " + c.machine, "replace " + pilot.TypeNetwork} {
				if !slices.ContainsFunc(changes(made.Diff), func(s string) bool { return strings.HasPrefix(s, want) }) {
					t.Errorf("there is no %q among %q", want, changes(made.Diff))
				}
			}
			for _, name := range names {
				if out, err := exec.Command("docker", "network", "inspect", name).CombinedOutput(); err != nil {
					t.Errorf("the other machine has no network: %s", out)
				}
			}
			if again, err := s.Preview(t.Context()); err != nil || !again.Empty() {
				t.Errorf("a second preview is not empty: %v %v", err, changes(again))
			}

			shut()
			if _, err := s.Destroy(t.Context()); err != nil {
				t.Errorf("destroy a platform whose machine is gone: %v", err)
			}
			if took := time.Since(begin); took > time.Minute {
				t.Errorf("a machine that does not answer held things up: %s", took)
			}
		})
	}
}
