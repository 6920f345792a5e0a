package daemon

import (
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/testdocker"
	"github.com/pilot-framework/pilot/pkg/server/certs"
)

// TestExpired looks at daemons that show what once was a good certificate. To
// be restarted, and for nothing else, the one that has but expired is taken.
func TestExpired(t *testing.T) {
	const day = 24 * time.Hour
	authority := func(r certs.AuthorityRequest) *certs.Authority {
		t.Helper()
		r.CommonName = "Pilot test"
		a, err := certs.NewAuthority(r)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	issue := func(a *certs.Authority, r certs.Request) certs.Pair {
		t.Helper()
		p, err := a.Issue(r)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	longAgo := time.Now().Add(-100 * day)
	ca := authority(certs.AuthorityRequest{Now: longAgo})
	other := authority(certs.AuthorityRequest{Now: longAgo})
	ended := authority(certs.AuthorityRequest{Now: longAgo, ValidFor: 90 * day})
	operator := issue(ca, certs.Request{CommonName: "operator", Role: "operator", Client: true})

	server := certs.Request{CommonName: "daemon", Role: "server", Server: true, IPs: []string{"127.0.0.1"}}
	with := func(change func(*certs.Request)) certs.Request {
		r := server
		r.Now, r.ValidFor = longAgo, 90*day
		change(&r)
		return r
	}
	for _, c := range []struct {
		name    string
		pair    certs.Pair
		trust   *certs.Authority
		expired bool
		want    string
	}{
		{"valid", issue(ca, server), ca, false, ""},
		{"expired", issue(ca, with(func(*certs.Request) {})), ca, true, ""},
		{"not valid yet", issue(ca, with(func(r *certs.Request) { r.Now = time.Now().Add(day) })), ca, false, "not yet valid"},
		{"expired, of another authority", issue(other, with(func(*certs.Request) {})), ca, false, "unknown authority"},
		{"expired, of another name", issue(ca, with(func(r *certs.Request) { r.IPs = []string{"192.0.2.1"} })), ca, false, "192.0.2.1"},
		{"expired, for clients", issue(ca, with(func(r *certs.Request) { r.Server, r.Client = false, true })), ca, false, "incompatible key usage"},
		{"expired, and its authority too", issue(ended, with(func(r *certs.Request) { r.ValidFor = 80 * day })), ended, false, "expired"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := certs.ServerConfig(c.pair, ca.Pair().Cert)
			if err != nil {
				t.Fatal(err)
			}
			e := Endpoint{
				Host: testdocker.Serve(t, "127.0.0.1:0", cfg, "1.24"),
				CA:   string(c.trust.Pair().Cert), Cert: string(operator.Cert), Key: string(operator.Key),
			}
			seen, err := LookToRestart(t.Context(), e)
			if seen.Expired != c.expired || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("came as far as %q, expired: %v: %v; want expired: %v, %q", seen.Reach, seen.Expired, err, c.expired, c.want)
			}
			if err == nil && (seen.Reach != Answering || !seen.Shows(string(c.pair.Cert))) {
				t.Errorf("came as far as %q", seen.Reach)
			}
			docker, err := ClientToRestart(e)
			if err != nil {
				t.Fatal(err)
			}
			defer docker.Close()
			if _, err := docker.Ping(t.Context()); (err == nil) != (c.want == "") {
				t.Errorf("the client to restart it gets %v", err)
			}

			seen, err = Look(t.Context(), e)
			if fine := c.name == "valid"; (err == nil) != fine || seen.Expired || !fine && seen.Reach != Listening {
				t.Errorf("any other look comes as far as %q: %v", seen.Reach, err)
			}
		})
	}
}
