package main

import (
	"context"
	"errors"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/deploy"
	"github.com/urfave/cli/v2"
)

func upCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "up",
		Usage:     "build, deploy and release the app in this folder or its linked repository, and print its URL",
		ArgsUsage: "[[PROJECT/]APP]",
		Flags:     jobFlags(&cli.BoolFlag{Name: "all", Usage: "all apps of the project, one after the other"}),
		Action: func(c *cli.Context) error {
			if !c.Bool("all") {
				return s.appJob(c, deploy.Up)
			}
			if c.Args().Present() {
				return usagef("--all: it takes no app, got %q", c.Args().First())
			}
			return s.upAll(c)
		},
	}
}

func (s *session) upAll(c *cli.Context) error {
	p, err := usePlatform(c)
	if err != nil {
		return err
	}
	request, err := oneApp(c)
	if err != nil {
		return err
	}
	project, apps, err := deploy.Apps(c.Context, p.Platform, request)
	if err != nil {
		return upError(err)
	}
	for _, app := range apps {
		request.Project, request.App = project, app
		s.say(c, "%s/%s", project, app)
		if err := s.runJob(c, p, request, deploy.Up); err != nil {
			return err
		}
	}
	return nil
}

// jobFunc is one of package deploy's operations.
type jobFunc func(context.Context, deploy.Platform, deploy.Request, deploy.Progress) (*client.Result, error)

// appJob runs a job for the app that the argument names.
func (s *session) appJob(c *cli.Context, do jobFunc) error {
	request, err := oneApp(c)
	if err != nil {
		return err
	}
	p, err := usePlatform(c)
	if err != nil {
		return err
	}
	return s.runJob(c, p, request, do)
}

func (s *session) runJob(c *cli.Context, p *platformInUse, request deploy.Request, do jobFunc) error {
	show := s.newJobDisplay(c)
	result, err := do(c.Context, p.Platform, request, show.progress())
	return show.end(result, upError(err))
}

// platformOf is how the library reaches the platform of a kept context.
func platformOf(h *home.Home, kept home.Context) deploy.Platform {
	return deploy.Platform{
		Address: kept.Address, CA: []byte(kept.CA), Token: kept.Token,
		Source: kept.Source, RunnerSource: kept.RunnerSource, Cache: h.CacheDir(kept.Name),
		Secrets: cloudSecrets{},
	}
}

// phaseExit are the exit codes of a job by the step that failed.
var phaseExit = map[client.Phase]int{
	client.PhaseQueue: 10, client.PhaseSource: 10, client.PhaseBuild: 11, client.PhasePush: 12,
	client.PhaseDeploy: 13, client.PhaseRelease: 14,
}

// upError gives an error the exit code of its step.
func upError(err error) error {
	var input *deploy.InputError
	var job *client.JobError
	switch {
	case errors.As(err, &input):
		return usage(err)
	case errors.As(err, &job) && job.Err == nil && phaseExit[job.Phase] != 0:
		return &exitError{phaseExit[job.Phase], err}
	}
	return err
}
