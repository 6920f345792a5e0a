// Package gateway puts mutual TLS in front of a local Docker socket. After the handshake it passes bytes on
// unread, so that everything the Docker API does with a connection (upgrades, hijacked streams, half-close) works.
package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"
)

// HandshakeTimeout bounds a client's TLS handshake.
const HandshakeTimeout = 10 * time.Second

// MaxConnections is how many connections are served at once; more wait in the kernel's queue.
// Each takes two descriptors, so this stays far below the usual limit of a container (1,048,576) and of a shell (1024 soft).
const MaxConnections = 400

// Gateway passes TLS connections on to a Unix socket.
type Gateway struct {
	// TLS is the server's configuration. It must demand and verify client certificates.
	TLS *tls.Config
	// Socket is the path of the Unix socket.
	Socket string
	// Drain is how long open connections may go on once Serve's context has ended.
	Drain time.Duration
	// Log receives refused connections and failures.
	Log *slog.Logger
}

// Serve accepts connections from ln until ctx ends, then waits for the open ones, at most for Drain.
// It closes ln. The error is nil after an orderly end.
func (g *Gateway) Serve(ctx context.Context, ln net.Listener) error {
	var (
		open    sync.WaitGroup
		slots   = make(chan struct{}, MaxConnections)
		hardCtx context.Context
		abort   context.CancelFunc
	)
	hardCtx, abort = context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	unhook := context.AfterFunc(ctx, func() { ln.Close() })
	defer unhook()
	defer ln.Close()

	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return g.drain(&open, abort)
		}
		conn, err := ln.Accept()
		if err != nil {
			<-slots
			if ctx.Err() != nil {
				return g.drain(&open, abort)
			}
			var temporary interface{ Temporary() bool }
			if errors.As(err, &temporary) && temporary.Temporary() {
				g.Log.Warn("accepting a connection failed, trying again", "err", err)
				pause(ctx, 50*time.Millisecond)
				continue
			}
			return fmt.Errorf("accept a connection: %w", err)
		}
		open.Go(func() {
			defer func() { <-slots }()
			g.handle(hardCtx, conn)
		})
	}
}

func (g *Gateway) drain(open *sync.WaitGroup, abort context.CancelFunc) error {
	done := make(chan struct{})
	go func() { open.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(g.Drain):
		g.Log.Warn("closing connections that are still open", "after", g.Drain)
		abort()
		<-done
	}
	return nil
}

func (g *Gateway) handle(ctx context.Context, raw net.Conn) {
	defer raw.Close()
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	defer stop()

	conn := tls.Server(raw, g.TLS)
	shake, cancel := context.WithTimeout(ctx, HandshakeTimeout)
	defer cancel()
	if err := conn.HandshakeContext(shake); err != nil {
		g.refused(raw, err)
		return
	}
	peer := conn.ConnectionState().PeerCertificates
	if len(peer) == 0 {
		// Unreachable with a right TLS configuration; a wrong one must not open the socket.
		g.Log.Error("refused a client without a certificate: the gateway's TLS configuration does not demand one")
		return
	}
	var dialer net.Dialer
	docker, err := dialer.DialContext(ctx, "unix", g.Socket)
	if err != nil {
		g.Log.Error("the Docker socket does not answer", "socket", g.Socket, "err", err)
		answer(conn, "502 Bad Gateway", "the Docker Engine behind the gateway does not answer: is it running?")
		_ = conn.Close()
		return
	}
	defer docker.Close()
	stopDocker := context.AfterFunc(ctx, func() { docker.Close() })
	defer stopDocker()
	splice(conn, docker.(*net.UnixConn))
}

// refused logs a failed handshake and tells a plain-text client what it did wrong.
func (g *Gateway) refused(raw net.Conn, err error) {
	var record tls.RecordHeaderError
	if errors.As(err, &record) && record.Conn != nil && looksLikeHTTP(record.RecordHeader) {
		answer(record.Conn, "400 Bad Request", "this Docker endpoint speaks TLS only: set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH")
	}
	if addr, ok := raw.RemoteAddr().(*net.TCPAddr); ok && addr.IP.IsLoopback() {
		// The container's own health check completes its side of the handshake and shows no certificate.
		g.Log.Debug("refused a connection", "from", addr.String(), "err", err)
		return
	}
	g.Log.Warn("refused a connection", "from", raw.RemoteAddr().String(), "err", err)
}

func looksLikeHTTP(header [5]byte) bool {
	switch string(header[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "DELET", "OPTIO":
		return true
	}
	return false
}

// answer writes an HTTP response in the form of the Docker API's errors.
func answer(w io.Writer, status, message string) {
	body := fmt.Sprintf("{\"message\":%q}\n", message)
	_, _ = fmt.Fprintf(w, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, len(body), body)
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
