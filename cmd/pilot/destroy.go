package main

import (
	"errors"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/server/deploy"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

func destroyCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "destroy",
		Usage:     "remove the platform with its apps and its database; or one app's deployments",
		ArgsUsage: "[[PROJECT/]APP]",
		Flags: platformFlags(jsonFlag, yesFlag,
			&cli.StringFlag{Name: "dir", Value: ".", Usage: "the folder that holds the app"},
			&cli.StringFlag{Name: "workspace", Usage: "the app's workspace"}),
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return s.destroyApp(c)
			}
			o, err := s.open(c)
			if err != nil {
				return err
			}
			defer o.Close()
			if err := s.heal(c, o); err != nil {
				return err
			}
			var diff *infra.Diff
			if err := s.run(c, o, func() (err error) {
				diff, err = o.PreviewDestroy(c.Context)
				return err
			}); err != nil {
				return err
			}
			if diff.Empty() {
				s.say(c, "nothing to destroy")
				return errors.Join(o.home.Forget(o.spec.Stack), s.reportDestroyed(c, o, diff))
			}
			if err := diff.WriteText(s.words(c), s.width(c)); err != nil {
				return err
			}
			if err := s.confirm(c, "Destroy all of this, the apps and the database with it?"); err != nil {
				return err
			}
			if err := s.destroyApps(c, o); err != nil {
				return err
			}
			if err := s.run(c, o, func() error {
				_, err := o.Destroy(c.Context)
				return err
			}); err != nil {
				return err
			}
			s.say(c, "%s destroyed", counted(diff.Summary.Delete, "resource"))
			return errors.Join(o.home.Forget(o.spec.Stack), s.reportDestroyed(c, o, diff))
		},
	}
}

// destroyApps takes down what the platform deployed, which the stack's state
// knows nothing of. A server that is gone already has nothing to say about
// apps: what they left on the Docker endpoint is removed all the same.
func (s *session) destroyApps(c *cli.Context, o *opened) error {
	if o.simulated != nil {
		return nil
	}
	out, err := o.outputs(c.Context)
	if err != nil {
		return err
	}
	kept, err := o.home.LoadContext(o.spec.Stack)
	if errors.Is(err, home.ErrNoContext) {
		kept = home.Context{
			Address: out.Server.Address, CA: out.Server.CA, Token: out.Server.Token,
			Source: out.Server.Source, RunnerSource: out.Server.RunnerSource,
		}
	} else if err != nil {
		return err
	}
	if out.Docker.Host == "" {
		return nil
	}
	daemon, err := stacks.DockerClient(out.Docker)
	if err != nil {
		return err
	}
	defer daemon.Close()
	return deploy.DestroyAll(c.Context, platformOf(o.home, kept), daemon, out.Server.Advertised, deploy.Progress{
		Note: func(line string) { s.say(c, "%s", line) },
	})
}

func (s *session) reportDestroyed(c *cli.Context, o *opened, diff *infra.Diff) error {
	if !c.Bool("json") {
		return nil
	}
	return s.writeJSON(setupReport{Stack: o.spec.Stack, Target: o.Target.Name, Simulated: o.simulated != nil, Summary: diff.Summary})
}
