// Command pilot gives a team its own platform-as-a-service and deploys its
// apps to it. Each file of this folder that is named like a command parses its
// flags, calls the library, and renders what comes back.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pilot-framework/pilot/internal/terminal"
	enginecli "github.com/pilot-framework/pilot/pkg/engine/cli"
	"github.com/urfave/cli/v2"
)

func main() {
	// Called through a link named pulumi, the binary is that command line.
	if enginecli.Invoked(os.Args[0]) {
		os.Exit(enginecli.Main(os.Args[1:]))
	}
	if len(os.Args) > 1 && os.Args[1] == "engine" {
		os.Exit(enginecli.Main(os.Args[2:]))
	}
	os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr))
}

// run is main with its surroundings as arguments.
func run(args []string, in, out, errOut *os.File) (code int) {
	ctx, stop := interruptible(errOut)
	defer stop()
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(errOut, "pilot failed inside: %v\nPlease report this together with the command that you ran.\n", p)
			code = exitFailure
		}
	}()
	app := newApp(in, out, errOut)
	err := app.RunContext(ctx, flagsFirst(app.Commands, args))
	if err == nil {
		return 0
	}
	if errors.Is(err, context.Canceled) {
		err = &exitError{exitCancelled, fmt.Errorf("stopped: %w", err)}
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(errOut, terminal.StyleOf(errOut).Bad("error:"), text)
	}
	return exitCode(err)
}

// abortKey is where the context of a command keeps its abort channel.
type abortKey struct{}

// abortOf gives the channel that is closed when what is in flight is to be
// given up.
func abortOf(ctx context.Context) <-chan struct{} {
	abort, _ := ctx.Value(abortKey{}).(chan struct{})
	return abort
}

// abortLimit is how long giving up may take before the process just ends.
const abortLimit = 30 * time.Second

// interruptible gives a context that the first Ctrl-C or SIGTERM cancels, so
// that what is in flight ends well. The second one gives up what is in flight,
// and still saves and unlocks; the third one ends the process.
func interruptible(errOut *os.File) (context.Context, func()) {
	abort, over := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), abortKey{}, abort))
	signals := make(chan os.Signal, 3)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	next := func() bool {
		select {
		case <-signals:
			return true
		case <-over:
			return false
		}
	}
	go func() {
		if !next() {
			return
		}
		fmt.Fprintln(errOut, "\nstopping: what is in flight is finished and saved; press Ctrl-C again to give it up")
		cancel()
		if !next() {
			return
		}
		fmt.Fprintln(errOut, "\ngiving up what is in flight: the next run finds out what came of it")
		close(abort)
		late := time.AfterFunc(abortLimit, func() { os.Exit(exitCancelled) })
		defer late.Stop()
		if next() {
			os.Exit(exitCancelled)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(over)
		cancel()
	}
}

func newApp(in, out, errOut *os.File) *cli.App {
	s := &session{in: in, out: out, errOut: errOut}
	return &cli.App{
		Name:                 "pilot",
		Usage:                "your own platform-as-a-service, on your cloud account or this machine",
		Version:              version(),
		HideVersion:          true,
		HideHelpCommand:      true,
		EnableBashCompletion: true,
		Suggest:              true,
		Reader:               in,
		Writer:               out,
		ErrWriter:            errOut,
		ExitErrHandler:       func(*cli.Context, error) {},
		OnUsageError:         func(_ *cli.Context, err error, _ bool) error { return usage(err) },
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("unknown command %q; pilot --help lists them", c.Args().First())
			}
			return cli.ShowAppHelp(c)
		},
		Commands: commands(s),
	}
}
