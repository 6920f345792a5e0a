package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/pilot-framework/pilot/pkg/infra"
	pilotserver "github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/pkg/server/backup"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/image"
	"github.com/pilot-framework/pilot/pkg/server/upgrade"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

// upgradeCheck bounds the look at the new server after its own health check.
const upgradeCheck = 30 * time.Second

func serverUpgradeCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "upgrade",
		Usage: "bring the server to this version's image, or the one that --image names; a server that does not come up is gone back on, with its data",
		Flags: platformFlags(jsonFlag, yesFlag),
		Action: func(c *cli.Context) error {
			o, err := s.open(c)
			if err != nil {
				return err
			}
			defer o.Close()
			if o.simulated != nil {
				return usagef("--offline: a simulated cloud runs no server to upgrade")
			}
			// The real containers are not looked at: the server is stopped for a copy
			// of its data before the apply, which is to be what was agreed to.
			var diff *infra.Diff
			if err := s.run(c, o, func() (err error) {
				diff, err = o.Preview(c.Context)
				return err
			}); err != nil {
				return err
			}
			if diff.Empty() {
				s.say(c, "0 changes: the server runs this image already")
				return s.afterSetup(c, o, diff, "nothing was changed")
			}
			if err := diff.WriteText(s.words(c), s.width(c)); err != nil {
				return err
			}
			if err := s.obeyPolicy(c, o, diff); err != nil {
				return err
			}
			if err := s.confirm(c, "Upgrade the server? It is away for some seconds; apps go on running."); err != nil {
				return err
			}
			return s.upgrade(c, o, diff)
		},
	}
}

// upgrade applies the diff, and goes back on it when the new server is not well.
func (s *session) upgrade(c *cli.Context, o *opened, diff *infra.Diff) error {
	out, err := o.outputs(c.Context)
	if err != nil {
		return err
	}
	if out.Docker.Host == "" {
		return stacks.ErrNotSetUp
	}
	daemon, err := stacks.DockerClient(out.Docker)
	if err != nil {
		return err
	}
	defer daemon.Close()
	server, err := client.Dial(c.Context, client.Config{Address: out.Server.Address, CA: []byte(out.Server.CA), Token: out.Server.Token})
	if err != nil {
		return err
	}
	defer server.Close()
	// A server that goes takes its jobs along.
	if err := pilotserver.Outlast(c.Context, server, func(jobs []string) { s.say(c, "waiting for %s", strings.Join(jobs, ", ")) }); err != nil {
		return fmt.Errorf("nothing was changed: %w", err)
	}
	kept := filepath.Join(o.home.Dir(), "backups", o.spec.Stack+"-"+time.Now().UTC().Format("20060102T150405Z")+".backup")
	before, err := takeBackup(c.Context, server, o.spec.Stack, kept)
	if err != nil {
		return fmt.Errorf("nothing was changed: %w", err)
	}
	s.say(c, "the server's data is backed up in %s", kept)
	guard, err := upgrade.Open(c.Context, daemon, "pilot-"+o.spec.Stack, o.home.CacheDir(o.spec.Stack))
	if err != nil {
		return fmt.Errorf("nothing was changed: %w", err)
	}
	if err := guard.SaveData(c.Context); err != nil {
		return errors.Join(fmt.Errorf("the server was not upgraded: %w", err), guard.Release(context.WithoutCancel(c.Context)))
	}
	err = s.run(c, o, func() error {
		_, err := o.Up(c.Context, infra.HeldTo(diff))
		return err
	})
	if err == nil {
		err = sameProjects(c.Context, server, before)
	}
	if err != nil {
		return s.goBack(c, server, guard, err)
	}
	if err := guard.Release(context.WithoutCancel(c.Context)); err != nil {
		s.say(c, "note: %v", err)
	}
	return s.afterSetup(c, o, diff, "the server is upgraded")
}

// goBack runs the old image on the old data again, whatever became of the
// command's own context.
func (s *session) goBack(c *cli.Context, server *client.Client, guard *upgrade.Guard, why error) error {
	began := time.Now()
	s.say(c, "the new server is not well; going back to the old one")
	was := c.Context
	c.Context = context.WithoutCancel(was)
	defer func() { c.Context = was }()
	if err := guard.PutBack(c.Context); err != nil {
		return errors.Join(fmt.Errorf("the upgrade failed: %w", why), fmt.Errorf("and its data could not be put back: %w", err))
	}
	sp, err := loadSpec(c)
	if err != nil {
		return err
	}
	if err := useOldImage(sp.Platform, guard.Reference()); err != nil {
		return errors.Join(why, err)
	}
	o, err := s.openSpec(c, sp)
	if err != nil {
		return errors.Join(why, err)
	}
	defer o.Close()
	err = s.run(c, o, func() error {
		_, err := o.Up(c.Context, infra.WithRefresh())
		return err
	})
	if err == nil {
		ctx, cancel := context.WithTimeout(c.Context, upgradeCheck)
		defer cancel()
		err = server.WaitReady(ctx, nil)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("the upgrade failed: %w", why), fmt.Errorf("and going back failed: %w", err))
	}
	if err := guard.Release(c.Context); err != nil {
		s.say(c, "note: %v", err)
	}
	s.say(c, "the old server runs again with its data, after %s", time.Since(began).Round(time.Second))
	return fmt.Errorf("the server was not upgraded, the old one runs again: %w", why)
}

// useOldImage has the spec say what ran before: our own image where it is the
// one that this binary makes, else the one that is still on the endpoint.
func useOldImage(p stacks.Platform, reference string) error {
	imager, ok := p.(stacks.ServerImager)
	if !ok {
		return errors.New("this target can't be told which server image to run")
	}
	if mine, err := image.Server(image.Options{}); err == nil && mine.Reference() == reference {
		reference = ""
	}
	imager.UseServerImage(reference)
	return nil
}

// takeBackup backs the server up into a new file, and gives the names of its
// projects.
func takeBackup(ctx context.Context, server *client.Client, stack, file string) (map[string]bool, error) {
	b, err := backup.Take(ctx, server, stack)
	if err != nil {
		return nil, err
	}
	if err := b.Save(file); err != nil {
		return nil, err
	}
	return projectNames(ctx, server)
}

func projectNames(ctx context.Context, server *client.Client) (map[string]bool, error) {
	projects, err := server.Projects(ctx)
	names := map[string]bool{}
	for _, p := range projects {
		names[p.Name] = true
	}
	return names, err
}

// sameProjects wants the server to accept its token and to have all the projects
// that it had before.
func sameProjects(ctx context.Context, server *client.Client, before map[string]bool) error {
	ctx, cancel := context.WithTimeout(ctx, upgradeCheck)
	defer cancel()
	if err := server.WaitReady(ctx, nil); err != nil {
		return err
	}
	after, err := projectNames(ctx, server)
	if err != nil {
		return err
	}
	for name := range before {
		if !after[name] {
			return fmt.Errorf("the project %s is missing on the new server", name)
		}
	}
	return nil
}
