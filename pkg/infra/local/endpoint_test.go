package local_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/server/certs"
)

// whoIsLetIn asks Docker for its version through the gateway, as different people.
func whoIsLetIn(t *testing.T, out func(string) string) {
	address := strings.TrimPrefix(out("host"), "tcp://")
	theirs, err := certs.NewAuthority(certs.AuthorityRequest{CommonName: "theirs"})
	if err != nil {
		t.Fatal(err)
	}
	ours, err := certs.LoadAuthority(certs.Pair{Cert: []byte(out("clientCA")), Key: []byte(out("clientCAKey"))})
	if err != nil {
		t.Fatal(err)
	}
	client := certs.Request{CommonName: "x", Role: certs.RoleOperator, Client: true}
	issue := func(a *certs.Authority, r certs.Request) certs.Pair {
		pair, err := a.Issue(r)
		if err != nil {
			t.Fatal(err)
		}
		return pair
	}
	expired := client
	expired.Now = time.Now().Add(-100 * 24 * time.Hour)
	for name, c := range map[string]struct {
		url  string
		ca   string
		pair certs.Pair
		want string // why not; empty: is let in
		name string // to find in the certificate, instead of the address
	}{
		"operator":        {"https://" + address, out("ca"), certs.Pair{Cert: []byte(out("cert")), Key: []byte(out("key"))}, "", ""},
		"runner":          {"https://" + address, out("ca"), certs.Pair{Cert: []byte(out("runnerCert")), Key: []byte(out("runnerKey"))}, "", ""},
		"another of ours": {"https://" + address, out("ca"), issue(ours, client), "", ""},
		"plain text":      {"http://" + address, out("ca"), certs.Pair{}, "400", ""},
		"no certificate":  {"https://" + address, out("ca"), certs.Pair{}, "certificate required", ""},
		"other authority": {"https://" + address, out("ca"), issue(theirs, client), "unknown certificate authority", ""},
		"expired":         {"https://" + address, out("ca"), issue(ours, expired), "expired certificate", ""},
		"not for clients": {"https://" + address, out("ca"), issue(ours, certs.Request{CommonName: "x", Role: certs.RoleServer, Server: true, DNSNames: []string{"x"}}), "bad certificate", ""},
		"wrong name":      {"https://" + address, out("ca"), issue(ours, client), "not example.org", "example.org"},
		"wrong server":    {"https://" + address, string(theirs.Pair().Cert), issue(ours, client), "unknown authority", ""},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := certs.ClientConfig([]byte(c.ca), c.pair, "")
			if err != nil {
				t.Fatal(err)
			}
			cfg.ServerName = c.name
			if len(cfg.Certificates) > 0 {
				// Otherwise a client keeps back what the gateway would refuse.
				cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cfg.Certificates[0], nil }
			}
			got, err := version(t.Context(), cfg, c.url)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func version(ctx context.Context, cfg *tls.Config, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/version", nil)
	if err != nil {
		return "", err
	}
	resp, err := (&http.Transport{TLSClientConfig: cfg, DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("ApiVersion"))) {
		err = fmt.Errorf("status %s: %s", resp.Status, body)
	}
	return string(body), err
}

// drift does by hand what people do, and has it seen and undone.
func drift(t *testing.T, s *infra.Stack) {
	for name, c := range map[string]struct {
		byHand []string
		want   string
	}{
		"stopped":         {[]string{"stop", "-t", "0", platformName + "-app"}, "update app"},
		"killed":          {[]string{"kill", platformName + "-app"}, "update app"},
		"removed":         {[]string{"rm", "-f", platformName + "-app"}, "create app"},
		"gateway stopped": {[]string{"stop", "-t", "0", platformName + "-gateway"}, "update machine-gateway"},
		"gateway removed": {[]string{"rm", "-f", platformName + "-gateway"}, "create machine-gateway"},
	} {
		t.Run(name, func(t *testing.T) {
			docker(t, c.byHand...)
			diff, err := s.Preview(t.Context(), infra.WithRefresh())
			if err != nil {
				t.Fatal(err)
			}
			if got := changes(diff); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if _, err := s.Up(t.Context(), infra.WithRefresh()); err != nil {
				t.Fatal(err)
			}
			if diff, err = s.Preview(t.Context(), infra.WithRefresh()); err != nil || !diff.Empty() {
				t.Errorf("not mended: %s (%v)", changes(diff), err)
			}
		})
	}
}

// rotate gives the gateway another certificate under its open port.
func rotate(t *testing.T, s *infra.Stack, out func(string) string, certificate string) {
	address := strings.TrimPrefix(out("host"), "tcp://")
	serial := func() string {
		cfg, err := certs.ClientConfig([]byte(out("ca")), certs.Pair{Cert: []byte(out("cert")), Key: []byte(out("key"))}, "")
		if err != nil {
			t.Fatal(err)
		}
		conn, err := tls.Dial("tcp", address, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	before, id := serial(), docker(t, "inspect", "-f", "{{.Id}}", platformName+"-gateway")
	diff, err := s.Preview(t.Context(), infra.Replace(certificate))
	if want := "replace identity-gateway, update machine-gateway"; err != nil || changes(diff) != want {
		t.Errorf("got %q (%v), want %q", changes(diff), err, want)
	}
	if _, err := s.Up(t.Context(), infra.Replace(certificate)); err != nil {
		t.Fatal(err)
	}
	if docker(t, "inspect", "-f", "{{.Id}}", platformName+"-gateway") != id {
		t.Error("the gateway was replaced; its files are live")
	}
	deadline := time.Now().Add(20 * time.Second)
	for serial() == before {
		if time.Now().After(deadline) {
			t.Fatal("the gateway goes on with the old certificate")
		}
	}
}
