package main

import (
	"strings"

	"github.com/pilot-framework/pilot/internal/clidoc"
	"github.com/urfave/cli/v2"
)

func completionCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the completion script for a shell, such as eval \"$(pilot completion bash)\"",
		ArgsUsage: strings.Join(clidoc.Shells, "|"),
		Action: func(c *cli.Context) error {
			if c.Args().Len() != 1 {
				return usagef("completion: want one of %s", strings.Join(clidoc.Shells, ", "))
			}
			if err := clidoc.Completion(s.out, c.App, c.Args().First()); err != nil {
				return usage(err)
			}
			return nil
		},
	}
}
