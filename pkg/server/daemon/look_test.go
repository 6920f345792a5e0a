package daemon

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/testdocker"
	"github.com/pilot-framework/pilot/pkg/server/certs"
)

// front is a daemon behind mutual TLS that serves API versions from oldest on.
func front(t *testing.T, ca *certs.Authority, pair certs.Pair, oldest string) string {
	t.Helper()
	cfg, err := certs.ServerConfig(pair, ca.Pair().Cert)
	if err != nil {
		t.Fatal(err)
	}
	return testdocker.Serve(t, "127.0.0.1:0", cfg, oldest)
}

func TestLook(t *testing.T) {
	authority := func() *certs.Authority {
		a, err := certs.NewAuthority(certs.AuthorityRequest{CommonName: "Pilot test"})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	issue := func(a *certs.Authority, r certs.Request) certs.Pair {
		p, err := a.Issue(r)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	ca, other := authority(), authority()
	server := issue(ca, certs.Request{CommonName: "daemon", Role: "server", Server: true, IPs: []string{"127.0.0.1"}})
	wrongName := issue(ca, certs.Request{CommonName: "daemon", Role: "server", Server: true, IPs: []string{"192.0.2.1"}})
	operator := certs.Request{CommonName: "operator", Role: "operator", Client: true}
	expired := operator
	expired.Now, expired.ValidFor = time.Now().Add(-48*time.Hour), time.Hour
	good := issue(ca, operator)

	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	fine, old := front(t, ca, server, "1.24"), front(t, ca, server, "1.44")
	for _, c := range []struct {
		name  string
		host  string
		trust *certs.Authority
		pair  certs.Pair
		reach Reach
		want  string
	}{
		{"all right", fine, ca, good, Answering, ""},
		{"a new Engine", old, ca, good, Trusted, "1.44 to 1.52, and deploys need 1.41"},
		{"nobody listens", "tcp://" + closed.Addr().String(), ca, good, Machine, "refused"},
		{"no certificate", fine, ca, certs.Pair{}, Listening, "certificate required"},
		{"another authority's", fine, ca, issue(other, operator), Listening, "unknown certificate authority"},
		{"an expired one", fine, ca, issue(ca, expired), Listening, "expired"},
		{"a daemon of another authority", fine, other, good, Listening, "unknown authority"},
		{"a wrong name", front(t, ca, wrongName, "1.24"), ca, good, Listening, "192.0.2.1"},
		{"no address", "unix:///var/run/docker.sock", ca, good, Nothing, "want tcp://host:port"},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen, err := Look(t.Context(), Endpoint{
				Host: c.host, CA: string(c.trust.Pair().Cert), Cert: string(c.pair.Cert), Key: string(c.pair.Key),
			})
			if seen.Reach != c.reach || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("came as far as %q: %v; want %q, %q", seen.Reach, err, c.reach, c.want)
			}
			var api *APIError
			if IsAPIError(err) != (c.name == "a new Engine") || errors.As(err, &api) && (api.Min != "1.44" || !strings.Contains(err.Error(), "DOCKER_MIN_API_VERSION")) {
				t.Errorf("%v", err)
			}
			if c.want != "" {
				return
			}
			if !seen.Shows(string(server.Cert)) || seen.Shows(string(good.Cert)) {
				t.Error("want the daemon's own certificate to be seen")
			}
			both := string(ca.Pair().Cert) + string(other.Pair().Cert)
			if !seen.LetsInOnly(string(ca.Pair().Cert)) || seen.LetsInOnly(string(other.Pair().Cert)) || seen.LetsInOnly(both) || seen.LetsInOnly("") {
				t.Error("want exactly the daemon's own authority to be let in")
			}
		})
	}
}

// TestPlaintext speaks to the front without TLS.
func TestPlaintext(t *testing.T) {
	ca, err := certs.NewAuthority(certs.AuthorityRequest{CommonName: "Pilot test"})
	if err != nil {
		t.Fatal(err)
	}
	server, err := ca.Issue(certs.Request{CommonName: "daemon", Role: "server", Server: true, IPs: []string{"127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(front(t, ca, server, "1.24"), "tcp://")
	resp, err := http.Get("http://" + host + "/version")
	if err == nil {
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			t.Error("a client without TLS is served")
		}
	}
	if _, err := tls.Dial("tcp", host, &tls.Config{}); err == nil {
		t.Error("an authority that is not known is trusted")
	}
}
