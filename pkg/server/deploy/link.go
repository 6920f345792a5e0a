package deploy

import (
	"context"
	"fmt"
	"time"

	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
)

// LinkRequest says which repository a project's source comes from.
type LinkRequest struct {
	// Project is its name; empty is the one in the repository's config file.
	Project string
	// Source is the repository with its credentials, which the server keeps.
	Source client.Source
	// Poll is how often the server looks for a new commit and deploys it; 0 is
	// never, 5 s the shortest.
	Poll time.Duration
}

// Linked is what became of it.
type Linked struct {
	Project string
	Apps    []string
}

// Link has a project take its source from a repository. It reads the config file
// there first, so that a wrong URL, ref, path or credential shows at once.
func Link(ctx context.Context, p Platform, req LinkRequest, show Progress) (Linked, error) {
	file, err := ReadConfig(ctx, req.Source)
	if err != nil {
		return Linked{}, err
	}
	linked := Linked{Project: file.Project()}
	switch {
	case linked.Project == "":
		return linked, inputf("the repository's %s names no project", ConfigFile)
	case req.Project != "" && req.Project != linked.Project:
		return linked, inputf("project %q: the repository's %s is of the project %s", req.Project, ConfigFile, linked.Project)
	}
	for _, app := range file.Apps() {
		linked.Apps = append(linked.Apps, app.Name)
	}
	if len(linked.Apps) == 0 {
		return linked, inputf("the repository's %s has no app", ConfigFile)
	}
	server, err := Dial(ctx, p)
	if err != nil {
		return linked, err
	}
	defer server.Close()
	err = server.EnsureProject(ctx, client.ProjectSpec{
		Name: linked.Project, Apps: linked.Apps, Repository: &client.Repository{Source: req.Source, Poll: req.Poll},
	})
	if err != nil {
		return linked, err
	}
	return linked, refreshPolled(ctx, p, server, linked.Project, file, show)
}

// Unlink has a project take its source from folders again.
func Unlink(ctx context.Context, p Platform, project string) error {
	server, err := Dial(ctx, p)
	if err != nil {
		return err
	}
	defer server.Close()
	if _, err := server.Project(ctx, project); err != nil {
		return err
	}
	if err := server.SetProjectExpressions(ctx, project, nil); err != nil {
		return err
	}
	return server.EnsureProject(ctx, client.ProjectSpec{Name: project, Repository: &client.Repository{}})
}

// RefreshPolled brings the configuration of a project's polled deploys up to
// date: nobody is there to put it into the config file, which therefore has to
// declare the variable and use it. show hears of apps that go without.
func RefreshPolled(ctx context.Context, p Platform, server *client.Client, project string, show Progress) error {
	found, err := server.Project(ctx, project)
	if err != nil || found.Repository == nil || found.Repository.Poll == 0 {
		return err
	}
	from, err := server.RepositorySource(ctx, project)
	if err != nil {
		return err
	}
	file, err := ReadConfig(ctx, from)
	if err != nil {
		return fmt.Errorf("bring the polled deploys of %s up to date: %w", project, err)
	}
	return refreshPolled(ctx, p, server, project, file, show)
}

func refreshPolled(ctx context.Context, p Platform, server *client.Client, project string, file *appconfig.File, show Progress) error {
	found, err := server.Project(ctx, project)
	if err != nil || found.Repository == nil || found.Repository.Poll == 0 {
		return err
	}
	expressions := map[string]client.Secret{}
	for _, app := range file.Apps() {
		w := &work{Subject: Subject{Project: project, App: app.Name}, server: server, platform: p, deploys: true}
		if err := w.polled(ctx, file, app, expressions, show); err != nil {
			return err
		}
	}
	return server.SetProjectExpressions(ctx, project, expressions)
}

// polled adds the configuration of one app's polled deploys. What the config file
// has no variable for is told.
func (w *work) polled(ctx context.Context, file *appconfig.File, app appconfig.App, expressions map[string]client.Secret, show Progress) error {
	set, err := w.set(ctx, show)
	if err != nil {
		return err
	}
	values := set.with(file, app.Name)
	computed, left := file.ComputedEnv(app.Name)
	if !app.TakesConfig() {
		if !values.empty() && app.Target() == "aws-ec2" {
			show.note("note: %s: %s", w.Name(), noConfig(app))
		}
		return nil
	}
	if app.TakesSecrets() && len(values.secret) > 0 {
		if file.DeclaresSecrets(app.Name) {
			refs, err := w.store(ctx, app, values.secret)
			if err != nil {
				return err
			}
			expressions[appconfig.SecretsVariable(app.Name)] = client.Secret(appconfig.ConfigExpression(refs))
		} else {
			show.note("warning: polled deploys of %s go without its secret configuration until %s has\n"+
				"  variable %q { type = map(string), default = {} } and\n  secrets = var.%[3]s", w.Name(), ConfigFile, appconfig.SecretsVariable(app.Name))
		}
	} else {
		values.plain = values.all()
	}
	switch {
	case file.DeclaresConfig(app.Name):
		expressions[appconfig.ConfigVariable(app.Name)] = client.Secret(appconfig.ConfigExpression(values.plain))
	case len(values.plain)+len(computed)+len(left) > 0:
		show.note("warning: polled deploys of %s go without its configuration until %s has\n"+
			"  variable %q { type = map(string), default = {}, sensitive = true } and\n  static_environment = var.%[3]s",
			w.Name(), ConfigFile, appconfig.ConfigVariable(app.Name))
	}
	return nil
}
