// Package serverapi asks the Pilot server the two questions the agent has: who a token belongs to, and whether the
// server is well. It speaks gRPC's wire format over the standard library's HTTP/2, which keeps the agent small.
package serverapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/certfile"
)

var (
	// ErrToken says that the server does not accept the token, or that it belongs to no user (a runner's token).
	ErrToken = errors.New("the token is not a valid user token")
	// ErrUnavailable says that the server could not be asked.
	ErrUnavailable = errors.New("the Pilot server does not answer")
)

// User is who a token belongs to.
type User struct {
	ID, Name string
}

// Client asks one server.
type Client struct {
	addr string
	http *http.Client
}

const (
	service = "/hashicorp.waypoint.Waypoint/"
	// timeout bounds one question.
	timeout = 10 * time.Second
	// minToken is well below the length of a real token, about 140 characters. A server that was not built by us ends
	// when it is asked about a token that decodes to fewer than 4 bytes, so such a one must not reach it.
	minToken = 32
	// runnerPrefix begins the names of the users that runners have, since the server lets only a user deploy.
	runnerPrefix = "runner-"
	// maxAnswer is far above what either answer holds.
	maxAnswer = 1 << 20

	// The status codes of gRPC that are told apart here.
	codeUnknown          = 2
	codeInvalidArgument  = 3
	codePermissionDenied = 7
	codeUnauthenticated  = 16
)

// New returns a client of the server at addr (HOST:PORT), whose certificate must be for HOST and signed by the CA in
// caFile. The file is read for each connection, so that a replaced CA is trusted from the next one on; while it is
// unusable, the one before is.
func New(addr, caFile string) (*Client, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || host == "" {
		return nil, fmt.Errorf("server address %q: want HOST:PORT", addr)
	}
	pool, err := certfile.Pool(caFile)
	if err != nil {
		return nil, err
	}
	var trusted atomic.Pointer[x509.CertPool]
	trusted.Store(pool)
	return dialing(addr, func(ctx context.Context, network, address string) (net.Conn, error) {
		if pool, err := certfile.Pool(caFile); err == nil {
			trusted.Store(pool)
		}
		dialer := &tls.Dialer{Config: &tls.Config{RootCAs: trusted.Load(), ServerName: host, MinVersion: tls.VersionTLS12}}
		return dialer.DialContext(ctx, network, address)
	}), nil
}

// NewTLS is New with a ready TLS configuration, which must verify the server.
func NewTLS(addr string, config *tls.Config) *Client {
	return dialing(addr, (&tls.Dialer{Config: config}).DialContext)
}

func dialing(addr string, dial func(ctx context.Context, network, address string) (net.Conn, error)) *Client {
	var protocols http.Protocols
	// The server offers no ALPN, so HTTP/2 is spoken with prior knowledge over a TLS connection made here.
	protocols.SetUnencryptedHTTP2(true)
	return &Client{addr: addr, http: &http.Client{Timeout: timeout, Transport: &http.Transport{
		Protocols:   &protocols,
		DialContext: dial,
		// Short, since a connection to a server that was replaced meanwhile would swallow a question.
		IdleConnTimeout: 10 * time.Second,
	}}}
}

// Healthy returns nil when the server answers a request that needs no token.
func (c *Client) Healthy(ctx context.Context) error {
	_, err := c.call(ctx, "GetVersionInfo", "", nil)
	return err
}

// Whoami returns the user that the token belongs to. The error is ErrToken or ErrUnavailable, or wraps one of them.
func (c *Client) Whoami(ctx context.Context, token string) (User, error) {
	if len(token) < minToken {
		return User{}, fmt.Errorf("%w: it is shorter than any token", ErrToken)
	}
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return User{}, fmt.Errorf("%w: it holds characters no token has", ErrToken)
		}
	}
	answer, err := c.call(ctx, "GetUser", token, nil)
	if err != nil {
		return User{}, err
	}
	// GetUserResponse{User user = 1}; User{string id = 1, string username = 2}.
	user := User{ID: string(field(field(answer, 1), 1)), Name: string(field(field(answer, 1), 2))}
	if user.ID == "" {
		return User{}, fmt.Errorf("%w: it belongs to no user", ErrToken)
	}
	if strings.HasPrefix(user.Name, runnerPrefix) {
		return User{}, fmt.Errorf("%w: it belongs to a runner", ErrToken)
	}
	return user, nil
}

// call sends a request message and returns the answer's message.
func (c *Client) call(ctx context.Context, method, token string, message []byte) ([]byte, error) {
	u := url.URL{Scheme: "http", Host: c.addr, Path: service + method}
	// Ahead of a message go a flag byte (0: not compressed) and its length in 4 bytes.
	frame := append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(frame))
	if err != nil {
		return nil, err
	}
	req.Header = http.Header{
		"Content-Type":               {"application/grpc"},
		"Te":                         {"trailers"},
		"Client-Api-Protocol":        {"1,1"},
		"Client-Entrypoint-Protocol": {"1,1"},
		"Client-Version":             {"v0.11.4"},
	}
	if token != "" {
		req.Header.Set("Authorization", token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w at %s: %w", ErrUnavailable, c.addr, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("%w at %s: read its answer: %w", ErrUnavailable, c.addr, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w at %s: HTTP status %s", ErrUnavailable, c.addr, resp.Status)
	}
	if err := grpcStatus(resp); err != nil {
		return nil, err
	}
	if len(body) < 5 || body[0] != 0 || int(binary.BigEndian.Uint32(body[1:5])) != len(body)-5 {
		return nil, fmt.Errorf("%w: its answer of %d bytes is not one plain message", ErrUnavailable, len(body))
	}
	return body[5:], nil
}

// grpcStatus reads a call's outcome, which is in the trailers, or in the headers when there is no message.
func grpcStatus(resp *http.Response) error {
	from := resp.Trailer
	if from.Get("Grpc-Status") == "" {
		from = resp.Header
	}
	code, err := strconv.Atoi(from.Get("Grpc-Status"))
	if err != nil {
		return fmt.Errorf("%w: it speaks no gRPC", ErrUnavailable)
	}
	message, err := url.PathUnescape(from.Get("Grpc-Message"))
	if err != nil {
		message = from.Get("Grpc-Message")
	}
	switch code {
	case 0:
		return nil
	// The server reports a token that it can't decode as "unknown".
	case codeUnknown, codeUnauthenticated, codePermissionDenied, codeInvalidArgument:
		return fmt.Errorf("%w: %s", ErrToken, message)
	}
	return fmt.Errorf("%w: status %d: %s", ErrUnavailable, code, message)
}

// field returns the last length-delimited field with the number in a protobuf message, nil when there is none or
// the message is broken.
func field(message []byte, number uint64) (value []byte) {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return nil
		}
		message = message[n:]
		var size uint64
		switch tag & 7 {
		case 0: // varint
			if _, n = binary.Uvarint(message); n <= 0 {
				return nil
			}
			size = uint64(n)
		case 1:
			size = 8
		case 5:
			size = 4
		case 2:
			if size, n = binary.Uvarint(message); n <= 0 {
				return nil
			}
			message = message[n:]
		default:
			return nil
		}
		if size > uint64(len(message)) {
			return nil
		}
		if tag&7 == 2 && tag>>3 == number {
			value = message[:size]
		}
		message = message[size:]
	}
	return value
}
