package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/charmbracelet/x/term"
	dockerapi "github.com/docker/docker/client"
	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/server/applog"
	"github.com/urfave/cli/v2"
)

func execCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "exec",
		Usage:     "run a command in the app's container; its exit code is this one's",
		ArgsUsage: "[[PROJECT/]APP] -- COMMAND [ARGUMENT...]",
		Flags:     insideFlags(),
		Action: func(c *cli.Context) error {
			name, command, err := execArguments(c.Args().Slice())
			if err != nil {
				return err
			}
			request, err := appRequest(c, name)
			if err != nil {
				return err
			}
			app, err := chooseApp(c, request)
			if err != nil {
				return err
			}
			defer app.Close()
			d, err := app.running(c.Context, c.Uint64("deployment"))
			if err != nil {
				return err
			}
			if d.Target != "docker" {
				return &exitError{exitFailure, fmt.Errorf("%s: %w", app.Name(), noExec(d.Target))}
			}
			return s.inside(c, app, d, func(ctx context.Context, daemon *dockerapi.Client, container string) error {
				code, err := s.execIn(ctx, daemon, container, command)
				if err == nil && code != 0 {
					err = &exitError{code: code}
				}
				return err
			})
		},
	}
}

// execArguments takes apart what stands before and behind "--".
func execArguments(args []string) (app string, command []string, err error) {
	for i, word := range args {
		if word != "--" {
			continue
		}
		if i > 1 || i+1 == len(args) {
			break
		}
		if i == 1 {
			app = args[0]
		}
		return app, args[i+1:], nil
	}
	return "", nil, usagef("want the app, two dashes and a command: pilot exec web -- env")
}

// execIn runs the command, on the person's own terminal where there is one.
func (s *session) execIn(ctx context.Context, daemon *dockerapi.Client, container string, command []string) (int, error) {
	run := applog.Session{Command: command, In: s.in, Out: s.out, ErrOut: s.errOut}
	if !terminal.IsTTY(s.in) || !terminal.IsTTY(s.out) {
		return applog.Exec(ctx, daemon, container, run)
	}
	state, err := term.MakeRaw(s.in.Fd())
	if err != nil {
		return 0, fmt.Errorf("take over the terminal: %w", err)
	}
	defer func() { _ = term.Restore(s.in.Fd(), state) }()
	changed := make(chan os.Signal, 1)
	notifyResize(changed)
	defer signal.Stop(changed)
	resized := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-changed:
				resized <- struct{}{}
			}
		}
	}()
	run.TTY, run.Resized = true, resized
	run.Size = func() (uint, uint) {
		columns, rows, err := term.GetSize(s.out.Fd())
		if err != nil {
			return 80, 24
		}
		return uint(columns), uint(rows)
	}
	return applog.Exec(ctx, daemon, container, run)
}
