package daemon

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Endpoint is a Docker daemon behind mutual TLS.
type Endpoint struct {
	// Host is tcp://host:port.
	Host string
	// CA, Cert and Key are PEM: the authorities to trust, and the client's
	// certificate and key.
	CA, Cert, Key string
}

// Reach is how far a look at an endpoint came.
type Reach int

// The reaches, in their order.
const (
	// Nothing answered at all.
	Nothing Reach = iota
	// Machine means that the machine refused the connection: it is up, and no
	// daemon listens.
	Machine
	// Listening means that something listens, and TLS failed.
	Listening
	// Trusted means that both sides accepted the other's certificate, and the
	// API did not answer as it should.
	Trusted
	// Answering means that the API serves APIVersion.
	Answering
)

// String says it in words for people.
func (r Reach) String() string {
	return [...]string{"booting", "installing Docker", "starting Docker", "TLS ready", "Docker answers"}[r]
}

// Seen is what a look found out.
type Seen struct {
	// Reach is how far it came.
	Reach Reach
	// Certificate is what the daemon shows; nil below Trusted.
	Certificate *x509.Certificate
	// LetsIn are the subjects, in DER, of the authorities whose clients the
	// daemon lets in.
	LetsIn [][]byte
	// Version is Docker's version.
	Version string
	// Expired says that the certificate has expired. Look never comes that far.
	Expired bool
}

// lookTimeout bounds each part of a look.
const lookTimeout = 5 * time.Second

// Look connects once. Its error says why it came no further than Reach; an
// *APIError is one that waiting does not heal.
func Look(ctx context.Context, e Endpoint) (Seen, error) { return look(ctx, e, false) }

func look(ctx context.Context, e Endpoint, toRestart bool) (Seen, error) {
	seen := Seen{}
	var expired func()
	if toRestart {
		expired = func() { seen.Expired = true }
	}
	cfg, address, err := clientConfig(e, expired)
	if err != nil {
		return seen, err
	}
	pair := cfg.Certificates
	cfg.Certificates = nil
	cfg.GetClientCertificate = func(r *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		seen.LetsIn = r.AcceptableCAs
		if len(pair) == 0 {
			return &tls.Certificate{}, nil
		}
		return &pair[0], nil
	}
	dialer := net.Dialer{Timeout: lookTimeout}
	raw, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		if refused(err) {
			seen.Reach = Machine
		}
		return seen, err
	}
	defer raw.Close()
	seen.Reach = Listening
	conn := tls.Client(raw, cfg)
	shake, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if err := conn.HandshakeContext(shake); err != nil {
		return seen, err
	}
	// With TLS 1.3 a refused client learns of it at its first read.
	asks := asker{conn: conn, in: bufio.NewReader(conn)}
	answer, err := asks.ask(ctx, "/version")
	if err != nil {
		return seen, err
	}
	seen.Reach, seen.Certificate = Trusted, conn.ConnectionState().PeerCertificates[0]
	seen.Version = answer.Version
	if err := answer.problem("/version"); err != nil {
		return seen, err
	}
	pinned, err := asks.ask(ctx, "/v"+APIVersion+"/version")
	if err != nil {
		return seen, err
	}
	if err := pinned.problem("/v" + APIVersion + "/version"); err != nil {
		return seen, &APIError{Docker: answer.Version, Min: answer.MinAPIVersion, Max: answer.ApiVersion, Said: pinned.Message}
	}
	seen.Reach = Answering
	return seen, nil
}

func refused(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && strings.Contains(op.Err.Error(), "connection refused")
}

// version is Docker's answer to /version, or its error.
type version struct {
	Version       string
	ApiVersion    string
	MinAPIVersion string
	Message       string `json:"message"`
	status        int
}

func (v version) problem(path string) error {
	if v.status == http.StatusOK && v.Version != "" {
		return nil
	}
	return fmt.Errorf("docker answered %s with status %d %s", path, v.status, v.Message)
}

// asker sends one request after the other over one connection.
type asker struct {
	conn net.Conn
	in   *bufio.Reader
}

func (a asker) ask(ctx context.Context, path string) (version, error) {
	end := time.Now().Add(2 * lookTimeout)
	if limit, ok := ctx.Deadline(); ok && limit.Before(end) {
		end = limit
	}
	if err := a.conn.SetDeadline(end); err != nil {
		return version{}, err
	}
	unhook := context.AfterFunc(ctx, func() { a.conn.Close() })
	defer unhook()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://docker"+path, nil)
	if err != nil {
		return version{}, err
	}
	if err := req.Write(a.conn); err != nil {
		return version{}, err
	}
	resp, err := http.ReadResponse(a.in, req)
	if err != nil {
		return version{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return version{}, err
	}
	v := version{status: resp.StatusCode}
	// A body that is no JSON leaves the status to speak.
	_ = json.Unmarshal(body, &v)
	return v, nil
}

// Shows tells whether the daemon shows the first certificate of a PEM text.
func (s Seen) Shows(certPEM string) bool {
	block, _ := pem.Decode([]byte(certPEM))
	return block != nil && s.Certificate != nil && bytes.Equal(block.Bytes, s.Certificate.Raw)
}

// LetsInOnly tells whether exactly the authorities of a PEM text are those
// whose clients the daemon lets in.
func (s Seen) LetsInOnly(caPEM string) bool {
	var want []string
	for rest := []byte(caPEM); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			want = append(want, string(c.RawSubject))
		}
	}
	var got []string
	for _, subject := range s.LetsIn {
		got = append(got, string(subject))
	}
	slices.Sort(want)
	slices.Sort(got)
	return len(want) > 0 && slices.Equal(want, got)
}
