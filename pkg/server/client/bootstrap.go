package client

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Bootstrap takes the server's first login token, which belongs to the first
// user and does not expire. A server gives it once only: later calls fail with
// ErrBootstrapped, and the token can't be read back. The server must be ready
// (WaitReady). Config.Token is not used.
func Bootstrap(ctx context.Context, cfg Config) (string, error) {
	cfg.Token = ""
	c, err := Dial(ctx, cfg)
	if err != nil {
		return "", err
	}
	defer c.Close()
	resp, err := c.api.BootstrapToken(ctx, &emptypb.Empty{})
	if st, ok := status.FromError(err); ok && st.Code() == codes.PermissionDenied && strings.Contains(st.Message(), "already bootstrapped") {
		return "", fmt.Errorf("bootstrap %s: %w: use that token, or start the server on an empty volume", cfg.Address, ErrBootstrapped)
	}
	if err != nil {
		return "", c.failed("bootstrap", err)
	}
	return resp.GetToken(), nil
}
