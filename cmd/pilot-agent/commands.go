package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/certfile"
	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/gateway"
	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/health"
	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/serverapi"
	"github.com/pilot-framework/pilot/cmd/pilot-agent/internal/source"
)

func runGateway(ctx context.Context, args []string, _ io.Writer, log *slog.Logger) error {
	fs := flag.NewFlagSet("gateway", flag.ContinueOnError)
	listen := fs.String("listen", ":2376", "address to listen on")
	ca := fs.String("ca", "", "PEM file of the CA that signs the clients' certificates")
	cert := fs.String("cert", "", "PEM file of the gateway's certificate")
	key := fs.String("key", "", "PEM file of the gateway's private key")
	socket := fs.String("socket", "/var/run/docker.sock", "Docker socket to pass connections to")
	drain := fs.Duration("drain", 10*time.Second, "how long open connections may go on after SIGTERM")
	if err := parse(fs, args, 0, "ca", "cert", "key", "socket"); err != nil {
		return err
	}
	files, err := certfile.New(certfile.Files{Cert: *cert, Key: *key, CA: *ca}, log)
	if err != nil {
		return err
	}
	reloadOnHangup(ctx, files)
	ln, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listen for Docker clients: %w", err)
	}
	log.Info("gateway is listening", "addr", ln.Addr().String(), "socket", *socket)
	g := &gateway.Gateway{TLS: files.ServerConfig(), Socket: *socket, Drain: *drain, Log: log}
	return g.Serve(ctx, ln)
}

func runSource(ctx context.Context, args []string, _ io.Writer, log *slog.Logger) error {
	fs := flag.NewFlagSet("source", flag.ContinueOnError)
	listen := fs.String("listen", ":9703", "address to listen on")
	cert := fs.String("cert", "", "PEM file of the receiver's certificate")
	key := fs.String("key", "", "PEM file of the receiver's private key")
	data := fs.String("data", "", "folder that holds the snapshots")
	server := fs.String("server", "", "HOST:PORT of the Pilot server that knows the users")
	serverCA := fs.String("server-ca", "", "PEM file of the CA that signed the server's certificate")
	opts := source.DefaultOptions()
	fs.Int64Var(&opts.MaxPush, "max-push", opts.MaxPush, "largest push, in bytes")
	fs.Int64Var(&opts.MaxUnpacked, "max-unpacked", opts.MaxUnpacked, "largest push once unpacked, in bytes")
	fs.IntVar(&opts.Keep, "keep", opts.Keep, "newest snapshots of each app that always stay")
	fs.DurationVar(&opts.KeepFor, "keep-for", opts.KeepFor, "age under which other snapshots stay")
	drain := fs.Duration("drain", 30*time.Second, "how long open requests may go on after SIGTERM")
	if err := parse(fs, args, 0, "cert", "key", "data", "server", "server-ca"); err != nil {
		return err
	}
	files, err := certfile.New(certfile.Files{Cert: *cert, Key: *key}, log)
	if err != nil {
		return err
	}
	reloadOnHangup(ctx, files)
	api, err := serverapi.New(*server, *serverCA)
	if err != nil {
		return err
	}
	opts.Data, opts.Users, opts.Log = *data, api, log
	receiver, err := source.New(opts)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listen for source snapshots: %w", err)
	}
	log.Info("source receiver is listening", "addr", ln.Addr().String(), "data", *data)
	return receiver.Serve(ctx, ln, files.ServerConfig(), *drain)
}

func runHealthcheck(ctx context.Context, args []string, out io.Writer, _ *slog.Logger) error {
	kinds := map[string]func(context.Context, health.Target) error{
		"tcp": health.TCP, "tls": health.TLS, "grpc": health.GRPC, "http": health.HTTP,
	}
	if len(args) == 0 || kinds[args[0]] == nil {
		return usagef("first say what to check: tcp, tls, grpc or http")
	}
	fs := flag.NewFlagSet("healthcheck "+args[0], flag.ContinueOnError)
	var t health.Target
	fs.StringVar(&t.CA, "ca", "", "PEM file of the CA that signed the target's certificate")
	fs.StringVar(&t.Cert, "cert", "", "PEM file of a client certificate to show")
	fs.StringVar(&t.Key, "key", "", "PEM file of the client certificate's key")
	fs.StringVar(&t.ServerName, "server-name", "", "name the certificate must be for (default: the address's host)")
	timeout := fs.Duration("timeout", 3*time.Second, "longest wait for an answer")
	if err := parse(fs, args[1:], 1); err != nil {
		return err
	}
	t.Address = fs.Arg(0)
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	if err := kinds[args[0]](ctx, t); err != nil {
		return err
	}
	_, err := fmt.Fprintln(out, "ok")
	return err
}

// reloadOnHangup reads the certificate files again on each SIGHUP until ctx ends.
func reloadOnHangup(ctx context.Context, files *certfile.Reloader) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	go func() {
		defer signal.Stop(hangup)
		for {
			select {
			case <-ctx.Done():
				return
			case <-hangup:
				files.Reload()
			}
		}
	}()
}
