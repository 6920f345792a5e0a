// Package health checks one address, for containers whose image holds no shell.
package health

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/certfile"
	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/serverapi"
)

// Target is what to check.
type Target struct {
	// Address is HOST:PORT, or a URL for HTTP.
	Address string
	// CA is the PEM file of the only CA to trust. Needed wherever TLS is spoken.
	CA string
	// Cert and Key are PEM files of a client certificate to show; both or neither.
	Cert, Key string
	// ServerName is the name the certificate must be for; the address's host when empty.
	ServerName string
}

// TCP is well when a connection can be opened.
func TCP(ctx context.Context, t Target) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// TLS is well when a handshake succeeds.
func TLS(ctx context.Context, t Target) error {
	host, _, err := net.SplitHostPort(t.Address)
	if err != nil {
		return err
	}
	config, err := t.config(host)
	if err != nil {
		return err
	}
	d := tls.Dialer{Config: config}
	conn, err := d.DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// GRPC is well when the Pilot server answers a request over TLS.
func GRPC(ctx context.Context, t Target) error {
	host, _, err := net.SplitHostPort(t.Address)
	if err != nil {
		return err
	}
	config, err := t.config(host)
	if err != nil {
		return err
	}
	return serverapi.NewTLS(t.Address, config).Healthy(ctx)
}

// HTTP is well when a GET of the URL is answered with a 2xx status.
func HTTP(ctx context.Context, t Target) error {
	u, err := url.Parse(t.Address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("address %q: want a URL that starts with http:// or https://", t.Address)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	if u.Scheme == "https" {
		if transport.TLSClientConfig, err = t.config(u.Hostname()); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
		return fmt.Errorf("%s answered %s: %s", t.Address, resp.Status, body)
	}
	return nil
}

func (t Target) config(host string) (*tls.Config, error) {
	if t.CA == "" {
		return nil, errors.New("flag -ca is required to check an address that speaks TLS")
	}
	pool, err := certfile.Pool(t.CA)
	if err != nil {
		return nil, err
	}
	config := &tls.Config{RootCAs: pool, ServerName: host, MinVersion: tls.VersionTLS12}
	if t.ServerName != "" {
		config.ServerName = t.ServerName
	}
	if (t.Cert == "") != (t.Key == "") {
		return nil, errors.New("flags -cert and -key go together: give both or neither")
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("load client certificate: %w", err)
		}
		// Shown whoever signed it: a gateway trusts its own certificate as it is,
		// and names that, not its authority, among those that it lets in.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	return config, nil
}
