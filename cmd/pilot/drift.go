package main

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/urfave/cli/v2"
)

func driftCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "drift",
		Usage: "look for what was changed by hand; exits 2 when something was",
		Flags: platformFlags(jsonFlag),
		Action: func(c *cli.Context) error {
			o, err := s.open(c)
			if err != nil {
				return err
			}
			defer o.Close()
			var diff *infra.Diff
			if err := s.run(c, o, func() (err error) {
				diff, err = o.Drift(c.Context)
				return err
			}); err != nil {
				return err
			}
			if err := s.showDiff(c, o, diff); err != nil {
				return err
			}
			if !diff.Empty() {
				return &exitError{exitUsage, fmt.Errorf("the platform is not as it was left; pilot setup --refresh mends it")}
			}
			return nil
		},
	}
}
