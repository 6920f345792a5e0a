package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/deploy"
	"github.com/urfave/cli/v2"
)

func upCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "up",
		Usage:     "build, deploy and release the app in this folder, and print its URL",
		ArgsUsage: "[APP]",
		Flags: []cli.Flag{contextFlag(), jsonFlag,
			&cli.StringFlag{Name: "dir", Value: ".", Usage: "the folder that holds " + deploy.ConfigFile},
			&cli.StringFlag{Name: "workspace", Usage: "keep this deployment apart from those of other workspaces"},
			&cli.StringSliceFlag{Name: "var", Usage: "NAME=VALUE of an input variable; may be repeated"}},
		Action: func(c *cli.Context) error {
			h, err := home.Open()
			if err != nil {
				return err
			}
			kept, err := h.LoadContext(contextName(c, h))
			if err != nil {
				return err
			}
			request, err := upRequest(c)
			if err != nil {
				return err
			}
			show := s.newJobDisplay(c)
			result, err := deploy.Up(c.Context, platformOf(h, kept), request, show.progress())
			return show.end(result, upError(err))
		},
	}
}

func upRequest(c *cli.Context) (deploy.Request, error) {
	r := deploy.Request{App: c.Args().First(), Workspace: c.String("workspace"), Variables: map[string]string{}}
	if c.NArg() > 1 {
		return r, usagef("one app is wanted, got %d: %s", c.NArg(), strings.Join(c.Args().Slice(), " "))
	}
	// PROJECT/APP is what the list of apps prints; the project is the folder's.
	if _, app, ok := strings.Cut(r.App, "/"); ok {
		r.App = app
	}
	for _, v := range c.StringSlice("var") {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return r, usagef("--var %q: want NAME=VALUE", v)
		}
		r.Variables[name] = value
	}
	dir, err := filepath.Abs(c.String("dir"))
	if err != nil {
		return r, usagef("--dir: %w", err)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return r, usagef("--dir %q: there is no such folder", c.String("dir"))
	}
	r.Dir = dir
	return r, nil
}

// platformOf is how the library reaches the platform of a kept context.
func platformOf(h *home.Home, kept home.Context) deploy.Platform {
	return deploy.Platform{
		Address: kept.Address, CA: []byte(kept.CA), Token: kept.Token,
		Source: kept.Source, RunnerSource: kept.RunnerSource, Cache: h.CacheDir(kept.Name),
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
