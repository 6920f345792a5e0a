package main

import (
	"context"
	"errors"

	dockerapi "github.com/docker/docker/client"
	"github.com/pilot-framework/pilot/pkg/server/applog"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

func logsCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "logs",
		Usage:     "print what the app writes",
		ArgsUsage: "[[PROJECT/]APP]",
		Flags: insideFlags(
			&cli.BoolFlag{Name: "follow", Aliases: []string{"f"}, Usage: "go on with what comes"},
			&cli.IntFlag{Name: "tail", Usage: "begin with this many of the last lines; 0 is all"},
			&cli.DurationFlag{Name: "since", Usage: "leave out what is older than this, such as 10m"},
			&cli.BoolFlag{Name: "timestamps", Usage: "put the time before each line"},
		),
		Action: func(c *cli.Context) error {
			if n := c.Int("tail"); n < 0 {
				return usagef("--tail %d: want 0 or more", n)
			}
			request, err := oneApp(c)
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
				return s.cloudLogs(c, app, d)
			}
			return s.inside(c, app, d, func(ctx context.Context, daemon *dockerapi.Client, container string) error {
				return applog.Copy(ctx, daemon, container, applog.Options{
					Follow: c.Bool("follow"), Tail: c.Int("tail"), Since: c.Duration("since"), Timestamps: c.Bool("timestamps"),
				}, s.out, s.errOut)
			})
		},
	}
}

// insideFlags are those of commands that reach into the app's container: they
// open the stack, whose outputs have the Docker endpoint's certificate.
func insideFlags(more ...cli.Flag) []cli.Flag {
	own := platformFlags(
		&cli.StringFlag{Name: "dir", Value: ".", Usage: "the folder that holds the app"},
		&cli.StringFlag{Name: "workspace", Usage: "the workspace, which keeps deployments of the same app apart"},
		&cli.Uint64Flag{Name: "deployment", Usage: "the deployment's number (default: the newest that runs)"})
	for i, f := range own {
		// -f is what people type to follow.
		if file, ok := f.(*cli.StringFlag); ok && file.Name == "file" {
			long := *file
			long.Aliases = nil
			own[i] = &long
		}
	}
	return append(own, more...)
}

// inside calls do with the container of a deployment on the platform's Docker.
func (s *session) inside(c *cli.Context, app *chosen, d client.Deployment, do func(context.Context, *dockerapi.Client, string) error) error {
	daemon, err := s.endpointOf(c, app)
	if err != nil {
		return err
	}
	defer daemon.Close()
	container, err := applog.Find(c.Context, daemon, app.App, d.ID)
	if err != nil {
		return err
	}
	return do(c.Context, daemon, container)
}

// running is the deployment of that number, or the newest one that exists.
func (a *chosen) running(ctx context.Context, number uint64) (client.Deployment, error) {
	list, err := a.deployments(ctx, 0)
	if err != nil {
		return client.Deployment{}, err
	}
	for _, d := range list {
		if d.State == client.DeploymentRunning && (number == 0 || d.Number == number) {
			return d, nil
		}
	}
	if number != 0 {
		return client.Deployment{}, usagef("--deployment %d: %s has no running deployment of that number; pilot deployments lists them", number, a.Name())
	}
	return client.Deployment{}, &exitError{exitFailure, errors.New(a.Name() + " is not running; pilot up starts it")}
}

// endpointOf opens the platform's Docker endpoint. Only who can open the stack's
// state has its certificate.
func (s *session) endpointOf(c *cli.Context, app *chosen) (*dockerapi.Client, error) {
	if !c.IsSet("stack") && !c.IsSet("file") {
		if err := c.Set("stack", app.kept.Name); err != nil {
			return nil, err
		}
	}
	o, err := s.open(c)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	out, err := o.outputs(c.Context)
	if err != nil {
		return nil, err
	}
	if out.Docker.Host == "" {
		return nil, &exitError{exitFailure, errors.New("this reaches into the app's container, which takes the platform's Docker endpoint: " +
			"run it where the platform was set up, or with --state and --secrets of its stack; a token alone does not do")}
	}
	return stacks.DockerClient(out.Docker)
}
