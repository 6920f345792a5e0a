//go:build e2e

package aws

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/testvm"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
	"github.com/pilot-framework/pilot/pkg/server/cloudinit"
	"github.com/pilot-framework/pilot/pkg/server/team"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestMachine sets the platform up on a simulated AWS whose one machine is a
// virtual machine that boots with the stack's user-data, to the byte. Everything
// above the machine is the code that runs in the cloud: the wait for the boot,
// the server put on it over the endpoint, a teammate's invite and their app.
func TestMachine(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	if err := os.Symlink(filepath.Join(root, "bin"), filepath.Join(home, "bin")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PILOT_HOME", home)
	m := testvm.New(t, filepath.Join(root, "dist/vm"))
	ec2 := httptest.NewServer(m.EC2())
	t.Cleanup(ec2.Close)
	// Whom the wait for the boot asks for the machine's console.
	t.Setenv("AWS_ENDPOINT_URL", ec2.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "operator-secret-access-key")
	t.Cleanup(func() {
		if t.Failed() {
			console := m.Console()
			t.Logf("%s\nthe machine's console:\n%s", m.Log(), console[max(0, len(console)-6000):])
		}
	})
	sim, err := cloudsim.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })

	p := Target().New().(*Platform)
	p.Region, p.OperatorCIDRs, p.BootTimeout = "eu-west-1", []string{"203.0.113.7/32"}, "5m"
	patience := 3 * time.Minute
	if testvm.Emulated() {
		p.BootTimeout, patience = "40m", 20*time.Minute
	}
	if err := p.Complete(); err != nil {
		t.Fatal(err)
	}
	above := p.Above
	p.Above = func(ctx *pulumi.Context, e *stacks.DockerEndpoint) error {
		booted := pulumi.All(e.Secret(), e.PublicIP, e.PrivateIP, e.Instance).ApplyT(func(v []any) (string, error) {
			if ctx.DryRun() || m.Store != nil {
				return v[1].(string), nil
			}
			return v[1].(string), boot(m, sim, p, v[0].(string), v[1].(string), v[2].(string))
		})
		e.At(pulumi.Unsecret(booted).(pulumi.StringOutput), e.PrivateIP)
		return above(ctx, e)
	}
	began := time.Now()
	var said []string
	opts := []infra.Option{
		infra.WithEngine(engine.New()), infra.WithState("file://" + t.TempDir()), infra.WithConfig(p.Config()),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "correct horse", nil }}),
		infra.WithProgress(func(e infra.Event) {
			if d, ok := e.(infra.Diagnostic); ok {
				said = append(said, d.Message)
				t.Logf("%4.0f s  %s", time.Since(began).Seconds(), strings.TrimSpace(d.Message))
			}
		}),
	}
	for _, provider := range append(p.Providers(), sim.Providers()...) {
		opts = append(opts, infra.WithProvider(provider))
	}
	s, err := infra.Open(t.Context(), infra.Ref{Project: "acme", Stack: "vm"}, p.Program(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	made, err := s.Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%4.0f s  the server is set up", time.Since(began).Seconds())
	for _, step := range []string{"installing Docker", "TLS ready"} {
		if !strings.Contains(strings.Join(said, "\n"), step) {
			t.Errorf("%q was not said", step)
		}
	}
	out := stacks.ParseOutputs(made.Outputs)
	healthy(t, out, patience)
	noSecretIn(t, m.Console(), out)

	url := teammate(t, root, out)
	answers(t, url, patience)
	t.Logf("%4.0f s  a teammate's app answers at %s", time.Since(began).Seconds(), url)

	if err := m.Reset(); err != nil {
		t.Fatal(err)
	}
	healthy(t, out, patience)
	t.Logf("%4.0f s  the platform is back after the machine lost its power", time.Since(began).Seconds())
	answers(t, url, patience)
	t.Logf("%4.0f s  so is the app, at its old address", time.Since(began).Seconds())
	if again, err := s.Preview(t.Context()); err != nil || !again.Empty() {
		t.Errorf("a second preview is not empty: %v %+v", err, again)
	}
	if _, err := s.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// boot starts the machine as the simulated cloud was told to.
func boot(m *testvm.Machine, sim *cloudsim.Sim, p *Platform, secret, public, private string) error {
	instances, err := sim.Objects("aws:ec2/instance:Instance")
	if err != nil || len(instances) != 1 {
		return fmt.Errorf("%d instances, %w", len(instances), err)
	}
	secrets, err := sim.Objects("aws:secretsmanager/secret:Secret")
	if err != nil || len(secrets) != 1 {
		return fmt.Errorf("%d secrets, %w", len(secrets), err)
	}
	data, _ := instances[0].Properties["userData"].(string)
	if encoded, ok := instances[0].Properties["userDataBase64"].(string); ok && encoded != "" {
		text, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return err
		}
		data = string(text)
	}
	i := testvm.Instance{ID: instances[0].ID, UserData: data, Secret: secrets[0].ID, Value: secret}
	if i.Public, err = netip.ParseAddr(public); err != nil {
		return err
	}
	if i.Private, err = netip.ParseAddr(private); err != nil {
		return err
	}
	if i.Subnet, err = netip.ParsePrefix(p.Network.Machine); err != nil {
		return err
	}
	return m.Boot(i)
}

func healthy(t *testing.T, out stacks.Outputs, patience time.Duration) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Second) {
		s, err := stacks.Inspect(t.Context(), out)
		if err == nil && s.Server.Healthy && s.Docker.Healthy && len(s.Runners) == 1 && s.Runners[0].Online {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not healthy: %v %+v", err, s)
		}
	}
}

func noSecretIn(t *testing.T, console string, out stacks.Outputs) {
	t.Helper()
	for what, secret := range map[string]string{"the operator's key": strings.Split(out.Docker.Key, "\n")[1], "the token": out.Server.Token} {
		if len(secret) < 32 || strings.Contains(console, secret) {
			t.Errorf("%s is on the console, or is none", what)
		}
	}
	if cloudinit.ParseProgress(console).State == cloudinit.Failed {
		t.Errorf("a step of the boot failed: %s", cloudinit.ParseProgress(console))
	}
}

// teammate lets somebody in, who has no rights but those of the invite, and
// brings up an app from its source.
func teammate(t *testing.T, root string, out stacks.Outputs) (url string) {
	t.Helper()
	invite, err := team.NewInvite(t.Context(), team.Platform{
		Name: "vm", Target: "aws", Address: out.Server.Address, CA: []byte(out.Server.CA), Token: out.Server.Token,
		UI: out.Server.UI, Source: out.Server.Source, RunnerSource: out.Server.RunnerSource,
	}, "ada", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	text, err := invite.Encode()
	if err != nil {
		t.Fatal(err)
	}
	home, dir := t.TempDir(), t.TempDir()
	tool := func(name string, env []string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Env = dir, append(append(os.Environ(), "PILOT_HOME="+home, "NO_COLOR=1"), env...)
		said, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, said)
		}
		return string(said)
	}
	pilot := filepath.Join(root, "bin/pilot")
	tool(pilot, nil, "connect", text)
	tool(pilot, nil, "new", "project", "vm")
	tool(pilot, nil, "new", "app", "hello", "--target", "docker", "--port", "8080")
	for name, content := range map[string]string{
		"main.go": `package main

import (
	"fmt"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello from a machine") })
	log.Fatal(http.ListenAndServe(":8080", nil))
}
`,
		"go.mod":     "module hello\n\ngo 1.24\n",
		"Dockerfile": "FROM scratch\nCOPY hello /hello\nEXPOSE 8080\nENTRYPOINT [\"/hello\"]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tool("go", []string{"CGO_ENABLED=0"}, "build", "-o", "hello", ".")
	said := tool(pilot, nil, "up")
	urls := regexp.MustCompile(`https?://\S+`).FindAllString(said, -1)
	if len(urls) == 0 {
		t.Fatalf("up ended without a URL:\n%s", said)
	}
	return urls[len(urls)-1]
}

func answers(t *testing.T, url string, patience time.Duration) {
	t.Helper()
	last := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		resp, err := http.Get(url)
		if err != nil {
			last = err.Error()
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if last = string(body); last == "hello from a machine" {
			return
		}
	}
	t.Fatalf("%s: %s", url, last)
}
