package main

import (
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/urfave/cli/v2"
)

func setupCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "setup",
		Usage: "make the platform, or bring it in line with its spec",
		Flags: append(append(stackFlags(), specFlags()...), jsonFlag, yesFlag,
			&cli.BoolFlag{Name: "refresh", Usage: "look at the real resources first, and mend what was changed by hand"},
			&cli.StringSliceFlag{Name: "target", Usage: "limit to this resource (URN); may be repeated"}),
		Action: func(c *cli.Context) error {
			o, err := s.open(c)
			if err != nil {
				return err
			}
			defer o.Close()
			if err := o.Platform.Preflight(c.Context, o.spec.Stack); err != nil {
				return err
			}
			var diff *infra.Diff
			if err := s.run(c, o, func() (err error) {
				diff, err = o.Preview(c.Context, previewOptions(c)...)
				return err
			}); err != nil {
				return err
			}
			if diff.Empty() {
				return s.afterSetup(c, o, "0 changes: the platform is as its spec says")
			}
			if err := diff.WriteText(s.words(c), s.width(c)); err != nil {
				return err
			}
			if err := s.confirm(c, "Apply these changes?"); err != nil {
				return err
			}
			if err := s.run(c, o, func() error {
				_, err := o.Up(c.Context, append(previewOptions(c), infra.HeldTo(diff))...)
				return err
			}); err != nil {
				return err
			}
			return s.afterSetup(c, o, counted(diff.Summary.Changes(), "change")+" applied")
		},
	}
}
