package stacks_test

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pilot-framework/pilot/internal/testports"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	components "github.com/pilot-framework/pilot/pkg/infra/local"
	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pilot-framework/pilot/stacks/local"
)

const (
	dockerSocket  = "unix:///var/run/docker.sock"
	localDatabase = "pilot-postgres:15" // made by "make base-images"
)

// TestCatalogueOfPreflight finds what is wrong with this machine before anything
// is made.
func TestCatalogueOfPreflight(t *testing.T) {
	binaries(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().(*net.TCPAddr).Port
	// Another platform of this machine may hold the usual ports.
	free := testports.Free(t, 4)

	gone := &local.Platform{DockerHost: "unix:///nowhere/docker.sock"}
	busy := &local.Platform{DockerHost: dockerSocket, Ports: local.Ports{
		UI: taken, Docker: free[0], Server: free[1], Source: free[2], Database: free[3],
	}}
	for _, p := range []*local.Platform{gone, busy} {
		if err := p.Complete(); err != nil {
			t.Fatal(err)
		}
	}
	err = gone.Preflight(t.Context(), "pilot-test-stacks-gone")
	var problem *stacks.Problem
	if !errors.As(err, &problem) || !strings.Contains(problem.Reason, "no Docker Engine answers at /nowhere/docker.sock") || problem.Fix == "" {
		t.Errorf("Docker gone: got %T %v", err, err)
	}
	err = busy.Preflight(t.Context(), "pilot-test-stacks-busy")
	var port *components.PortTakenError
	if !errors.As(err, &port) || port.Port != taken || port.Setting != "ports.ui" || infra.CauseOf(err.Error()) != infra.CausePort {
		t.Errorf("port taken: got %T %v", err, err)
	}
}

// TestCatalogueOfContainers starts containers that can't do well.
func TestCatalogueOfContainers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	base := func(name string) *pilot.ContainerArgs {
		return &pilot.ContainerArgs{
			Endpoint: pilot.EndpointArgs{Host: pulumi.String(dockerSocket)}, Name: pulumi.String(name), Image: pulumi.String(localDatabase),
			Entrypoint: pulumi.ToStringArray([]string{"sh", "-c", "echo 'could not open the store'; exec sleep 60"}), StopTimeout: pulumi.String("0s"),
		}
	}
	for _, c := range []struct {
		name  string
		with  func(*pilot.ContainerArgs)
		cause infra.Cause
		words []string
	}{
		{"unhealthy", func(a *pilot.ContainerArgs) {
			a.WaitHealthy = pulumi.Bool(true)
			a.Healthcheck = &pilot.HealthcheckArgs{Test: pulumi.ToStringArray([]string{"sh", "-c", "echo not ready; exit 1"}), Interval: pulumi.String("1s"), Retries: pulumi.Int(1)}
		}, infra.CauseUnhealthy, []string{"its health check fails", "not ready", "could not open the store"}},
		{"port", func(a *pilot.ContainerArgs) {
			a.Ports = []pilot.PortArgs{{HostIP: pulumi.String("127.0.0.1"), Host: pulumi.Int(l.Addr().(*net.TCPAddr).Port), Container: pulumi.Int(80)}}
		}, infra.CausePort, []string{"is taken: free it or choose another"}},
		{"no-image", func(a *pilot.ContainerArgs) { a.Image = pulumi.String("pilot-test-stacks-none:1") }, infra.CauseImage, []string{"pilot-test-stacks-none"}},
		{"no-docker", func(a *pilot.ContainerArgs) { a.Endpoint.Host = pulumi.String("unix:///nowhere/docker.sock") }, infra.CauseDocker, []string{"/nowhere/docker.sock"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			name := "pilot-test-stacks-" + c.name
			t.Cleanup(func() { _ = exec.Command("docker", "rm", "--force", name).Run() })
			program := func(ctx *pulumi.Context) error {
				args := base(name)
				c.with(args)
				_, err := pilot.NewContainer(ctx, "server", args)
				return err
			}
			s, err := infra.Open(t.Context(), infra.Ref{Project: "acme", Stack: "prod"}, program,
				infra.WithEngine(engine.New()), infra.WithState("file://"+t.TempDir()), infra.WithProvider(provider.New()),
				infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "correct horse", nil }}))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			_, err = s.Up(t.Context())
			var r *infra.ResourceError
			if !errors.As(err, &r) {
				t.Fatalf("got %T %v", err, err)
			}
			if r.Cause() != c.cause {
				t.Errorf("its cause is told as %q, want %q: %v", r.Cause(), c.cause, err)
			}
			for _, w := range c.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("no %q in: %v", w, err)
				}
			}
			firstScreen(t, err, r)
		})
	}
}
