package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func newAuthority(t *testing.T, name string) *Authority {
	t.Helper()
	a, err := NewAuthority(AuthorityRequest{CommonName: name})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func issue(t *testing.T, a *Authority, req Request) Pair {
	t.Helper()
	pair, err := a.Issue(req)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func TestAuthorityRoundTrip(t *testing.T) {
	a := newAuthority(t, "Pilot acme/prod")
	again, err := LoadAuthority(a.Pair())
	if err != nil {
		t.Fatal(err)
	}
	leaf := issue(t, again, Request{CommonName: "x", Role: RoleRunner, Client: true})
	if err := Verify(leaf.Cert, a.Pair().Cert, UseClient, "", time.Now()); err != nil {
		t.Errorf("a leaf of the loaded authority: %v", err)
	}
	cert, _ := ParseCertificate(a.Pair().Cert)
	if got := cert.NotAfter.Sub(cert.NotBefore); got != AuthorityLifetime+ClockSkew {
		t.Errorf("lifetime %s, want %s", got, AuthorityLifetime+ClockSkew)
	}
	if !cert.IsCA || !cert.MaxPathLenZero || cert.PublicKeyAlgorithm.String() != "ECDSA" {
		t.Errorf("want an ECDSA authority that signs leaves only, got %+v", cert)
	}
	if _, err := LoadAuthority(Pair{Cert: a.Pair().Cert, Key: newAuthority(t, "other").Pair().Key}); err == nil || !strings.Contains(err.Error(), "does not belong") {
		t.Errorf("another authority's key: got %v", err)
	}
	if _, err := LoadAuthority(leaf); err == nil || !strings.Contains(err.Error(), "not a certificate authority") {
		t.Errorf("a leaf as an authority: got %v", err)
	}
}

func TestErrorsNameFieldAndMend(t *testing.T) {
	a := newAuthority(t, "Pilot")
	long := strings.Repeat("x", 65)
	for name, c := range map[string]struct {
		req  Request
		want string
	}{
		"no name":    {Request{Role: "x", Client: true}, `common name "": want 1 to 64 characters`},
		"long name":  {Request{CommonName: long, Role: "x", Client: true}, "want 1 to 64 characters"},
		"no role":    {Request{CommonName: "x", Client: true}, "role is empty"},
		"no use":     {Request{CommonName: "x", Role: "x"}, "neither server nor client"},
		"no address": {Request{CommonName: "x", Role: "x", Server: true}, "needs a DNS name or an IP address"},
		"bad DNS":    {Request{CommonName: "x", Role: "x", Server: true, DNSNames: []string{"a_b"}}, `DNS name "a_b": want`},
		"empty DNS":  {Request{CommonName: "x", Role: "x", Server: true, DNSNames: []string{"a..b"}}, `DNS name "a..b": want`},
		"bad IP":     {Request{CommonName: "x", Role: "x", Server: true, IPs: []string{"1.2.3"}}, `IP address "1.2.3": want`},
		"bad period": {Request{CommonName: "x", Role: "x", Client: true, ValidFor: -1}, "want a positive duration"},
		"too late":   {Request{CommonName: "x", Role: "x", Client: true, Now: time.Now().Add(AuthorityLifetime + time.Hour)}, "make a new one"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := a.Issue(c.req); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := ParseCertificate([]byte("hello")); err == nil || !strings.Contains(err.Error(), "BEGIN CERTIFICATE") {
		t.Errorf("no PEM: got %v", err)
	}
	secret := []byte("-----BEGIN PRIVATE KEY-----\nc2VjcmV0c2VjcmV0\n-----END PRIVATE KEY-----\n")
	if _, err := LoadAuthority(Pair{Cert: a.Pair().Cert, Key: secret}); err == nil || strings.Contains(err.Error(), "c2Vj") {
		t.Errorf("a broken key must be refused without being quoted, got %v", err)
	}
}

func TestTimes(t *testing.T) {
	a := newAuthority(t, "Pilot")
	now := time.Now()
	for name, c := range map[string]struct {
		validFor time.Duration
		after    time.Duration
		days     int
		due      bool
	}{
		"fresh":               {0, 0, 89, false},
		"22 days left":        {0, LeafLifetime - 22*24*time.Hour, 21, false},
		"20 days left":        {0, LeafLifetime - 20*24*time.Hour, 19, true},
		"expired":             {0, LeafLifetime + 36*time.Hour, -2, true},
		"short, fresh":        {10 * 24 * time.Hour, 0, 9, false},
		"short, third left":   {9 * 24 * time.Hour, 7 * 24 * time.Hour, 1, true},
		"outlives its signer": {20 * AuthorityLifetime, 0, 3649, false},
	} {
		t.Run(name, func(t *testing.T) {
			pair := issue(t, a, Request{CommonName: "x", Role: RoleOperator, Client: true, ValidFor: c.validFor, Now: now})
			at := now.Add(c.after)
			days, err := DaysLeft(pair.Cert, at)
			if err != nil || days != c.days {
				t.Errorf("days left: got %d (%v), want %d", days, err, c.days)
			}
			if due, err := RenewalDue(pair.Cert, at); err != nil || due != c.due {
				t.Errorf("renewal due: got %t (%v), want %t", due, err, c.due)
			}
		})
	}
	pair := issue(t, a, Request{CommonName: "x", Role: RoleOperator, Client: true, Now: now})
	if err := Verify(pair.Cert, a.Pair().Cert, UseClient, "", now.Add(-ClockSkew+time.Minute)); err != nil {
		t.Errorf("a clock that is 9 minutes late: %v", err)
	}
}

// TestWhoIsLetIn makes real handshakes: the right client is let in and every
// other one is refused, by either side.
func TestWhoIsLetIn(t *testing.T) {
	ours, theirs := newAuthority(t, "ours"), newAuthority(t, "theirs")
	server := Request{CommonName: "gateway", Role: RoleGateway, Server: true, DNSNames: []string{"localhost"}, IPs: []string{"127.0.0.1", "::1"}}
	client := Request{CommonName: "operator", Role: RoleOperator, Client: true}
	old := Request{CommonName: "operator", Role: RoleOperator, Client: true, Now: time.Now().Add(-100 * 24 * time.Hour)}
	elsewhere := Request{CommonName: "gateway", Role: RoleGateway, Server: true, DNSNames: []string{"example.org"}}
	both := bytes.Join([][]byte{theirs.Pair().Cert, ours.Pair().Cert}, nil)

	for name, c := range map[string]struct {
		server    Pair
		clientCA  []byte
		serverCA  []byte
		client    Pair
		dial      string
		wantError bool
	}{
		"right":                      {issue(t, ours, server), ours.Pair().Cert, ours.Pair().Cert, issue(t, ours, client), "127.0.0.1", false},
		"by name":                    {issue(t, ours, server), ours.Pair().Cert, ours.Pair().Cert, issue(t, ours, client), "localhost", false},
		"two authorities":            {issue(t, ours, server), both, both, issue(t, ours, client), "127.0.0.1", false},
		"no client certificate":      {issue(t, ours, server), ours.Pair().Cert, ours.Pair().Cert, Pair{}, "127.0.0.1", true},
		"client of others":           {issue(t, ours, server), ours.Pair().Cert, ours.Pair().Cert, issue(t, theirs, client), "127.0.0.1", true},
		"expired client":             {issue(t, ours, server), ours.Pair().Cert, ours.Pair().Cert, issue(t, ours, old), "127.0.0.1", true},
		"server's own as client":     {issue(t, ours, server), ours.Pair().Cert, ours.Pair().Cert, issue(t, ours, server), "127.0.0.1", true},
		"server of others":           {issue(t, theirs, server), ours.Pair().Cert, ours.Pair().Cert, issue(t, ours, client), "127.0.0.1", true},
		"server of another name":     {issue(t, ours, elsewhere), ours.Pair().Cert, ours.Pair().Cert, issue(t, ours, client), "127.0.0.1", true},
		"client certificate as host": {issue(t, ours, client), ours.Pair().Cert, ours.Pair().Cert, issue(t, ours, client), "127.0.0.1", true},
	} {
		t.Run(name, func(t *testing.T) {
			serverCfg, err := ServerConfig(c.server, c.clientCA)
			if err != nil {
				t.Fatal(err)
			}
			clientCfg, err := ClientConfig(c.serverCA, c.client, c.dial)
			if err != nil {
				t.Fatal(err)
			}
			if err := exchange(t, serverCfg, clientCfg); (err != nil) != c.wantError {
				t.Errorf("got %v, want an error: %t", err, c.wantError)
			}
		})
	}
	t.Run("old TLS", func(t *testing.T) {
		serverCfg, _ := ServerConfig(issue(t, ours, server), ours.Pair().Cert)
		clientCfg, _ := ClientConfig(ours.Pair().Cert, issue(t, ours, client), "127.0.0.1")
		clientCfg.MinVersion, clientCfg.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		if exchange(t, serverCfg, clientCfg) == nil {
			t.Error("TLS 1.1 was let in")
		}
	})
}

// exchange sends one byte there and one back.
func exchange(t *testing.T, serverCfg, clientCfg *tls.Config) error {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
		s := tls.Server(conn, serverCfg)
		b := make([]byte, 1)
		if _, err := io.ReadFull(s, b); err == nil {
			_, _ = s.Write(b)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := (&tls.Dialer{Config: clientCfg}).DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := conn.Write([]byte{1}); err != nil {
		return err
	}
	_, err = io.ReadFull(conn, make([]byte, 1))
	return err
}

func TestRoles(t *testing.T) {
	a := newAuthority(t, "Pilot")
	for _, role := range []Role{RoleOperator, RoleRunner, RoleServer, RoleGateway} {
		cert, err := ParseCertificate(issue(t, a, Request{CommonName: "x", Role: role, Client: true}).Cert)
		if err != nil || RoleOf(cert) != role {
			t.Errorf("got %v (%v), want %v", RoleOf(cert), err, role)
		}
	}
}
