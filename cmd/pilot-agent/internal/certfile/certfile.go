// Package certfile serves TLS from certificate files that may be replaced while the process runs.
package certfile

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"sync"
)

// Files names the PEM files of a TLS server. CA may be empty: clients then need no certificate.
type Files struct {
	Cert, Key, CA string
}

// Reloader holds the newest good content of a set of Files. Its methods may be called at the same time.
type Reloader struct {
	files Files
	log   *slog.Logger

	mu      sync.Mutex
	stamps  [3]stamp
	current *tls.Config
}

// stamp is a file's content, hashed. Times and sizes would not do: a copied-in file may keep both.
type stamp [sha256.Size]byte

// New reads the files. It fails when one is missing or unusable, naming it.
func New(files Files, log *slog.Logger) (*Reloader, error) {
	r := &Reloader{files: files, log: log, stamps: stamps(files)}
	config, err := load(files)
	if err != nil {
		return nil, err
	}
	r.current = config
	return r, nil
}

// ServerConfig returns a configuration that takes up changed files at each handshake. With a CA it demands a
// certificate that the CA signed for client use.
func (r *Reloader) ServerConfig() *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return r.config(), nil },
	}
}

// Reload reads the files again, whether they look changed or not. Unusable files are logged, and the ones in use stay.
func (r *Reloader) Reload() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reload(stamps(r.files))
}

func (r *Reloader) config() *tls.Config {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := stamps(r.files); now != r.stamps {
		r.reload(now)
	}
	return r.current
}

func (r *Reloader) reload(now [3]stamp) {
	// Also remembered after a failure: the same broken files are not read again for each connection.
	r.stamps = now
	config, err := load(r.files)
	if err != nil {
		r.log.Error("keeping the certificates in use: the new files are not usable", "err", err)
		return
	}
	r.current = config
	r.log.Info("certificates reloaded", "cert", r.files.Cert)
}

func stamps(files Files) (out [3]stamp) {
	for i, name := range []string{files.Cert, files.Key, files.CA} {
		if content, err := os.ReadFile(name); err == nil {
			out[i] = sha256.Sum256(content)
		}
	}
	return out
}

func load(files Files) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		return nil, fmt.Errorf("load certificate %s with key %s: %w", files.Cert, files.Key, err)
	}
	config := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{pair},
		// A resumed session would outlive a change of the CA.
		SessionTicketsDisabled: true,
	}
	if files.CA != "" {
		if config.ClientCAs, err = Pool(files.CA); err != nil {
			return nil, err
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return config, nil
}

// Pool reads a PEM file of CA certificates.
func Pool(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read CA file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("CA file %s holds no PEM certificate", file)
	}
	return pool, nil
}
