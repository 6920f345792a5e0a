package local_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pilot-framework/pilot/internal/testports"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/local"
	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/image"
)

const (
	dockerHost    = "unix:///var/run/docker.sock"
	stackName     = "test-local"
	platformName  = "pilot-test-local"
	databaseImage = "pilot-postgres:15" // made by "make base-images"
)

// platform is the program under test: all components, and an app that stands
// on the endpoint.
type platform struct {
	gateway    *image.Image
	docker, db int
}

func (p *platform) program(ctx *pulumi.Context) error {
	labels := map[string]string{local.LabelStack: stackName}
	network, err := local.NewNetwork(ctx, "network", &local.NetworkArgs{Name: platformName, DockerHost: dockerHost, Labels: labels})
	if err != nil {
		return err
	}
	firewall, err := local.NewFirewall(ctx, "firewall", &local.FirewallArgs{
		Stack: stackName, DockerHost: dockerHost, Publications: []local.Publication{
			{Port: p.docker, Purpose: "Docker endpoint", Setting: "ports.docker"},
			{Port: p.db, Purpose: "database", Setting: "ports.database"},
		},
	})
	if err != nil {
		return err
	}
	identity, err := local.NewIdentity(ctx, "identity", &local.IdentityArgs{Name: platformName})
	if err != nil {
		return err
	}
	password, err := pilot.NewPassword(ctx, "password", nil)
	if err != nil {
		return err
	}
	database, err := local.NewDatabase(ctx, "database", &local.DatabaseArgs{
		Name: platformName + "-db", Endpoint: pilot.EndpointArgs{Host: pulumi.String(dockerHost)}, Network: network.Name,
		Image: databaseImage, Address: firewall.Address, Port: p.db, Password: password.Result, Labels: labels,
	})
	if err != nil {
		return err
	}
	machine, err := local.NewMachine(ctx, "machine", &local.MachineArgs{
		Name: platformName, DockerHost: dockerHost, Network: network.Name, Identity: identity, Labels: labels,
		Image: local.GatewayImage{Reference: p.gateway.Reference(), Digest: p.gateway.Digest()}, Address: firewall.Address, Port: p.docker,
	})
	if err != nil {
		return err
	}
	volume, err := pilot.NewVolume(ctx, "app-data", &pilot.VolumeArgs{
		Endpoint: machine.Endpoint, Name: pulumi.String(platformName + "-app"), Labels: pulumi.ToStringMap(labels),
	})
	if err != nil {
		return err
	}
	if _, err := pilot.NewContainer(ctx, "app", &pilot.ContainerArgs{
		Endpoint: machine.Endpoint, Name: pulumi.String(platformName + "-app"), Image: pulumi.String(databaseImage),
		Entrypoint: pulumi.ToStringArray([]string{"sleep", "infinity"}), Labels: pulumi.ToStringMap(labels),
		Networks: []pilot.AttachmentArgs{{Name: network.Name}}, StopTimeout: pulumi.String("0s"),
		Mounts: []pilot.MountArgs{{Source: volume.Name, Target: pulumi.String("/data")}},
	}); err != nil {
		return err
	}
	for name, value := range map[string]pulumi.Input{
		"host": machine.Host, "ca": machine.CA, "cert": machine.Cert, "key": machine.Key,
		"runnerCert": identity.Runner.CertPEM, "runnerKey": identity.Runner.KeyPEM, "caKey": identity.Authority.KeyPEM,
		"clientCA": identity.Authority.ClientCertPEM, "clientCAKey": identity.Authority.ClientKeyPEM,
		"dbHost": database.Host, "dbPort": database.Port, "dbUser": database.User, "dbName": database.DatabaseName, "dbPassword": database.Password,
	} {
		ctx.Export(name, value)
	}
	return nil
}

func (p *platform) open(t *testing.T) *infra.Stack {
	t.Helper()
	images := map[string]provider.ImageWriter{local.GatewayBuilder: func(_ context.Context, w io.Writer) error {
		_, err := p.gateway.WriteTo(w)
		return err
	}}
	s, err := infra.Open(t.Context(), infra.Ref{Project: "local", Stack: stackName}, p.program,
		infra.WithEngine(engine.New()), infra.WithState("file://"+t.TempDir()),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "test", nil }}),
		infra.WithProvider(provider.New(provider.WithImages(images))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// gatewayImage assembles the gateway's image. The words at its binary's end make
// it another one than that of any other platform on this Docker Engine, whose end
// would take the image along while this one's container is away.
func gatewayImage(t *testing.T, words string) *image.Image {
	t.Helper()
	binary, err := os.ReadFile("../../../bin/pilot-agent")
	if err != nil {
		t.Fatalf("%v: run make build first", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pilot-agent"), append(binary, words...), 0o755); err != nil {
		t.Fatal(err)
	}
	img, err := image.Gateway(image.Options{BinDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// ours lists everything of the test's stack on the Engine.
func ours(t *testing.T) string {
	label := "label=" + local.LabelStack + "=" + stackName
	return strings.TrimSpace(strings.Join([]string{
		docker(t, "ps", "-aq", "--filter", label), docker(t, "volume", "ls", "-q", "--filter", label), docker(t, "network", "ls", "-q", "--filter", label),
	}, " "))
}

// changes tells a diff in short: "replace app, update gateway".
func changes(d *infra.Diff) string {
	var all []string
	for _, s := range d.Changes() {
		all = append(all, string(s.Op)+" "+s.Name)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func TestPlatform(t *testing.T) {
	ports := testports.Free(t, 2)
	p := &platform{gateway: gatewayImage(t, platformName), docker: ports[0], db: ports[1]}
	s := p.open(t)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if _, err := s.Destroy(ctx); err != nil {
			t.Errorf("destroy: %v", err)
		}
		if left := ours(t); left != "" {
			t.Errorf("left on Docker: %s", left)
		}
	})
	diff, err := s.Preview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if left := ours(t); left != "" || diff.Empty() {
		t.Errorf("a preview made %q; %s", left, changes(diff))
	}
	urns := map[string]string{}
	for _, step := range diff.Steps {
		urns[step.Name] = step.URN
	}
	result, err := s.Up(t.Context(), infra.HeldTo(diff))
	if err != nil {
		t.Fatal(err)
	}
	out := func(name string) string { return fmt.Sprint(result.Outputs[name].Value) }
	for name, secret := range map[string]bool{"key": true, "runnerKey": true, "dbPassword": true, "ca": false, "host": false} {
		if result.Outputs[name].Secret != secret {
			t.Errorf("output %s: secret is %t", name, !secret)
		}
	}
	if diff, err = s.Preview(t.Context()); err != nil || !diff.Empty() {
		t.Errorf("nothing has changed, got %s (%v)", changes(diff), err)
	}
	if diff, err = s.Drift(t.Context()); err != nil || !diff.Empty() {
		t.Errorf("nothing has drifted, got %s (%v)", changes(diff), err)
	}

	t.Run("database", func(t *testing.T) {
		url := fmt.Sprintf("postgres://%s:%s@%s:%s/%s", out("dbUser"), out("dbPassword"), out("dbHost"), out("dbPort"), out("dbName"))
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		var user string
		if err := conn.QueryRow(t.Context(), "select current_user").Scan(&user); err != nil || user != "pilot" {
			t.Errorf("got %q, %v", user, err)
		}
	})
	t.Run("endpoint", func(t *testing.T) { whoIsLetIn(t, out) })
	t.Run("secrets", func(t *testing.T) {
		shown := docker(t, "inspect", platformName+"-db", platformName+"-gateway", platformName+"-app") + docker(t, "top", platformName+"-db")
		for _, name := range []string{"dbPassword", "key", "runnerKey", "caKey", "clientCAKey"} {
			if secret := strings.TrimSpace(out(name)); len(secret) < 12 || strings.Contains(shown, secret) || strings.Contains(shown, strings.ReplaceAll(secret, "\n", `\n`)) {
				t.Errorf("docker shows the secret %s", name)
			}
		}
	})
	t.Run("drift", func(t *testing.T) { drift(t, s) })
	t.Run("new gateway", func(t *testing.T) {
		p.gateway = gatewayImage(t, platformName+" again")
		before := docker(t, "inspect", "-f", "{{.Id}}", platformName+"-app")
		diff, err := s.Preview(t.Context())
		if want := "replace machine-gateway, replace machine-image"; err != nil || changes(diff) != want {
			t.Errorf("got %q (%v), want %q", changes(diff), err, want)
		}
		if _, err := s.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := docker(t, "inspect", "-f", "{{.Id}}", platformName+"-app"); after != before {
			t.Error("the app was replaced with the gateway")
		}
	})
	t.Run("new certificates", func(t *testing.T) { rotate(t, s, out, urns["identity-gateway"]) })
	t.Run("new port", func(t *testing.T) {
		before := docker(t, "inspect", "-f", "{{.Id}}", platformName+"-app")
		p.docker = testports.Free(t, 1)[0]
		diff, err := s.Preview(t.Context())
		if want := "replace machine-gateway, update app, update app-data"; err != nil || changes(diff) != want {
			t.Errorf("got %q (%v), want %q", changes(diff), err, want)
		}
		if _, err := s.Up(t.Context(), infra.HeldTo(diff)); err != nil {
			t.Fatal(err)
		}
		if after := docker(t, "inspect", "-f", "{{.Id}}", platformName+"-app"); after != before {
			t.Error("the app was replaced with the endpoint's port")
		}
		if diff, err := s.Preview(t.Context(), infra.WithRefresh()); err != nil || !diff.Empty() {
			t.Errorf("got %s (%v)", changes(diff), err)
		}
	})
	t.Run("no gateway", func(t *testing.T) {
		// The rest of the clean-up goes over the Engine's own socket.
		docker(t, "rm", "-f", platformName+"-gateway")
	})
}
