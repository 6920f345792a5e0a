package main

import (
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/urfave/cli/v2"
)

// commands are all of them, in the order in which a newcomer meets them.
func commands(s *session) []*cli.Command {
	list := []*cli.Command{
		initCommand(s), doctorCommand(s), previewCommand(s), setupCommand(s), statusCommand(s),
		outputsCommand(s), driftCommand(s), serverCommand(s), newCommand(s), upCommand(s),
		destroyCommand(s), versionCommand(s),
		{Name: "engine", Usage: "the raw command line of the Pulumi engine", Hidden: true, SkipFlagParsing: true},
	}
	return list
}

// previewOptions are the flags that limit or widen an operation.
func previewOptions(c *cli.Context) []infra.OpOption {
	var opts []infra.OpOption
	if c.Bool("refresh") {
		opts = append(opts, infra.WithRefresh())
	}
	if urns := c.StringSlice("target"); len(urns) > 0 {
		opts = append(opts, infra.Targets(urns...))
	}
	return opts
}
