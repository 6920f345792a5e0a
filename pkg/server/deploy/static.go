package deploy

import (
	"context"
	"fmt"
	"strings"

	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
)

// keptSites is how many deployments of a static site stay when its release stanza
// does not say keep, as its plugin has it.
const keptSites = 10

// static reports whether a deployment is the files of a site. They lie in their
// bucket and cost next to nothing, so more of them are kept than of programs that
// run, and going back to one needs no new deployment.
func static(plugin string) bool {
	t, ok := appconfig.TargetByPlugin(plugin)
	return ok && t.Static
}

// keep is how many earlier deployments the app's release leaves; 0 is the
// server's own number.
func (w *work) keep(ctx context.Context, file *appconfig.File) (int, error) {
	if file != nil {
		if app, ok := file.App(w.App); ok {
			return keptBy(app), nil
		}
	}
	list, err := w.deployments(ctx, 1)
	if err != nil || len(list) == 0 || !static(list[0].Target) {
		return 0, err
	}
	return keptSites - 1, nil
}

// deployments are the app's in the request's workspace, the newest first; limit 0
// is all.
func (w *work) deployments(ctx context.Context, limit int) ([]client.Deployment, error) {
	workspace := w.req.Workspace
	if workspace == "" {
		workspace = client.DefaultWorkspace
	}
	return w.server.Deployments(ctx, client.DeploymentFilter{Project: w.Project, App: w.App, Workspace: workspace, Limit: limit})
}

// keptBy reads the app's release stanza.
func keptBy(app appconfig.App) int {
	if !static(app.Deploy.Use) {
		return 0
	}
	kept := 0
	if app.Release != nil {
		switch o := app.Release.Options.(type) {
		case *appconfig.CloudFrontRelease:
			kept = o.Keep
		case *appconfig.CloudCDNRelease:
			kept = o.Keep
		}
	}
	if kept < 2 { // not said, or computed from a variable
		kept = keptSites
	}
	return kept - 1
}

// earlierSite finds the deployment of a static site to serve again: the one of
// that number, or for 0 the newest one before the one that is served. The list
// begins with the newest.
func earlierSite(list []client.Deployment, number uint64, name string) (client.Deployment, error) {
	served := uint64(0)
	for _, d := range list {
		if d.Released {
			served = d.Number
		}
	}
	if served == 0 && len(list) > 0 { // nothing was released yet, or all is destroyed
		served = list[0].Number
	}
	var there []string
	var found, next client.Deployment
	pruned := false
	for _, d := range list {
		switch {
		case d.Number == number:
			found = d
		case d.State == client.DeploymentRunning && d.Number < served && next.ID == "":
			next = d
		}
		if d.State == client.DeploymentRunning && d.Number != served {
			there = append(there, fmt.Sprint(d.Number))
		}
		pruned = pruned || d.State == client.DeploymentDestroyed && d.Number < served
	}
	kept := "no other deployment has its files left"
	if len(there) > 0 {
		kept = "to go back to there are " + strings.Join(there, ", ")
	}
	const hint = "; keep in the release stanza says how many stay"
	switch {
	case number != 0 && found.ID == "":
		return found, inputf("deployment %d: %s has none of that number; pilot deployments %s lists them", number, name, name)
	case number != 0 && number == served && found.Released:
		return found, inputf("deployment %d of %s is what is served now: %s", number, name, kept)
	case number != 0 && found.State == client.DeploymentDestroyed:
		return found, inputf("deployment %d of %s was pruned, its files are gone: %s%s", number, name, kept, hint)
	case number != 0 && found.State != client.DeploymentRunning:
		return found, inputf("deployment %d of %s is %s: there is nothing to go back to", number, name, found.State)
	case number != 0:
		return found, nil
	case next.ID == "" && pruned:
		return next, inputf("%s has no deployment before %d to go back to: the earlier ones were pruned%s", name, served, hint)
	case next.ID == "":
		return next, inputf("%s has no earlier deployment to go back to", name)
	}
	return next, nil
}
