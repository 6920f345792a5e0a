package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	"google.golang.org/protobuf/types/known/emptypb"
)

// Stage is how far a server has come on its way to being ready.
type Stage int

// Stages in the order in which a starting server passes them.
const (
	// StageRefused: nothing accepts a connection at the address.
	StageRefused Stage = iota
	// StageConnected: the port is open, TLS does not work yet.
	StageConnected
	// StageTLS: TLS is verified, the API does not answer yet.
	StageTLS
	// StageReady: the API answers.
	StageReady
)

// String describes the stage in words.
func (s Stage) String() string {
	switch s {
	case StageRefused:
		return "no connection"
	case StageConnected:
		return "port open, TLS not working"
	case StageTLS:
		return "TLS verified, API not answering"
	case StageReady:
		return "ready"
	}
	return fmt.Sprintf("stage %d", int(s))
}

// Progress tells how a wait is going.
type Progress struct {
	// Stage is how far the last attempt came.
	Stage Stage
	// Attempt counts from 1.
	Attempt int
	// Elapsed is the time since the wait began.
	Elapsed time.Duration
	// Err is why the last attempt came no further, nil when ready.
	Err error
}

// NotReadyError says how far a server came before the wait ended.
type NotReadyError struct {
	// Address is the server's "host:port".
	Address string
	// Stage is the furthest stage of the last attempt.
	Stage Stage
	// Waited is how long was waited.
	Waited time.Duration
	// Last is the error of the last attempt.
	Last error
	// Cause is why the wait ended: the context's error, or ErrUntrusted.
	Cause error
}

// Error gives the stage and the last attempt's reason.
func (e *NotReadyError) Error() string {
	if errors.Is(e.Cause, ErrUntrusted) {
		return fmt.Sprintf("server %s: %v: %v", e.Address, e.Cause, e.Last)
	}
	return fmt.Sprintf("server %s is not ready after %s (%s): %v", e.Address, e.Waited.Round(100*time.Millisecond), e.Stage, e.Last)
}

// Unwrap gives the cause and the last attempt's error.
func (e *NotReadyError) Unwrap() []error { return []error{e.Cause, e.Last} }

const (
	firstPause    = 50 * time.Millisecond
	longestPause  = 2 * time.Second
	attemptBudget = 10 * time.Second
)

// WaitReady returns when the server's API answers, trying with growing pauses
// (50 ms to 2 s) until the context ends; without a deadline it waits for ever.
// progress, if not nil, hears of every attempt. It needs no token.
//
// The error is a *NotReadyError. A certificate that is not of the pinned
// authority ends the wait at once (errors.Is ErrUntrusted): waiting would not
// mend it.
func WaitReady(ctx context.Context, cfg Config, progress func(Progress)) error {
	tlsConfig, err := cfg.tls()
	if err != nil {
		return err
	}
	cfg.Token = ""
	c, err := Dial(ctx, cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.waitReady(ctx, tlsConfig, progress)
}

// WaitReady is the function WaitReady for this client's server.
func (c *Client) WaitReady(ctx context.Context, progress func(Progress)) error {
	return WaitReady(ctx, c.cfg, progress)
}

func (c *Client) waitReady(ctx context.Context, tlsConfig *tls.Config, progress func(Progress)) error {
	start, pause := time.Now(), firstPause
	last := Progress{Err: context.Cause(ctx)}
	for attempt := 1; ; attempt++ {
		stage, err := c.attempt(ctx, tlsConfig)
		// An attempt that the caller's deadline cut short says less than the one
		// before it.
		if err == nil || ctx.Err() == nil || attempt == 1 {
			last = Progress{Stage: stage, Attempt: attempt, Elapsed: time.Since(start), Err: err}
			if progress != nil {
				progress(last)
			}
		}
		if err == nil {
			return nil
		}
		if isCertificateError(err) {
			return c.notReady(last, start, ErrUntrusted)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return c.notReady(last, start, context.Cause(ctx))
		case <-timer.C:
		}
		pause = min(pause*3/2, longestPause)
	}
}

func (c *Client) notReady(last Progress, start time.Time, cause error) error {
	return &NotReadyError{Address: c.cfg.Address, Stage: last.Stage, Waited: time.Since(start), Last: last.Err, Cause: cause}
}

// attempt goes up the stages by hand, so that each can be told from the next.
func (c *Client) attempt(ctx context.Context, tlsConfig *tls.Config) (Stage, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptBudget)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.cfg.Address)
	if err != nil {
		return StageRefused, err
	}
	defer raw.Close()
	if err := tls.Client(raw, tlsConfig).HandshakeContext(ctx); err != nil {
		return StageConnected, err
	}
	// The gRPC connection may be pausing after an earlier refusal.
	c.conn.ResetConnectBackoff()
	if _, err := c.api.GetVersionInfo(ctx, &emptypb.Empty{}); err != nil {
		return StageTLS, err
	}
	return StageReady, nil
}

func isCertificateError(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &name)
}
