package main

import (
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

func setupCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "setup",
		Usage: "make the platform, or bring it in line with its spec",
		Flags: platformFlags(jsonFlag, yesFlag, refreshFlag, onlyFlag,
			&cli.StringFlag{Name: "plan", Usage: "do what this plan (preview --save-plan) says, or nothing", TakesFile: true}),
		Action: func(c *cli.Context) error {
			var plan *infra.Plan
			if file := c.String("plan"); file != "" {
				var err error
				if plan, err = infra.LoadPlan(file); err != nil {
					return usage(err)
				}
			}
			o, err := s.open(c)
			if err != nil {
				return err
			}
			defer o.Close()
			if err := o.Platform.Preflight(c.Context, o.spec.Stack); err != nil {
				return err
			}
			if err := s.heal(c, o); err != nil {
				return err
			}
			diff, hold, err := s.intended(c, o, plan)
			if err != nil {
				return err
			}
			unchanged := diff.Empty() && plan == nil
			if !unchanged {
				if err := diff.WriteText(s.words(c), s.width(c)); err != nil {
					return err
				}
			}
			// What is there already is held to the rules as well: a waiver may
			// have been taken back, or a rule added.
			if err := s.obeyPolicy(c, o, diff); err != nil {
				return err
			}
			if unchanged {
				return s.afterSetup(c, o, diff, "0 changes: the platform is as its spec says")
			}
			s.sayBare(c, o)
			if err := s.confirm(c, "Apply these changes?"); err != nil {
				return err
			}
			if err := s.run(c, o, func() error {
				_, err := o.Up(c.Context, hold...)
				return err
			}); err != nil {
				return err
			}
			return s.afterSetup(c, o, diff, counted(diff.Summary.Changes(), "change")+" applied")
		},
	}
}

// intended is what the person will be asked about, and the options that hold
// the apply to it: the plan's diff, or a fresh preview.
func (s *session) intended(c *cli.Context, o *opened, plan *infra.Plan) (*infra.Diff, []infra.OpOption, error) {
	if plan != nil {
		return plan.Diff, []infra.OpOption{infra.HeldToPlan(plan)}, nil
	}
	diff, err := s.preview(c, o)
	if err != nil {
		return nil, nil, err
	}
	return diff, append(previewOptions(c, o.Platform), infra.HeldTo(diff)), nil
}

// sayBare tells what a server of the stock image has not.
func (s *session) sayBare(c *cli.Context, o *opened) {
	if p, ok := o.Platform.(stacks.ServerImager); !ok || !p.Bare() {
		return
	}
	s.say(c, "the server's image is the stock one; it lacks what Pilot's own has:")
	for _, lost := range server.StockLacks {
		s.say(c, "  - %s", lost)
	}
}
