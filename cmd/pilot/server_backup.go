package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/backup"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/urfave/cli/v2"
)

func serverBackupCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "backup",
		Usage:     "write all that the server knows into FILE: projects, apps, jobs and variables, secret ones too",
		ArgsUsage: "FILE",
		Flags:     []cli.Flag{contextFlag(), jsonFlag},
		Action: func(c *cli.Context) error {
			file, err := fileArgument(c)
			if err != nil {
				return err
			}
			server, kept, err := s.dial(c)
			if err != nil {
				return err
			}
			defer server.Close()
			b, err := backup.Take(c.Context, server, kept.Name)
			if err != nil {
				return err
			}
			if err := b.Save(file); err != nil {
				return err
			}
			if c.Bool("json") {
				return s.writeJSON(b.Header)
			}
			fmt.Fprintf(s.out, "wrote %s: %d bytes, sha256 %s\nIt holds secrets, and is as open as the file is: keep it like a password.\n", file, b.Size, b.SHA256)
			return nil
		},
	}
}

func serverRestoreCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "restore",
		Usage:     "replace what the server knows by a backup; members, invites and runners stay as they are now",
		ArgsUsage: "FILE",
		Flags:     []cli.Flag{contextFlag(), jsonFlag, yesFlag},
		Action: func(c *cli.Context) error {
			file, err := fileArgument(c)
			if err != nil {
				return err
			}
			b, err := backup.Load(file)
			if errors.Is(err, backup.ErrForeign) || errors.Is(err, backup.ErrDamaged) {
				return usage(err)
			}
			if err != nil {
				return err
			}
			server, kept, err := s.dial(c)
			if err != nil {
				return err
			}
			defer server.Close()
			projects, err := server.Projects(c.Context)
			if err != nil {
				return err
			}
			s.say(c, "the backup is of %s, server %s, made at %s", b.Stack, b.Server, b.Created.Local().Format(time.DateTime))
			if len(projects) > 0 {
				s.say(c, "the server %s has %s now, which this replaces", kept.Name, counted(len(projects), "project"))
			}
			if err := s.confirm(c, "Restore it to "+kept.Name+" at "+kept.Address+"?"); err != nil {
				return err
			}
			if err := b.Restore(c.Context, server); err != nil {
				return err
			}
			return s.restored(c, server, b)
		},
	}
}

// restored says what is there now.
func (s *session) restored(c *cli.Context, server *client.Client, b *backup.Backup) error {
	projects, err := server.Projects(c.Context)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return s.writeJSON(b.Header)
	}
	fmt.Fprintf(s.out, "restored: %s\n", counted(len(projects), "project"))
	return nil
}

// fileArgument is the one argument.
func fileArgument(c *cli.Context) (string, error) {
	if c.NArg() != 1 {
		return "", usagef("one file is wanted, got %d: pilot server %s FILE", c.NArg(), c.Command.Name)
	}
	return c.Args().First(), nil
}
