package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"regexp"
)

// tokenRule is the form of every token the server makes. Anything else is not
// sent: this server version ends with a panic on a token of one to three
// characters.
var tokenRule = regexp.MustCompile(`^[1-9A-HJ-NP-Za-km-z]{16,}$`)

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
	if c.Token != "" && !tokenRule.MatchString(c.Token) {
		return nil, fmt.Errorf("token of server %s: %w: it is not in the form of one (letters and digits, at least 16)", c.Address, ErrUnauthenticated)
	}
	return &tls.Config{RootCAs: pool, ServerName: host, MinVersion: tls.VersionTLS12}, nil
}
