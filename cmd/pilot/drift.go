package main

import (
	"fmt"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/server/deploy"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

// driftReport is what "drift --json" prints: the platform's own resources in
// the form of a preview, and the apps on it.
type driftReport struct {
	infra.Report
	Apps []deploy.AppDrift `json:"apps"`
}

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
			apps := s.appDrift(c, o)
			if c.Bool("json") {
				err = s.writeJSON(driftReport{diff.Report(o.header()), apps})
			} else {
				err = s.showDrift(c, diff, apps)
			}
			switch {
			case err != nil:
				return err
			case !diff.Empty():
				return &exitError{exitUsage, fmt.Errorf("the platform is not as it was left; pilot setup --refresh mends it")}
			case len(apps) > 0:
				return &exitError{exitUsage, fmt.Errorf("apps are not as they were left; pilot up deploys them again")}
			}
			return nil
		},
	}
}

func (s *session) showDrift(c *cli.Context, diff *infra.Diff, apps []deploy.AppDrift) error {
	err := diff.WriteText(s.out, s.width(c))
	s.sayApps(c, apps)
	return err
}

func (s *session) sayApps(c *cli.Context, apps []deploy.AppDrift) {
	style := terminal.StyleOf(s.words(c))
	for _, a := range apps {
		s.say(c, "%s%s", style.Warn("! "), a)
	}
}

// appDrift looks at the apps too, as far as the platform's server and Docker
// endpoint answer: if they do not, that is drift of the platform itself.
func (s *session) appDrift(c *cli.Context, o *opened) []deploy.AppDrift {
	none := []deploy.AppDrift{}
	if o.simulated != nil {
		return none
	}
	out, err := o.outputs(c.Context)
	if err != nil || out.Server.Address == "" {
		return none
	}
	daemon, err := stacks.DockerClient(out.Docker)
	if err != nil {
		return none
	}
	defer daemon.Close()
	apps, err := deploy.Drift(c.Context, deploy.Platform{
		Address: out.Server.Address, CA: []byte(out.Server.CA), Token: out.Server.Token,
	}, daemon)
	if err != nil {
		s.say(c, "the apps could not be looked at: %v", err)
	}
	if apps == nil {
		return none
	}
	return apps
}
