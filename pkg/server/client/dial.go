package client

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/emptypb"
)

// protocol is the wire version this client speaks; the server refuses calls
// that do not name one.
const (
	protocolRange  = "1,1"
	engineVersion  = "v0.11.4"
	maxMessageSize = 64 << 20
)

// Client is a connection to one Pilot server. It is safe for concurrent use.
// It connects on the first call and reconnects by itself.
type Client struct {
	cfg  Config
	conn *grpc.ClientConn
	api  pb.WaypointClient
}

// Dial checks the configuration and prepares a connection. It does not wait for
// the server: use WaitReady for that. A wrong address or CA shows on the first
// call.
func Dial(_ context.Context, cfg Config) (*Client, error) {
	tlsConfig, err := cfg.tls()
	if err != nil {
		return nil, err
	}
	meta := metadata.Pairs(
		"client-api-protocol", protocolRange,
		"client-entrypoint-protocol", protocolRange,
		"client-version", engineVersion,
	)
	if cfg.Token != "" {
		meta.Set("authorization", cfg.Token)
	}
	conn, err := grpc.NewClient("passthrough:///"+cfg.Address,
		// TLS is done in the dialer: this server offers no ALPN, which gRPC's own
		// TLS credentials insist on.
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
			return dialTLS(ctx, addr, tlsConfig)
		}),
		grpc.WithNoProxy(),
		grpc.WithUnaryInterceptor(func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, next grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			return next(withMetadata(ctx, meta), method, req, reply, cc, opts...)
		}),
		grpc.WithStreamInterceptor(func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, next grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
			return next(withMetadata(ctx, meta), desc, cc, method, opts...)
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageSize), grpc.MaxCallSendMsgSize(maxMessageSize)),
		// The server refuses pings more often than every five minutes unless a
		// call is open, so none is sent on an idle connection.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 20 * time.Second}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 3 * time.Second},
			MinConnectTimeout: 5 * time.Second,
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("server %s: %w", cfg.Address, err)
	}
	return &Client{cfg: cfg, conn: conn, api: pb.NewWaypointClient(conn)}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Address is the "host:port" this client talks to.
func (c *Client) Address() string { return c.cfg.Address }

func withMetadata(ctx context.Context, meta metadata.MD) context.Context {
	own, _ := metadata.FromOutgoingContext(ctx)
	return metadata.NewOutgoingContext(ctx, metadata.Join(own, meta))
}

// dialTLS connects and verifies the server before anything is sent.
func dialTLS(ctx context.Context, addr string, cfg *tls.Config) (net.Conn, error) {
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	conn := tls.Client(raw, cfg)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return conn, nil
}

// Version is the version of the deploy engine the server runs, such as
// "v0.11.4". It needs no token.
func (c *Client) Version(ctx context.Context) (string, error) {
	resp, err := c.api.GetVersionInfo(ctx, &emptypb.Empty{})
	if err != nil {
		return "", c.failed("ask for the version", err)
	}
	return resp.GetInfo().GetVersion(), nil
}

// CheckToken asks the server whether it accepts the token. The error is
// ErrUnauthenticated when it does not: expired, revoked, or of another server.
func (c *Client) CheckToken(ctx context.Context) error {
	_, err := c.api.GetUser(ctx, &pb.GetUserRequest{})
	return c.failed("check the token", err)
}
