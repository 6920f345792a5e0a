package main

import (
	"context"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

// setupReport is what "setup --json" prints.
type setupReport struct {
	Stack     string         `json:"stack"`
	Target    string         `json:"target"`
	Simulated bool           `json:"simulated"`
	Summary   infra.Summary  `json:"summary"`
	Status    *stacks.Status `json:"status,omitempty"`
}

// afterSetup keeps what is needed to reach the platform and says how it is.
func (s *session) afterSetup(c *cli.Context, o *opened, diff *infra.Diff, done string) error {
	report := setupReport{Stack: o.spec.Stack, Target: o.Target.Name, Simulated: o.simulated != nil, Summary: diff.Summary}
	s.say(c, "%s", done)
	if o.simulated == nil {
		out, err := o.outputs(c.Context)
		if err != nil {
			return err
		}
		if err := keepAccess(o, out); err != nil {
			return err
		}
		status, err := inspect(c.Context, o, out)
		if err != nil {
			return err
		}
		report.Status = &status
	}
	switch {
	case c.Bool("json"):
		return s.writeJSON(report)
	case report.Status != nil:
		s.printStatus(*report.Status)
	}
	return nil
}

// keepAccess writes down how to reach the platform, for the commands that
// follow: no command but those of the stack itself opens its state.
func keepAccess(o *opened, out stacks.Outputs) error {
	if out.Server.Address == "" {
		return nil
	}
	return o.home.SaveContext(home.Context{
		Name: o.spec.Stack, Target: o.Target.Name, Address: out.Server.Address, CA: out.Server.CA,
		Token: out.Server.Token, UI: out.Server.UI, Source: out.Server.Source, RunnerSource: out.Server.RunnerSource,
	})
}

func inspect(ctx context.Context, o *opened, out stacks.Outputs) (stacks.Status, error) {
	inspect := stacks.Inspect
	if o.simulated != nil {
		inspect = stacks.Describe
	}
	status, err := inspect(ctx, out)
	status.Stack, status.Target, status.Simulated = o.spec.Stack, o.Target.Name, o.simulated != nil
	if err == nil {
		err = addCertificates(ctx, o, &status)
	}
	return status, err
}

// contextName is the named platform, or the current one, or the only one that
// is known.
func contextName(c *cli.Context, h *home.Home) string {
	if name := c.String("stack"); name != "" {
		return name
	}
	if name, err := h.CurrentContext(); err == nil && name != "" {
		return name
	}
	if known, err := h.Contexts(); err == nil && len(known) == 1 {
		return known[0]
	}
	return targets[0].Name
}

func (s *session) width(c *cli.Context) infra.TextOption {
	return infra.WithWidth(terminal.StyleOf(s.words(c)).Width)
}

// contextFlag chooses the platform that a command about apps talks to.
func contextFlag() cli.Flag {
	return &cli.StringFlag{Name: "stack", Usage: "the platform to use (default: the current context, or the only one that is known)", EnvVars: []string{"PILOT_STACK"}}
}
