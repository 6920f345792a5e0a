package main

import (
	"fmt"
	"strings"

	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

func serverCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "server",
		Usage: "look after the Pilot server and its Docker endpoint",
		Subcommands: []*cli.Command{
			serverStatusCommand(s), serverLogsCommand(s), serverExecCommand(s), serverShellCommand(s), serverRestartCommand(s), serverRotateCommand(s),
			serverBackupCommand(s), serverRestoreCommand(s), serverUpgradeCommand(s), serverDestroyCommand(s),
			{
				Name:  "docker-env",
				Usage: "print shell lines that point the stock docker client at the platform's endpoint",
				Flags: platformFlags(jsonFlag),
				Action: func(c *cli.Context) error {
					o, err := s.open(c)
					if err != nil {
						return err
					}
					defer o.Close()
					out, err := o.outputs(c.Context)
					if err != nil {
						return err
					}
					if out.Docker.Host == "" {
						return stacks.ErrNotSetUp
					}
					dir, err := o.home.DockerCerts(o.spec.Stack, out.Docker.CA, out.Docker.Cert, out.Docker.Key)
					if err != nil {
						return err
					}
					if c.Bool("json") {
						return s.writeJSON(map[string]string{"DOCKER_HOST": out.Docker.Host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": dir})
					}
					fmt.Fprintf(s.out, "export DOCKER_HOST=%s DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=%s\n", out.Docker.Host, shellQuote(dir))
					return nil
				},
			},
		},
	}
}

// serverDestroyCommand is pilot destroy for those who look for it here.
func serverDestroyCommand(s *session) *cli.Command {
	return &cli.Command{
		Name: "destroy", Usage: "remove the platform with its apps and its database, as pilot destroy does",
		Flags: platformFlags(jsonFlag, yesFlag), Action: destroyCommand(s).Action,
	}
}

// shellQuote makes text one word for a POSIX shell.
func shellQuote(text string) string {
	if !strings.ContainsAny(text, " \t\n'\"\\$`!*?[]{}()<>|&;#~") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
