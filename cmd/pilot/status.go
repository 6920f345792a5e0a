package main

import (
	"fmt"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

func statusCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "status",
		Usage:     "say how the platform is: server, Docker endpoint, database, runners; or how an app is",
		ArgsUsage: "[[PROJECT/]APP]",
		Flags: platformFlags(jsonFlag,
			&cli.StringFlag{Name: "dir", Value: ".", Usage: "the folder that holds the app"},
			&cli.StringFlag{Name: "workspace", Usage: "the app's workspace"}),
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return s.appStatus(c)
			}
			o, err := s.open(c)
			if err != nil {
				return err
			}
			defer o.Close()
			out, err := o.outputs(c.Context)
			if err != nil {
				return err
			}
			status, err := inspect(c.Context, o, out)
			if err != nil {
				return err
			}
			if c.Bool("json") {
				err = s.writeJSON(status)
			} else {
				s.printStatus(status)
			}
			if err == nil && !status.Simulated && !status.Healthy() {
				err = &exitError{code: exitFailure, err: fmt.Errorf("the platform is not healthy")}
			}
			return err
		},
	}
}

func (s *session) printStatus(status stacks.Status) {
	style := terminal.StyleOf(s.out)
	word := func(ok bool) string {
		if ok {
			return style.Good("healthy")
		}
		return style.Bad("not healthy")
	}
	rows := [][]string{
		{"server", word(status.Server.Healthy), status.Server.Address + " " + status.Server.Version},
		{"ui", "", status.Server.UI},
		{"docker", word(status.Docker.Healthy), status.Docker.Endpoint},
		{"database", word(status.Database.Healthy), fmt.Sprintf("%s:%d", status.Database.Host, status.Database.Port)},
	}
	for _, r := range status.Runners {
		rows = append(rows, []string{"runner", map[bool]string{true: style.Good("online"), false: style.Bad("offline")}[r.Online], r.ID})
	}
	for _, c := range status.Certificates {
		rows = append(rows, []string{"certificate", fmt.Sprintf("%d days", c.DaysLeft), c.Role + " " + c.Name})
	}
	terminal.Table(s.out, nil, rows)
	for _, p := range status.Problems {
		fmt.Fprintln(s.out, style.Warn("! ")+p)
	}
}
