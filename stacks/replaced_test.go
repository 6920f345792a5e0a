package stacks_test

import (
	"context"
	"testing"

	"github.com/pilot-framework/pilot/internal/testmachine"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestReplacedMachine replaces a platform's machine by another: what was on the
// one that is gone is asked for nothing, and all is made anew on the other.
func TestReplacedMachine(t *testing.T) {
	binaries(t)
	old, next := testmachine.New(t, 12), testmachine.New(t, 13)
	state := t.TempDir()
	program := func(m *testmachine.Machine, generation int) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			e, err := stacks.NewDockerEndpoint(ctx, "endpoint", &stacks.EndpointArgs{
				Name: "pilot-test", Addresses: pulumi.ToStringArray([]string{old.IP, next.IP}),
			})
			if err != nil {
				return err
			}
			// Stands for the cloud's machine: it is replaced when its length changes.
			machine, err := pilot.NewPassword(ctx, "machine", &pilot.PasswordArgs{Length: pulumi.Int(generation)})
			if err != nil {
				return err
			}
			address := pulumi.Unsecret(pulumi.All(e.Secret(), machine.ID()).ApplyT(func(v []any) (string, error) {
				if ctx.DryRun() {
					return m.IP, nil
				}
				return m.IP, m.Store(v[0].(string))
			})).(pulumi.StringOutput)
			e.At(address, address)
			e.On(machine, machine.ID().ToStringOutput())
			text := func(s string) pulumi.StringOutput { return pulumi.String(s).ToStringOutput() }
			e.Database = stacks.DatabaseEndpoint{
				Host: text("127.0.0.1"), Port: pulumi.Int(5432).ToIntOutput(), Name: text("pilot"), User: text("pilot"), Password: text("none"),
			}
			e.Export(ctx)
			return stacks.PilotServer(stacks.PilotServerArgs{Socket: m.Socket, BootTimeout: "2m"})(ctx, e)
		}
	}
	open := func(run pulumi.RunFunc) *infra.Stack {
		s, err := infra.Open(t.Context(), infra.Ref{Project: "acme", Stack: "replaced"}, run,
			infra.WithEngine(engine.New()), infra.WithState("file://"+state), infra.WithProvider(server.Provider(stacks.ServerImages())),
			infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "correct horse", nil }}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	s := open(program(old, 20))
	made, err := s.Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := stacks.ParseOutputs(made.Outputs)
	s.Close()

	old.Remove()
	s = open(program(next, 21))
	made, err = s.Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	healthy(t, made.Outputs)
	if after := stacks.ParseOutputs(made.Outputs); after.Server.Token == before.Server.Token || after.Docker.Host == before.Docker.Host {
		t.Errorf("the server on the new machine is the old one: %s", after.Docker.Host)
	}
	if again, err := s.Preview(t.Context()); err != nil || !again.Empty() {
		t.Errorf("a second preview is not empty: %v %v", err, changes(again))
	}
	// Now this one is lost before the platform is destroyed.
	next.Remove()
	if _, err := s.Destroy(t.Context()); err != nil {
		t.Errorf("destroy a platform whose machine is lost: %v", err)
	}
}
