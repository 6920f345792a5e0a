// Command pilot-agent is the small static helper of a Pilot server: the mutual-TLS gateway in front of a local
// Docker socket, the receiver of source snapshots, and the health checks of images that have no shell.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// Exit codes of the command.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

const usage = `Usage: pilot-agent COMMAND [flags]

Commands:
  gateway         mutual TLS in, the local Docker socket out
  source          receive source snapshots and serve them to the runner
  gcp-identity    answer as Google Cloud's metadata service, for the account that deploys
  healthcheck     check an address: tcp, tls, grpc or http
  restart-daemon  end the Docker daemon of a socket, for its supervisor to start it again
  machine         run a command, or a shell, on the machine outside the container
  put-files       write the files of a tar into those that are there
  version         print the version

Run "pilot-agent COMMAND -h" for a command's flags.
`

// version is set when the binary is linked.
var version = "dev"

// command runs one subcommand until it is done or ctx ends.
type command func(ctx context.Context, args []string, out io.Writer, log *slog.Logger) error

// usageError marks a wrong command line, as opposed to a failure.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	commands := map[string]command{
		"gateway":        runGateway,
		"source":         runSource,
		"gcp-identity":   runIdentity,
		"healthcheck":    runHealthcheck,
		"restart-daemon": runRestartDaemon,
		"put-files":      runPutFiles,
		"machine":        runMachine,
		"version": func(_ context.Context, _ []string, out io.Writer, _ *slog.Logger) error {
			_, err := fmt.Fprintln(out, version)
			return err
		},
	}
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	name := args[0]
	if name == "-h" || name == "-help" || name == "--help" || name == "help" {
		fmt.Fprint(stdout, usage)
		return exitOK
	}
	cmd, ok := commands[name]
	if !ok {
		fmt.Fprintf(stderr, "pilot-agent: unknown command %q: use gateway, source, gcp-identity, healthcheck, restart-daemon, put-files, machine or version\n", name)
		return exitUsage
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	err := cmd(ctx, args[1:], stdout, log)
	var wrong usageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "pilot-agent %s: %v\n", name, err)
		return exitUsage
	default:
		fmt.Fprintf(stderr, "pilot-agent %s: %v\n", name, err)
		return exitError
	}
}

// parse reads a subcommand's flags and wants exactly narg arguments and every flag in required to be set.
func parse(fs *flag.FlagSet, args []string, narg int, required ...string) error {
	fs.SetOutput(io.Discard)
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fs.SetOutput(os.Stdout)
			fs.Usage()
			return err
		}
		return usageError{err}
	}
	if fs.NArg() != narg {
		return usagef("want %d argument(s) after the flags, got %d: %s", narg, fs.NArg(), strings.Join(fs.Args(), " "))
	}
	for _, name := range required {
		if fs.Lookup(name).Value.String() == "" {
			return usagef("flag -%s is required: %s", name, fs.Lookup(name).Usage)
		}
	}
	return nil
}
