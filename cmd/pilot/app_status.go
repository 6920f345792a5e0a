package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/urfave/cli/v2"
)

// appReport is what "status APP --json" prints.
type appReport struct {
	Project string `json:"project"`
	App     string `json:"app"`
	// URL is where the app answers.
	URL string `json:"url,omitempty"`
	// Running are the deployments that exist, the newest first.
	Running []deploymentReport `json:"running"`
	// Last is the newest deployment, also when it failed.
	Last *deploymentReport `json:"last,omitempty"`
	// Jobs are those in progress.
	Jobs []jobReport `json:"jobs"`
	// Repository is what the project is linked to.
	Repository string `json:"repository,omitempty"`
	// Variables is how many configuration variables the app gets.
	Variables int `json:"variables"`
}

type jobReport struct {
	ID        string          `json:"id"`
	Operation string          `json:"operation"`
	State     client.JobState `json:"state"`
	Runner    string          `json:"runner,omitempty"`
	// Waits says why a job that is queued does not run yet.
	Waits string `json:"waits,omitempty"`
}

// appStatus is "status APP".
func (s *session) appStatus(c *cli.Context) error {
	request, err := oneApp(c)
	if err != nil {
		return err
	}
	app, err := chooseApp(c, request)
	if err != nil {
		return err
	}
	defer app.Close()
	report, err := app.report(c)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return s.writeJSON(report)
	}
	s.printApp(report)
	return nil
}

func (a *chosen) report(c *cli.Context) (appReport, error) {
	r := appReport{Project: a.Project, App: a.App, Running: []deploymentReport{}, Jobs: []jobReport{}}
	list, err := a.deployments(c.Context, 0)
	if err != nil {
		return r, err
	}
	for i, d := range list {
		one := newDeploymentReport(d)
		if i == 0 {
			r.Last = &one
		}
		if d.State == client.DeploymentRunning {
			// The newest one alone serves where the target does not say which; it may
			// still be asked about that.
			if (len(r.Running) == 0 || d.Released) && len(d.URLs) > 0 {
				r.URL = d.URLs[0]
			}
			r.Running = append(r.Running, one)
		}
	}
	jobs, err := a.server.Jobs(c.Context, client.JobFilter{Project: a.Project, App: a.App, Active: true})
	if err != nil {
		return r, err
	}
	for _, j := range jobs {
		one := jobReport{ID: j.ID, Operation: j.Operation, State: j.State, Runner: j.Runner}
		if j.State == client.JobQueued {
			why, err := a.server.WhyWaiting(c.Context, j.ID)
			if err != nil {
				return r, err
			}
			one.Waits = why.Reason
		}
		r.Jobs = append(r.Jobs, one)
	}
	variables, err := a.server.Variables(c.Context, a.scope())
	if err != nil {
		return r, err
	}
	r.Variables = len(variables)
	if project, err := a.server.Project(c.Context, a.Project); err == nil && project.Repository != nil {
		r.Repository = project.Repository.Source.String()
	}
	return r, nil
}

func (a *chosen) scope() client.Scope {
	return client.Scope{Project: a.Project, App: a.App, Workspace: a.request.Workspace}
}

func (s *session) printApp(r appReport) {
	style := terminal.StyleOf(s.out)
	rows := [][]string{{"app", style.Bold(r.Project + "/" + r.App)}}
	switch {
	case r.Last == nil:
		rows = append(rows, []string{"state", "never deployed"})
	case len(r.Running) == 0:
		rows = append(rows, []string{"state", style.Bad("not running") + ", last deployment " + string(r.Last.State)})
	default:
		serving := r.Running[0]
		if i := slices.IndexFunc(r.Running, func(d deploymentReport) bool { return d.Released }); i > 0 {
			serving = r.Running[i]
		}
		state := fmt.Sprintf("running, deployment %d", serving.Number)
		if serving.Health != "" {
			state += ", " + strings.ToLower(serving.Health)
		}
		rows = append(rows, []string{"state", style.Good(state)})
	}
	if r.Last != nil && r.Last.Error != "" {
		rows = append(rows, []string{"last error", style.Bad(r.Last.Error)})
	}
	if r.URL != "" {
		rows = append(rows, []string{"url", r.URL})
	}
	for _, j := range r.Jobs {
		job := j.Operation + " " + string(j.State)
		if j.Waits != "" {
			job += ": " + j.Waits
		}
		rows = append(rows, []string{"job", job})
	}
	if r.Repository != "" {
		rows = append(rows, []string{"repository", r.Repository})
	}
	rows = append(rows, []string{"configuration", counted(r.Variables, "variable")})
	terminal.Table(s.out, nil, rows)
}
