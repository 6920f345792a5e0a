package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/cloud"
	"github.com/pilot-framework/pilot/pkg/server/cloud/aws"
	"github.com/pilot-framework/pilot/pkg/server/cloud/google"
	"github.com/urfave/cli/v2"
)

// cloudLogs prints the output of a deployment from its cloud's log service.
func (s *session) cloudLogs(c *cli.Context, app *chosen, d client.Deployment) error {
	place, err := app.server.Place(c.Context, d.ID)
	if err != nil {
		return err
	}
	identity, err := runnersIdentity(c.Context, app.server)
	if err != nil {
		return err
	}
	opts := cloud.LogOptions{Follow: c.Bool("follow"), Tail: c.Int("tail"), Since: c.Duration("since")}
	emit := printEntries(s.out, s.errOut, c.Bool("timestamps"))
	switch d.Target {
	case "aws-ecs", "aws-lambda":
		cfg, err := aws.Config(c.Context, identity, place.Region)
		if err == nil {
			err = aws.Logs(c.Context, cfg, place, opts, emit)
		}
		return cloudLogError(app, d, err)
	case "google-cloud-run":
		to, err := google.Options(c.Context, identity, google.LogScope)
		if err == nil {
			err = google.Logs(c.Context, place, opts, emit, to...)
		}
		return cloudLogError(app, d, err)
	}
	return &exitError{exitFailure, fmt.Errorf("%s: %s", app.Name(), noLogs(d.Target))}
}

// runnersIdentity is what the server gives its runners for a cloud.
func runnersIdentity(ctx context.Context, server *client.Client) (cloud.Identity, error) {
	config, err := server.RunnerConfig(ctx)
	return cloud.Identity{Variables: revealed(config.Variables), Files: revealed(config.Files)}, err
}

func revealed(secrets map[string]client.Secret) map[string]string {
	out := make(map[string]string, len(secrets))
	for name, value := range secrets {
		out[name] = value.Reveal()
	}
	return out
}

func printEntries(out, errOut io.Writer, timestamps bool) func(cloud.Entry) error {
	return func(e cloud.Entry) error {
		to := out
		if e.Stderr {
			to = errOut
		}
		at := ""
		if timestamps {
			at = e.At.UTC().Format(time.RFC3339Nano) + " "
		}
		_, err := fmt.Fprintln(to, at+e.Text)
		return err
	}
}

// cloudLogError tells whose output can't be read. An app that wrote nothing yet is
// no failure of the command's.
func cloudLogError(app *chosen, d client.Deployment, err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitFailure, fmt.Errorf("read the output of %s, deployment %d, on %s: %w", app.Name(), d.Number, d.Target, err)}
}

// noLogs says why there is no output to read on a target.
func noLogs(target string) string {
	switch target {
	case "kubernetes":
		return "its output is with the cluster: kubectl logs --selector app=NAME"
	case "aws-ec2":
		return "its machines keep their output to themselves: only a log agent in the machine image sends it anywhere"
	}
	if isSite(target) {
		return "a static site runs no program, so it writes nothing"
	}
	return "the target " + target + " keeps no output that can be read from here"
}

// noExec says why no command can be run in a deployment on a target.
func noExec(target string) error {
	why := map[string]string{
		"aws-ecs":          "the deploy engine makes its services without ECS Exec, which AWS can't add to a running task",
		"aws-lambda":       "a function runs while it is called, and AWS lets nobody into it",
		"google-cloud-run": "Cloud Run lets nobody into a container",
		"aws-ec2":          "its machines are reached over ssh with the key that waypoint.hcl names, if it names one",
		"kubernetes":       "the cluster's own tool does it: kubectl exec",
	}[target]
	if isSite(target) {
		why = "a static site runs no program"
	}
	if why == "" {
		why = "that target offers none"
	}
	return errors.New("no command can be run in an app on " + target + ": " + why)
}

// isSite tells whether a deploy plugin is one for static sites.
func isSite(plugin string) bool {
	t, err := appconfig.TargetByName(appconfig.App{Deploy: appconfig.Stage{Use: plugin}}.Target())
	return err == nil && t.Static
}
