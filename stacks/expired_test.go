package stacks_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/testmachine"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/pkg/server/certs"
	"github.com/pilot-framework/pilot/pkg/server/image"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestExpiredMachine has a daemon that shows an expired certificate while its
// new one is in the secret store already, as one that nobody restarted in time:
// an apply has it fetch the new one, and then goes on as ever.
func TestExpiredMachine(t *testing.T) {
	binaries(t)
	m := testmachine.New(t, 14)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(tail(m.Log(), 4000))
		}
	})
	agent, err := image.Gateway(image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	program := func(ctx *pulumi.Context) error {
		e, err := stacks.NewDockerEndpoint(ctx, "endpoint", &stacks.EndpointArgs{
			Name: "pilot-test", Addresses: pulumi.StringArray{pulumi.String(m.IP)},
		})
		if err != nil {
			return err
		}
		e.Host = pulumi.Unsecret(pulumi.All(e.Authority.CertPEM, e.Authority.KeyPEM, e.Secret()).ApplyT(func(v []any) (string, error) {
			host := "tcp://" + m.IP + ":2376"
			if ctx.DryRun() || m.Starts() > 0 {
				return host, nil
			}
			expired, err := endedSecret(v[0].(string), v[1].(string), v[2].(string), m.IP)
			if err != nil {
				return "", err
			}
			// It boots with what is in the store first.
			if err := m.Store(expired); err != nil {
				return "", err
			}
			return host, m.Store(v[2].(string))
		})).(pulumi.StringOutput)
		endpoint := pilot.EndpointArgs{Host: e.Host, CA: e.CA, Cert: e.Cert, Key: e.Key, Daemon: pulumi.String("i-1")}
		d, err := pilot.NewDaemon(ctx, "docker", &pilot.DaemonArgs{
			Endpoint: endpoint, ServerCert: e.Secret().ApplyT(func(secret string) (string, error) {
				var b struct{ Cert string }
				err := json.Unmarshal([]byte(secret), &b)
				return b.Cert, err
			}).(pulumi.StringOutput),
			ClientCA: e.Authority.ClientTrustPEM, Agent: pulumi.String(agent.Reference()),
			Socket: pulumi.String(m.Socket), BootTimeout: pulumi.String("1m"), RestartTimeout: pulumi.String("1m"),
		})
		if err != nil {
			return err
		}
		endpoint.Host = d.Host
		_, err = pilot.NewNetwork(ctx, "network", &pilot.NetworkArgs{Endpoint: endpoint, Name: pulumi.String("pilot-test-expired")})
		return err
	}
	var said []string
	s, err := infra.Open(t.Context(), infra.Ref{Project: "acme", Stack: "expired"}, program,
		infra.WithEngine(engine.New()), infra.WithState("file://"+t.TempDir()), infra.WithProvider(server.Provider(stacks.ServerImages())),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "correct horse", nil }}),
		infra.WithProgress(func(e infra.Event) {
			if d, ok := e.(infra.Diagnostic); ok {
				said = append(said, strings.TrimSpace(d.Message))
			}
		}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Up(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(said, "\n"))
	}
	if m.Starts() != 2 {
		t.Errorf("Docker was started %d times, want 2", m.Starts())
	}
	for _, want := range []string{"ended 20", "it is restarted to fetch its new one", "TLS ready"} {
		if !strings.Contains(strings.Join(said, "\n"), want) {
			t.Errorf("%q was not said: %q", want, said)
		}
	}
	if again, err := s.Preview(t.Context()); err != nil || !again.Empty() {
		t.Errorf("a second preview is not empty: %v %v", err, changes(again))
	}
	if _, err := s.Destroy(t.Context()); err != nil {
		t.Error(err)
	}
}

// endedSecret is a machine's secret with a certificate that ended a minute ago.
func endedSecret(caCert, caKey, secret, ip string) (string, error) {
	ca, err := certs.LoadAuthority(certs.Pair{Cert: []byte(caCert), Key: []byte(caKey)})
	if err != nil {
		return "", err
	}
	pair, err := ca.Issue(certs.Request{
		CommonName: "pilot-test", Role: "server", Server: true, IPs: []string{ip},
		Now: time.Now().Add(-2 * time.Minute), ValidFor: time.Minute,
	})
	if err != nil {
		return "", err
	}
	bundle := map[string]string{}
	if err := json.Unmarshal([]byte(secret), &bundle); err != nil {
		return "", err
	}
	bundle["cert"], bundle["key"] = string(pair.Cert), string(pair.Key)
	text, err := json.Marshal(bundle)
	return string(text), err
}
