package main

import (
	"context"
	"errors"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/deploy"
	"github.com/urfave/cli/v2"
)

// destroyApp is "destroy APP": what would go is shown before anybody is asked.
func (s *session) destroyApp(c *cli.Context) error {
	request, err := oneApp(c)
	if err != nil {
		return err
	}
	app, err := chooseApp(c, request)
	if err != nil {
		return err
	}
	defer app.Close()
	list, err := app.deployments(c.Context, 0)
	if err != nil {
		return err
	}
	there := []deploymentReport{}
	for _, d := range list {
		if d.State == client.DeploymentRunning || d.State == client.DeploymentPending {
			there = append(there, newDeploymentReport(d))
		}
	}
	unfinished := false
	if len(there) == 0 {
		if unfinished, err = deploy.Unfinished(c.Context, app.server, app.Project, app.App, request.Workspace); err != nil {
			return err
		}
	}
	if len(there) == 0 && !unfinished {
		s.say(c, "%s: nothing is deployed", app.Name())
		if c.Bool("json") {
			return s.writeJSON(there)
		}
		return nil
	}
	if unfinished {
		s.say(c, "%s: the last destroy failed, what it left is destroyed now", app.Name())
	} else if !c.Bool("json") {
		s.printDeployments(there)
	}
	if err := s.confirm(c, "Destroy "+app.Name()+", all of this? Its configuration and history stay."); err != nil {
		return err
	}
	request.Project, request.App = app.Project, app.App
	show := s.newJobDisplay(c)
	progress := show.progress()
	if c.Bool("json") {
		// The one value on standard output is the list of what went.
		progress = deploy.Progress{Note: func(line string) { s.say(c, "%s", line) }}
	}
	if _, err := deploy.Destroy(c.Context, app.Platform, request, progress); err != nil {
		return upError(err)
	}
	if err := s.forgetImages(c, app, there); err != nil {
		return err
	}
	s.say(c, "%s destroyed", counted(len(there), "deployment"))
	if c.Bool("json") {
		return s.writeJSON(there)
	}
	return nil
}

// forgetImages removes what a destroyed app leaves on the Docker endpoint: its
// images and its volume. A person without the endpoint leaves them to it.
// sweepBudget bounds the removal of images.
const sweepBudget = time.Minute

func (s *session) forgetImages(c *cli.Context, app *chosen, gone []deploymentReport) error {
	onDocker := false
	for _, d := range gone {
		onDocker = onDocker || d.Target == "docker"
	}
	if !onDocker || app.request.Workspace != "" {
		return nil
	}
	daemon, err := s.endpointOf(c, app)
	if err != nil {
		s.say(c, "the app's images stay on the Docker endpoint: %v", err)
		return nil
	}
	defer daemon.Close()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context), sweepBudget)
	defer cancel()
	return errors.Join(c.Context.Err(), deploy.RemoveImages(ctx, daemon, app.Project, app.App))
}
