package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/identity"
)

func runIdentity(ctx context.Context, args []string, _ io.Writer, log *slog.Logger) error {
	fs := flag.NewFlagSet("gcp-identity", flag.ContinueOnError)
	listen := fs.String("listen", "127.0.0.1:9704", "loopback address to listen on")
	account := fs.String("account", "", "e-mail address of the service account whose tokens are given out")
	metadata := fs.String("metadata", "http://169.254.169.254", "URL of the machine's metadata service")
	credentials := fs.String("credentials", "https://iamcredentials.googleapis.com", "URL of the IAM Service Account Credentials API")
	if err := parse(fs, args, 0, "listen", "account", "metadata", "credentials"); err != nil {
		return err
	}
	// Whoever reaches it may deploy: that is to be the machine's own programs.
	if host, _, err := net.SplitHostPort(*listen); err != nil || !net.ParseIP(host).IsLoopback() {
		return usagef("flag -listen %q: want a loopback address and a port, such as 127.0.0.1:9704", *listen)
	}
	ln, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listen for deploys: %w", err)
	}
	s := &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler: &identity.Server{
			Account: *account, Metadata: *metadata, Credentials: *credentials, Client: &http.Client{Timeout: 30 * time.Second},
		},
	}
	go func() {
		<-ctx.Done()
		_ = s.Close()
	}()
	log.Info("tokens are given out", "addr", ln.Addr().String(), "account", *account)
	if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
