package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
)

// Config says which server to talk to, whom to trust, and as whom.
type Config struct {
	// Address is the server's gRPC endpoint, "host:port". The host must be one
	// of the names or addresses in the server's certificate.
	Address string
	// CA is the PEM certificate of the stack's certificate authority, the only
	// one that is trusted.
	CA []byte
	// Token is a login token. It may be empty for WaitReady, Bootstrap, Version
	// and ConvertInvite; every other call needs one.
	Token string
}

// tls checks the configuration and gives the pinned TLS settings.
func (c Config) tls() (*tls.Config, error) {
	host, port, err := net.SplitHostPort(c.Address)
	if err != nil || host == "" || port == "" {
		return nil, fmt.Errorf("server address %q: want host:port, such as 127.0.0.1:9701", c.Address)
	}
	if len(c.CA) == 0 {
		return nil, errors.New("server CA is empty: want the PEM certificate of the stack's certificate authority (output serverCA)")
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(c.CA) {
		return nil, errors.New("server CA holds no certificate: want PEM that starts with -----BEGIN CERTIFICATE-----")
	}
	return &tls.Config{RootCAs: pool, ServerName: host, MinVersion: tls.VersionTLS12}, nil
}
