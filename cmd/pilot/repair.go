package main

import (
	"strings"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/urfave/cli/v2"
)

// heal finds out what came of the steps that an interrupted run left open, so
// that the preview which follows is true.
func (s *session) heal(c *cli.Context, o *opened) error {
	pending, err := o.Pending(c.Context)
	if err != nil || len(pending) == 0 {
		return err
	}
	return s.run(c, o, func() error { return o.Repair(c.Context, infra.Repair{}) })
}

// pendingReport is one open step in what "repair --json" prints.
type pendingReport struct {
	URN   string `json:"urn"`
	Type  string `json:"type"`
	Doing string `json:"doing"`
}

// repairReport is what "repair --json" prints: the steps that were found open, and
// whether they are settled by now.
type repairReport struct {
	Pending  []pendingReport `json:"pending"`
	Repaired bool            `json:"repaired"`
}

func repairCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "repair",
		Usage: "find out what came of the steps that an interrupted run left open",
		Description: "setup and destroy do this by themselves. What they can't find out, they ask for here:\n" +
			"--adopt says which real resource an interrupted creation made, --forget strikes a step off without looking.\n" +
			"Nothing real is changed.",
		Flags: platformFlags(jsonFlag,
			&cli.StringSliceFlag{Name: "adopt", Usage: "URN=ID: this is what the interrupted creation made"},
			&cli.StringSliceFlag{Name: "forget", Usage: "URN: strike the interrupted step off without looking"},
			&cli.BoolFlag{Name: "restore-state", Usage: "replace a damaged state by the last good one"},
			&cli.BoolFlag{Name: "list", Usage: "list the open steps and change nothing"}),
		Action: func(c *cli.Context) error {
			how := infra.Repair{Adopt: map[string]string{}, Forget: c.StringSlice("forget")}
			for _, given := range c.StringSlice("adopt") {
				// A URN may hold an equals sign in its name, an id at its end may not.
				i := strings.LastIndex(given, "=")
				if i <= 0 || i == len(given)-1 {
					return usagef("--adopt %q: want URN=ID, with a URN that pilot repair --list shows", given)
				}
				how.Adopt[given[:i]] = given[i+1:]
			}
			var restore []infra.Option
			if c.Bool("restore-state") {
				restore = append(restore, infra.WithRestoredState())
			}
			o, err := s.open(c, restore...)
			if err != nil {
				return err
			}
			defer o.Close()
			pending, err := o.Pending(c.Context)
			if err != nil {
				return err
			}
			report := repairReport{Pending: []pendingReport{}}
			for _, p := range pending {
				s.say(c, "interrupted while %s: %s", p.Doing, p.URN)
				report.Pending = append(report.Pending, pendingReport{URN: p.URN, Type: p.Type, Doing: p.Doing})
			}
			switch {
			case len(pending) == 0 && len(how.Adopt) == 0 && len(how.Forget) == 0:
				if c.Bool("restore-state") {
					s.say(c, "the state is whole, and no step was left open; pilot drift finds what a restored state does not know of")
				} else {
					s.say(c, "nothing to repair: no step was left open")
				}
				return s.reportIfAsked(c, report)
			case c.Bool("list"):
				return s.reportIfAsked(c, report)
			}
			if err := s.run(c, o, func() error { return o.Repair(c.Context, how) }); err != nil {
				return err
			}
			s.say(c, "repaired; pilot setup goes on from here")
			report.Repaired = true
			return s.reportIfAsked(c, report)
		},
	}
}
