package daemon

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/docker/docker/client"

	"github.com/pilot-framework/pilot/pkg/server/certs"
)

// A daemon fetches its certificate when it starts. Once the one that it shows
// has expired, nobody comes through to it to have it restarted, and it would
// stay so until its machine is rebooted. So there is one way in, to look at it
// and to restart it. What goes that way is no secret: the agent's image, and
// the order to restart. The client proves its key without giving it away.

// LookToRestart is Look for whoever restarts the daemon if need be: it also
// comes through to a daemon whose certificate has no fault but that it has
// expired, and says so in Seen.Expired.
func LookToRestart(ctx context.Context, e Endpoint) (Seen, error) {
	return look(ctx, e, true)
}

// ClientToRestart is a client for Restart, Failed and Forget, and for nothing
// else: it also comes through to a daemon whose certificate has no fault but
// that it has expired.
func ClientToRestart(e Endpoint) (*client.Client, error) {
	cfg, _, err := clientConfig(e, func() {})
	if err != nil {
		return nil, err
	}
	return client.NewClientWithOpts(client.WithAPIVersionNegotiation(), client.WithHTTPClient(&http.Client{
		Transport: &http.Transport{TLSClientConfig: cfg, TLSHandshakeTimeout: lookTimeout},
	}), client.WithHost(e.Host))
}

// clientConfig is a client's, with the address to dial. It takes an expired
// certificate if expired, which is told of each, is not nil.
func clientConfig(e Endpoint, expired func()) (cfg *tls.Config, address string, err error) {
	u, err := url.Parse(e.Host)
	if err != nil || u.Scheme != "tcp" || u.Port() == "" {
		return nil, "", fmt.Errorf("endpoint %q: want tcp://host:port", e.Host)
	}
	cfg, err = certs.ClientConfig([]byte(e.CA), certs.Pair{Cert: []byte(e.Cert), Key: []byte(e.Key)}, u.Hostname())
	if err != nil {
		return nil, "", fmt.Errorf("endpoint %s: %w", e.Host, err)
	}
	if expired == nil {
		return cfg, u.Host, nil
	}
	roots, name := cfg.RootCAs, u.Hostname()
	// Package tls gives no way to pass over one fault: VerifyConnection does all
	// that it would, and is called for every connection.
	cfg.InsecureSkipVerify = true
	cfg.VerifyConnection = func(s tls.ConnectionState) error {
		ended, err := verify(s.PeerCertificates, roots, name, time.Now())
		if err != nil {
			return &tls.CertificateVerificationError{UnverifiedCertificates: s.PeerCertificates, Err: err}
		}
		if ended {
			expired()
		}
		return nil
	}
	return cfg, u.Host, nil
}

// verify checks a server's certificate, the first of shown, as package tls
// does. The one fault that it passes over, and tells, is that this certificate
// itself has expired: those above it must be valid now.
func verify(shown []*x509.Certificate, roots *x509.CertPool, name string, now time.Time) (expired bool, err error) {
	leaf := shown[0]
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), DNSName: name, CurrentTime: now}
	for _, c := range shown[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err = leaf.Verify(options)
	if err == nil || !now.After(leaf.NotAfter) {
		return false, err
	}
	options.CurrentTime = leaf.NotAfter
	chains, other := leaf.Verify(options)
	if other != nil {
		return false, other
	}
	for _, chain := range chains {
		above := chain[1:]
		if len(above) > 0 && !slices.ContainsFunc(above, func(c *x509.Certificate) bool { return now.Before(c.NotBefore) || now.After(c.NotAfter) }) {
			return true, nil
		}
	}
	return false, err
}
