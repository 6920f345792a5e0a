package client_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
)

// TestShortTokenDoesNotStopTheServer asks the way our own client never would:
// the deploy engine as released ends at a token shorter than its first field.
func TestShortTokenDoesNotStopTheServer(t *testing.T) {
	s, owner := servertest.Bootstrapped(t)
	ctx := servertest.Timeout(t, 30*time.Second)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CA)
	conn, err := grpc.NewClient("passthrough:///"+s.Address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
			d := tls.Dialer{Config: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
			return d.DialContext(ctx, "tcp", address)
		}))
	servertest.Must(t, err)
	defer conn.Close()
	raw := pb.NewWaypointClient(conn)
	for _, token := range []string{"1", "2g", "a3gV"} {
		with := metadata.AppendToOutgoingContext(ctx, "authorization", token,
			"client-api-protocol", "1,1", "client-entrypoint-protocol", "1,1", "client-version", "v0.11.4")
		if _, err := raw.ListProjects(with, &pb.ListProjectsRequest{}); err == nil {
			t.Errorf("token %q was let in", token)
		}
		if _, err := raw.ConvertInviteToken(with, &pb.ConvertInviteTokenRequest{Token: token}); err == nil {
			t.Errorf("invite %q was taken", token)
		}
	}
	servertest.Must(t, owner.CheckToken(ctx))
}
