package client

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Errors that a caller may want to tell apart with errors.Is.
var (
	// ErrNotFound: the server knows no such project, app, user or job.
	ErrNotFound = errors.New("not found")
	// ErrUnauthenticated: no token, or one the server does not accept (expired,
	// revoked, altered, or of another server).
	ErrUnauthenticated = errors.New("the server does not accept this token")
	// ErrPermission: the token is good but may not do this.
	ErrPermission = errors.New("not permitted")
	// ErrUnavailable: the server does not answer.
	ErrUnavailable = errors.New("the server does not answer")
	// ErrUntrusted: what answers is not the stack's server, its certificate is
	// not of the pinned authority or not for this host name.
	ErrUntrusted = errors.New("the server's certificate is not trusted")
	// ErrBootstrapped: the first token was already given out.
	ErrBootstrapped = errors.New("the server already gave out its first token")
)

// serverError keeps a kind that errors.Is finds beside the server's own words.
type serverError struct {
	doing, address, message string
	kind                    error
}

func (e *serverError) Error() string {
	if e.kind == nil || errors.Is(e.kind, ErrNotFound) || errors.Is(e.kind, ErrPermission) {
		return fmt.Sprintf("%s: %s", e.doing, e.message)
	}
	return fmt.Sprintf("%s: %v (%s): %s", e.doing, e.kind, e.address, e.message)
}

func (e *serverError) Unwrap() error { return e.kind }

// failed turns an error of a call into one of this package's, nil into nil.
func (c *Client) failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	return describe(doing, c.cfg.Address, err)
}

func describe(doing, address string, err error) error {
	st, ok := status.FromError(err)
	if !ok {
		return fmt.Errorf("%s: %w", doing, err)
	}
	e := &serverError{doing: doing, address: address, message: st.Message()}
	switch st.Code() {
	case codes.NotFound:
		e.kind = ErrNotFound
	case codes.Unauthenticated:
		e.kind = ErrUnauthenticated
	case codes.PermissionDenied:
		e.kind = ErrPermission
	case codes.Canceled:
		e.kind = context.Canceled
	case codes.DeadlineExceeded:
		e.kind = context.DeadlineExceeded
	case codes.Unavailable:
		e.kind = ErrUnavailable
		if untrusted(st.Message()) {
			e.kind = ErrUntrusted
		}
	case codes.Unknown:
		// The server reports a token it cannot read as an unknown error.
		if unreadableToken(st.Message()) {
			e.kind = ErrUnauthenticated
		}
	}
	return e
}

// untrusted recognises a failed certificate check in the text of a transport
// error: gRPC keeps the dialer's error as text only.
func untrusted(message string) bool {
	return strings.Contains(message, "tls: failed to verify certificate") || strings.Contains(message, "x509: ")
}

func unreadableToken(message string) bool {
	for _, s := range []string{"invalid authentication token", "base58 decode token", "decode authentication token", "proto unmarshal token"} {
		if strings.Contains(message, s) {
			return true
		}
	}
	return false
}
