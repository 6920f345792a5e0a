package main

import (
	"github.com/pilot-framework/pilot/pkg/server/deploy"
	"github.com/urfave/cli/v2"
)

// stepCommands are the steps of "up", each alone.
func stepCommands(s *session) []*cli.Command {
	step := func(name, usage string, do jobFunc) *cli.Command {
		return &cli.Command{
			Name: name, Usage: usage, ArgsUsage: "[[PROJECT/]APP]", Flags: jobFlags(),
			Action: func(c *cli.Context) error { return s.appJob(c, do) },
		}
	}
	return []*cli.Command{
		step("build", "build the app and store the build, and deploy nothing", deploy.Build),
		step("deploy", "start the app's newest build beside what is public", deploy.Deploy),
		step("release", "make the app's newest deployment public", deploy.Release),
	}
}
