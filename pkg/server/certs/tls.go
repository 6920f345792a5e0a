package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ServerConfig is for a server that shows pair and lets in only clients whose
// certificate an authority in clientCA signed for client use. clientCA may
// hold several certificates, as it does while an authority is being replaced.
func ServerConfig(pair Pair, clientCA []byte) (*tls.Config, error) {
	cert, err := keyPair(pair)
	if err != nil {
		return nil, fmt.Errorf("server certificate: %w", err)
	}
	pool, err := Pool(clientCA)
	if err != nil {
		return nil, fmt.Errorf("client authority: %w", err)
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{cert},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    pool,
	}, nil
}

// ClientConfig is for a client that trusts the authorities in serverCA and no
// others, not even the system's. serverName is compared with the server's
// names; empty leaves it to the dialer. pair may be empty for a server that
// asks for no certificate.
func ClientConfig(serverCA []byte, pair Pair, serverName string) (*tls.Config, error) {
	pool, err := Pool(serverCA)
	if err != nil {
		return nil, fmt.Errorf("server authority: %w", err)
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, ServerName: serverName}
	if len(pair.Cert) > 0 || len(pair.Key) > 0 {
		cert, err := keyPair(pair)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		cfg.Certificates = []tls.Certificate{cert}
	}
	return cfg, nil
}

// Pool holds exactly the certificates of a PEM text.
func Pool(caPEM []byte) (*x509.CertPool, error) {
	all, err := parseCertificates(caPEM)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	for _, cert := range all {
		pool.AddCert(cert)
	}
	return pool, nil
}

// Use is what a certificate is to be checked for.
type Use int

// The uses.
const (
	// UseServer is to be a TLS server.
	UseServer Use = iota
	// UseClient is to be a TLS client.
	UseClient
)

// Verify checks that an authority in caPEM signed the certificate for this
// use, that it is valid at now and, where name is not empty, that it is for
// this DNS name or IP address.
func Verify(certPEM, caPEM []byte, use Use, name string, now time.Time) error {
	cert, err := ParseCertificate(certPEM)
	if err != nil {
		return err
	}
	pool, err := Pool(caPEM)
	if err != nil {
		return fmt.Errorf("authority: %w", err)
	}
	usage := x509.ExtKeyUsageServerAuth
	if use == UseClient {
		usage = x509.ExtKeyUsageClientAuth
	}
	if !slices.Contains(cert.ExtKeyUsage, usage) {
		return errors.New("the certificate was not issued for this use")
	}
	_, err = cert.Verify(x509.VerifyOptions{
		Roots: pool, DNSName: name, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage},
	})
	return err
}

// keyPair reads a pair. The errors of package tls don't quote the key.
func keyPair(pair Pair) (tls.Certificate, error) {
	if _, err := ParseCertificate(pair.Cert); err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(pair.Cert, pair.Key)
}
