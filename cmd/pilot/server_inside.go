package main

import (
	"context"
	"fmt"
	"strings"

	dockerapi "github.com/docker/docker/client"
	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/server/applog"
	"github.com/pilot-framework/pilot/pkg/server/daemon"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

var roleFlag = &cli.StringFlag{Name: "role", Value: "server", Usage: "which container: server, source, runner-1, gateway (local), db (local)"}

// onEndpoint calls do with the platform's Docker daemon, over its endpoint.
func (s *session) onEndpoint(c *cli.Context, do func(o *opened, docker *dockerapi.Client) error) error {
	o, err := s.open(c)
	if err != nil {
		return err
	}
	defer o.Close()
	out, err := o.outputs(c.Context)
	if err != nil {
		return err
	}
	if out.Docker.Host == "" || o.simulated != nil {
		return stacks.ErrNotSetUp
	}
	docker, err := stacks.DockerClient(out.Docker)
	if err != nil {
		return err
	}
	defer docker.Close()
	return do(o, docker)
}

// onContainer calls do with the container of the role that was asked for.
func (s *session) onContainer(c *cli.Context, do func(docker *dockerapi.Client, id string) error) error {
	return s.onEndpoint(c, func(o *opened, docker *dockerapi.Client) error {
		part, err := stacks.PartOf(c.Context, docker, o.spec.Stack, c.String("role"))
		if err != nil {
			return err
		}
		return do(docker, part.ID)
	})
}

func serverStatusCommand(s *session) *cli.Command {
	return &cli.Command{
		Name: "status", Usage: "list the platform's own containers", Flags: platformFlags(jsonFlag),
		Action: func(c *cli.Context) error {
			return s.onEndpoint(c, func(o *opened, docker *dockerapi.Client) error {
				parts, err := stacks.Parts(c.Context, docker, o.spec.Stack)
				if err != nil {
					return err
				}
				if c.Bool("json") {
					return s.writeJSON(parts)
				}
				var rows [][]string
				for _, p := range parts {
					rows = append(rows, []string{p.Role, p.State, p.Status, p.Name, shortImage(p.Image)})
				}
				terminal.Table(s.out, []string{"ROLE", "STATE", "STATUS", "CONTAINER", "IMAGE"}, rows)
				return nil
			})
		},
	}
}

func serverLogsCommand(s *session) *cli.Command {
	return &cli.Command{
		Name: "logs", Usage: "print what the server, or another of the platform's containers, writes",
		Flags: platformFlags(roleFlag,
			&cli.BoolFlag{Name: "follow", Usage: "go on with what comes"},
			&cli.IntFlag{Name: "tail", Usage: "begin with this many of the last lines; 0 is all"},
			&cli.DurationFlag{Name: "since", Usage: "leave out what is older than this, such as 10m"},
			&cli.BoolFlag{Name: "timestamps", Usage: "put the time before each line"}),
		Action: func(c *cli.Context) error {
			if n := c.Int("tail"); n < 0 {
				return usagef("--tail %d: want 0 or more", n)
			}
			return s.onContainer(c, func(docker *dockerapi.Client, id string) error {
				return applog.Copy(c.Context, docker, id, applog.Options{
					Follow: c.Bool("follow"), Tail: c.Int("tail"), Since: c.Duration("since"), Timestamps: c.Bool("timestamps"),
				}, s.out, s.errOut)
			})
		},
	}
}

func serverExecCommand(s *session) *cli.Command {
	return &cli.Command{
		Name: "exec", Usage: "run a command in one of the platform's containers; its exit code is this one's",
		ArgsUsage: "-- COMMAND [ARGUMENT...]", Flags: platformFlags(roleFlag),
		Action: func(c *cli.Context) error {
			command := afterDashes(c.Args().Slice())
			if len(command) == 0 {
				return usagef("want two dashes and a command: pilot server exec -- waypoint version")
			}
			return s.onContainer(c, func(docker *dockerapi.Client, id string) error {
				return s.exitingAs(s.execIn(c.Context, docker, id, command))
			})
		},
	}
}

func serverShellCommand(s *session) *cli.Command {
	return &cli.Command{
		Name: "shell", Usage: "open a shell, or run a command, as root on the machine behind the Docker endpoint; no SSH is needed",
		ArgsUsage: "[-- COMMAND [ARGUMENT...]]", Flags: platformFlags(),
		Action: func(c *cli.Context) error {
			command := afterDashes(c.Args().Slice())
			agent, err := stacks.Agent()
			if err != nil {
				return err
			}
			return s.onEndpoint(c, func(_ *opened, docker *dockerapi.Client) error {
				m, err := daemon.EnterMachine(c.Context, docker, agent, "/var/run/docker.sock")
				if err != nil {
					return err
				}
				defer m.Leave(context.WithoutCancel(c.Context))
				return s.exitingAs(s.execIn(c.Context, docker, m.Container, m.Command(command)))
			})
		},
	}
}

// restartReport is what "server restart --json" prints.
type restartReport struct {
	Role    string `json:"role"`
	Healthy bool   `json:"healthy"`
}

func serverRestartCommand(s *session) *cli.Command {
	return &cli.Command{
		Name: "restart", Usage: "restart the server, or another of the platform's containers, and wait until it is well",
		Flags: platformFlags(jsonFlag, roleFlag, yesFlag),
		Action: func(c *cli.Context) error {
			if err := s.confirm(c, fmt.Sprintf("Restart %s?", c.String("role"))); err != nil {
				return err
			}
			return s.onContainer(c, func(docker *dockerapi.Client, id string) error {
				if err := stacks.Restart(c.Context, docker, id); err != nil {
					return err
				}
				s.say(c, "%s is well", c.String("role"))
				return s.reportIfAsked(c, restartReport{Role: c.String("role"), Healthy: true})
			})
		},
	}
}

// shortImage cuts an image's ID to what docker shows of it.
func shortImage(image string) string {
	if id, ok := strings.CutPrefix(image, "sha256:"); ok && len(id) > 12 {
		return id[:12]
	}
	return image
}

// afterDashes drops the dashes that end the flags.
func afterDashes(args []string) []string {
	if len(args) > 0 && args[0] == "--" {
		return args[1:]
	}
	return args
}

// exitingAs makes a command's exit code this program's.
func (*session) exitingAs(code int, err error) error {
	if err == nil && code != 0 {
		return &exitError{code: code}
	}
	return err
}
