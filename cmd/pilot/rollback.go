package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/deploy"
	"github.com/urfave/cli/v2"
)

func rollbackCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "rollback",
		Usage:     "deploy the build of an earlier deployment again, with today's configuration",
		ArgsUsage: "[[PROJECT/]APP] [DEPLOYMENT]",
		Description: "Without a number, it goes back to the deployment before the newest one that worked. The files of a\n" +
			"static site's earlier deployments are kept (keep in the release stanza says how many): one of these is\n" +
			"served again at once, by default the one before that which is served now.",
		Flags: appFlags(),
		Action: func(c *cli.Context) error {
			name, number, err := rollbackArguments(c.Args().Slice())
			if err != nil {
				return err
			}
			request, err := appRequest(c, name)
			if err != nil {
				return err
			}
			p, err := usePlatform(c)
			if err != nil {
				return err
			}
			return s.runJob(c, p, request, func(ctx context.Context, p deploy.Platform, r deploy.Request, show deploy.Progress) (*client.Result, error) {
				return deploy.Rollback(ctx, p, r, number, show)
			})
		},
	}
}

// rollbackArguments tells the app from the number; a lone number is the
// deployment's, because apps are rarely named so and may be given as PROJECT/APP.
func rollbackArguments(args []string) (app string, number uint64, err error) {
	if len(args) > 2 {
		return "", 0, usagef("an app and a deployment are wanted, got %d words: %s", len(args), strings.Join(args, " "))
	}
	if len(args) == 0 {
		return "", 0, nil
	}
	last := args[len(args)-1]
	number, err = strconv.ParseUint(strings.TrimPrefix(last, "v"), 10, 64)
	switch {
	case err == nil && number == 0:
		return "", 0, usagef("deployment %q: want a number from 1 on; pilot deployments lists them", last)
	case err == nil && len(args) == 1:
		return "", number, nil
	case err != nil && len(args) == 2:
		return "", 0, usagef("deployment %q: want a number; pilot deployments lists them", last)
	}
	return args[0], number, nil
}
