package main

import (
	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/urfave/cli/v2"
)

func previewCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "preview",
		Usage: "show what setup would change, and change nothing",
		Flags: append(append(stackFlags(), specFlags()...), jsonFlag,
			&cli.BoolFlag{Name: "refresh", Usage: "look at the real resources first"},
			&cli.BoolFlag{Name: "detailed-exitcode", Usage: "exit 2 when there are changes"},
			&cli.StringSliceFlag{Name: "target", Usage: "limit to this resource (URN); may be repeated"}),
		Action: func(c *cli.Context) error {
			o, err := s.open(c)
			if err != nil {
				return err
			}
			defer o.Close()
			var diff *infra.Diff
			err = s.run(c, o, func() (err error) {
				diff, err = o.Preview(c.Context, previewOptions(c)...)
				return err
			})
			if err != nil {
				return err
			}
			if err := s.showDiff(c, o, diff); err != nil {
				return err
			}
			if c.Bool("detailed-exitcode") && !diff.Empty() {
				return &exitError{code: exitUsage}
			}
			return nil
		},
	}
}

func (s *session) showDiff(c *cli.Context, o *opened, diff *infra.Diff) error {
	if c.Bool("json") {
		return diff.WriteJSON(s.out, infra.Header{Stack: o.spec.Stack, Target: o.Target.Name})
	}
	return diff.WriteText(s.out, infra.WithWidth(terminal.StyleOf(s.out).Width))
}
