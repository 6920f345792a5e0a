package stacks_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/testmachine"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/pkg/server/daemon"
	"github.com/pilot-framework/pilot/pkg/server/rotate"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// binaries lets the images be made from the binaries of the checkout.
func binaries(t *testing.T) {
	t.Helper()
	bin, err := filepath.Abs("../bin")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	if err := os.Symlink(bin, filepath.Join(home, "bin")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PILOT_HOME", home)
}

// onMachine is what a cloud's program does once its machine is declared. The
// machine boots when its secret is in the store.
func onMachine(m *testmachine.Machine) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		e, err := stacks.NewDockerEndpoint(ctx, "endpoint", &stacks.EndpointArgs{
			Name: "pilot-test", Addresses: pulumi.StringArray{pulumi.String(m.IP)},
		})
		if err != nil {
			return err
		}
		address := pulumi.Unsecret(e.Secret().ApplyT(func(secret string) (string, error) {
			if ctx.DryRun() {
				return m.IP, nil
			}
			return m.IP, m.Store(secret)
		})).(pulumi.StringOutput)
		e.At(address, address)
		text := func(s string) pulumi.StringOutput { return pulumi.String(s).ToStringOutput() }
		e.Database = stacks.DatabaseEndpoint{
			Host: text("127.0.0.1"), Port: pulumi.Int(5432).ToIntOutput(), Name: text("pilot"), User: text("pilot"), Password: text("none"),
		}
		e.Identity = &server.Identity{
			Variables: map[string]string{"GCE_METADATA_HOST": "127.0.0.1:9704", "AWS_CONFIG_FILE": server.ConfigFile("aws-config")},
			Files:     map[string]pulumi.StringInput{"aws-config": pulumi.String("[default]\nregion = eu-west-1\n")},
			Agent: []pulumi.StringInput{
				pulumi.String("gcp-identity"), pulumi.String("-listen"), pulumi.String("127.0.0.1:9704"),
				pulumi.String("-account"), pulumi.String("deploy@acme-prod.iam.gserviceaccount.com"),
			},
			AgentPort: 9704,
		}
		e.Export(ctx)
		return stacks.PilotServer(stacks.PilotServerArgs{Socket: m.Socket, BootTimeout: "2m"})(ctx, e)
	}
}

type platform struct {
	*infra.Stack
	control *rotate.Control
	events  func() []string
	on      func(infra.Event)
}

func openOn(t *testing.T, m *testmachine.Machine, state string) *platform {
	t.Helper()
	p := &platform{control: &rotate.Control{}}
	var said []string
	p.events = func() []string { return said }
	s, err := infra.Open(t.Context(), infra.Ref{Project: "acme", Stack: "machine"}, onMachine(m),
		infra.WithEngine(engine.New()), infra.WithState("file://"+state), infra.WithProvider(server.Provider(stacks.ServerImages())),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "correct horse", nil }}),
		infra.WithProgress(func(e infra.Event) {
			if p.on != nil {
				p.on(e)
			}
			if d, ok := e.(infra.Diagnostic); ok {
				said = append(said, strings.TrimSpace(d.Message))
			}
		}), p.control.Option())
	if err != nil {
		t.Fatal(err)
	}
	p.Stack = s
	t.Cleanup(func() { s.Close() })
	return p
}

// TestPilotServer boots a machine, puts the server on it, and replaces its
// certificates and its authority under load.
func TestPilotServer(t *testing.T) {
	binaries(t)
	m := testmachine.New(t, 11)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(tail(m.Log(), 4000))
		}
	})
	state := t.TempDir()
	p := openOn(t, m, state)
	begin := time.Now()
	made, err := p.Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("set up in %s", time.Since(begin))
	t.Cleanup(func() {
		if _, err := p.Destroy(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("destroy: %v", err)
		}
	})
	for _, want := range []string{"TLS ready"} {
		if !slices.ContainsFunc(p.events(), func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("%q was not said: %q", want, p.events())
		}
	}
	healthy(t, made.Outputs)
	if again, err := p.Preview(t.Context()); err != nil || !again.Empty() {
		t.Fatalf("a second preview is not empty: %v %v", err, changes(again))
	}
	first := stacks.ParseOutputs(made.Outputs)
	docker, err := stacks.DockerClient(first.Docker)
	if err != nil {
		t.Fatal(err)
	}
	testmachine.Serve(t, docker, "pilot-test-web", 8080)

	rotated := func(authority bool, starts int) stacks.Outputs {
		t.Helper()
		load := testmachine.NewLoad(t, "http://"+m.IP+":8080/")
		begin, was := time.Now(), m.Starts()
		var last auto.OutputMap
		err := rotate.Run(t.Context(), p.Stack, p.control, rotate.Options{Authority: authority, Applied: func(out auto.OutputMap) error {
			last = out
			return nil
		}})
		count, failed := load.Stop()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("authority %v: %s, %d requests, %d failed, Docker started %d times", authority, time.Since(begin).Round(time.Millisecond), count, len(failed), m.Starts()-was)
		if len(failed) > 0 || count < 100 {
			t.Errorf("%d of %d requests failed: %q", len(failed), count, failed[:min(3, len(failed))])
		}
		if m.Starts()-was != starts {
			t.Errorf("Docker was started %d times, want %d", m.Starts()-was, starts)
		}
		healthy(t, last)
		if again, err := p.Preview(t.Context()); err != nil || !again.Empty() {
			t.Fatalf("a preview after the rotation is not empty: %v %v", err, changes(again))
		}
		return stacks.ParseOutputs(last)
	}
	renewed := rotated(false, 2)
	if renewed.Docker.CA != first.Docker.CA || renewed.Docker.Cert == first.Docker.Cert || renewed.Server.Token != first.Server.Token {
		t.Error("renewal: want new certificates, the same authority of servers, and the same token")
	}
	if seen, err := daemon.Look(t.Context(), daemon.Endpoint(first.Docker)); err == nil || seen.Reach != daemon.Listening {
		t.Errorf("the certificate from before the renewal is still let in: %v %v", seen.Reach, err)
	}
	replaced := rotated(true, 3)
	noSecretOn(t, m, p, replaced)
	if replaced.Docker.CA == first.Docker.CA || strings.Count(replaced.Docker.CA, "BEGIN") != 1 {
		t.Error("want one new authority alone")
	}
	for name, old := range map[string]stacks.Endpoint{"first": first.Docker, "renewed": renewed.Docker} {
		old.CA = replaced.Docker.CA
		seen, err := daemon.Look(t.Context(), daemon.Endpoint(old))
		if err == nil || seen.Reach != daemon.Listening {
			t.Errorf("the %s certificate is still let in: %v %v", name, seen.Reach, err)
		}
	}
	again := interrupted(t, m, state, true, pilot.StageIntroduce, pilot.StageSwitch, pilot.StageRetire)
	old := replaced.Docker
	old.CA = again.Docker.CA
	if seen, err := daemon.Look(t.Context(), daemon.Endpoint(old)); err == nil {
		t.Errorf("the certificate from before the interrupted rotation is still let in: %v", seen.Reach)
	}
	last := interrupted(t, m, state, false, pilot.StageRenew, pilot.StageAdopt, pilot.StageRefuse)
	if last.Docker.CA != again.Docker.CA {
		t.Error("a renewal replaced the authority of servers")
	}
	if seen, err := daemon.Look(t.Context(), daemon.Endpoint(again.Docker)); err == nil {
		t.Errorf("the certificate from before the interrupted renewal is still let in: %v", seen.Reach)
	}
}

// interrupted stops a rotation in the middle of each of the stages in turn, each
// run going on where the one before it stopped.
func interrupted(t *testing.T, m *testmachine.Machine, state string, authority bool, stages ...string) stacks.Outputs {
	t.Helper()
	for _, stage := range stages {
		p := openOn(t, m, state)
		ctx, stop := context.WithCancel(t.Context())
		starts, at := m.Starts(), ""
		p.on = func(e infra.Event) {
			// The daemon's restart is about to begin: its certificates are in the store. It
			// has nothing to do while clients adopt their new authority.
			if started, ok := e.(infra.ResourceStarted); ok && at == stage && (started.Type == pilot.TypeDaemon || stage == pilot.StageAdopt) {
				stop()
			}
		}
		err := rotate.Run(ctx, p.Stack, p.control, rotate.Options{Authority: authority, Stage: func(r pilot.Rotation, _ bool) { at = r.Stage }})
		stop()
		if err == nil {
			t.Fatalf("%s was not interrupted", stage)
		}
		recorded, err := rotate.Recorded(t.Context(), p.Stack)
		if err != nil || recorded.Stage != stage {
			t.Fatalf("interrupted in %s: recorded is %q, %v", stage, recorded, err)
		}
		t.Logf("interrupted in %s after %d starts of Docker", recorded, m.Starts()-starts)
		p.Close()
	}
	p := openOn(t, m, state)
	var last auto.OutputMap
	resumed := false
	if err := rotate.Run(t.Context(), p.Stack, p.control, rotate.Options{
		Authority: authority,
		Stage:     func(_ pilot.Rotation, r bool) { resumed = resumed || r },
		Applied:   func(out auto.OutputMap) error { last = out; return nil },
	}); err != nil {
		t.Fatal(err)
	}
	if recorded, err := rotate.Recorded(t.Context(), p.Stack); err != nil || recorded.Stage != "" || !resumed {
		t.Errorf("recorded %q, %v, resumed %v: want a rotation that was finished", recorded, err, resumed)
	}
	healthy(t, last)
	return stacks.ParseOutputs(last)
}
