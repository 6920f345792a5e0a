package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/urfave/cli/v2"
)

// deploymentReport is one row of "deployments --json".
type deploymentReport struct {
	Number    uint64                 `json:"number"`
	State     client.DeploymentState `json:"state"`
	Target    string                 `json:"target"`
	Workspace string                 `json:"workspace"`
	Commit    string                 `json:"commit,omitempty"`
	Started   time.Time              `json:"started"`
	URLs      []string               `json:"urls"`
	// Health is READY, ALIVE, DOWN, PARTIAL, MISSING or UNKNOWN, or empty.
	Health string `json:"health,omitempty"`
	Error  string `json:"error,omitempty"`
	// Released is true for what the target serves, where it tells releases from
	// deployments; there the newest one need not be it.
	Released bool `json:"released,omitempty"`
}

func newDeploymentReport(d client.Deployment) deploymentReport {
	return deploymentReport{
		Number: d.Number, State: d.State, Target: d.Target, Workspace: d.Workspace, Commit: d.Commit,
		Started: d.Started.Local(), URLs: d.URLs, Health: d.Health.Status, Error: d.Error, Released: d.Released,
	}
}

func deploymentsCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "deployments",
		Usage:     "list the app's deployments, the newest first",
		ArgsUsage: "[[PROJECT/]APP]",
		Flags:     appFlags(&cli.IntFlag{Name: "limit", Value: 20, Usage: "how many at most; 0 is all"}),
		Action: func(c *cli.Context) error {
			if n := c.Int("limit"); n < 0 {
				return usagef("--limit %d: want 0 or more", n)
			}
			request, err := oneApp(c)
			if err != nil {
				return err
			}
			app, err := chooseApp(c, request)
			if err != nil {
				return err
			}
			defer app.Close()
			list, err := app.deployments(c.Context, c.Int("limit"))
			if err != nil {
				return err
			}
			reports := make([]deploymentReport, 0, len(list))
			for _, d := range list {
				reports = append(reports, newDeploymentReport(d))
			}
			if c.Bool("json") {
				return s.writeJSON(reports)
			}
			if len(reports) == 0 {
				s.say(c, "%s was never deployed", app.Name())
				return nil
			}
			s.printDeployments(reports)
			return nil
		},
	}
}

func (s *session) printDeployments(list []deploymentReport) {
	style := terminal.StyleOf(s.out)
	rows := make([][]string, 0, len(list))
	for _, d := range list {
		state := string(d.State)
		if d.Released {
			state = "serving"
		}
		switch d.State {
		case client.DeploymentRunning:
			state = style.Good(state)
		case client.DeploymentFailed:
			state = style.Bad(state)
		}
		rows = append(rows, []string{
			fmt.Sprint(d.Number), state, strings.ToLower(d.Health), d.Started.Format(time.DateTime), d.Target, short(d.Commit), strings.Join(d.URLs, " "),
		})
	}
	terminal.Table(s.out, []string{"NUMBER", "STATE", "HEALTH", "STARTED", "TARGET", "COMMIT", "URL"}, rows)
}

// short is the beginning of a commit's hash, as git shows it.
func short(commit string) string { return commit[:min(len(commit), 8)] }
