package main

import (
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

func previewCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "preview",
		Usage: "show what setup would change, and change nothing",
		Flags: platformFlags(jsonFlag, refreshFlag, onlyFlag,
			&cli.BoolFlag{Name: "detailed-exitcode", Usage: "exit 2 when there are changes"},
			&cli.StringFlag{Name: "save-plan", Usage: "write the preview to a file that setup --plan can be held to", TakesFile: true}),
		Action: func(c *cli.Context) error {
			o, err := s.open(c)
			if err != nil {
				return err
			}
			defer o.Close()
			diff, err := s.preview(c, o)
			if err != nil {
				return err
			}
			if err := s.showDiff(c, o, diff); err != nil {
				return err
			}
			if err := s.warnOfViolations(c, o, diff); err != nil {
				return err
			}
			if c.Bool("refresh") {
				s.sayApps(c, s.appDrift(c, o))
			}
			if file := c.String("save-plan"); file != "" {
				if err := savePlan(c, o.Platform, diff, file); err != nil {
					return err
				}
				s.say(c, "plan saved; pilot setup --plan %s does this and nothing else", file)
			}
			if c.Bool("detailed-exitcode") && !diff.Empty() {
				return &exitError{code: exitUsage}
			}
			return nil
		},
	}
}

var (
	refreshFlag = &cli.BoolFlag{Name: "refresh", Usage: "look at the real resources first, so that what was changed by hand is part of it; always on this machine, unless it is false"}
	onlyFlag    = &cli.StringSliceFlag{Name: "target", Usage: "limit to this resource (URN); may be given again"}
)

// previewOptions are the flags that limit or widen an operation on a platform.
func previewOptions(c *cli.Context, p stacks.Platform) []infra.OpOption {
	var opts []infra.OpOption
	refresh := c.Bool("refresh")
	if near, ok := p.(stacks.Inspected); ok && !c.IsSet("refresh") {
		refresh = near.Inspected()
	}
	if refresh {
		opts = append(opts, infra.WithRefresh())
	}
	if urns := c.StringSlice("target"); len(urns) > 0 {
		opts = append(opts, infra.Targets(urns...))
	}
	return opts
}

func (s *session) preview(c *cli.Context, o *opened) (diff *infra.Diff, err error) {
	err = s.run(c, o, func() error {
		diff, err = o.Preview(c.Context, previewOptions(c, o.Platform)...)
		return err
	})
	return diff, err
}

// showDiff prints a diff as the command's result.
func (s *session) showDiff(c *cli.Context, o *opened, diff *infra.Diff) error {
	if c.Bool("json") {
		return diff.WriteJSON(s.out, o.header())
	}
	return diff.WriteText(s.out, s.width(c))
}

func savePlan(c *cli.Context, p stacks.Platform, diff *infra.Diff, file string) error {
	plan, err := infra.NewPlan(diff, previewOptions(c, p)...)
	if err != nil {
		return err
	}
	return plan.Save(file)
}
