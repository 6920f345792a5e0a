package deploy

import (
	"context"
	"fmt"

	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
)

// Rollback deploys the build of an earlier deployment again and releases it,
// with the configuration of today. number is the deployment's; 0 is the one before
// the newest that worked. The error is an *InputError when its image is gone since
// a later build has the same name.
//
// Of a static site the earlier deployment itself is released, for its files are
// still in the bucket: no more than a change of one path. There 0 is the one before
// the one that is served, and the error is an *InputError when its files were
// pruned.
func Rollback(ctx context.Context, p Platform, req Request, number uint64, show Progress) (*client.Result, error) {
	w, err := begin(ctx, p, req, last)
	if err != nil {
		return nil, err
	}
	defer w.server.Close()
	w.deploys = true
	list, err := w.deployments(ctx, 0)
	if err != nil {
		return nil, err
	}
	choose := earlier
	site := len(list) > 0 && static(list[0].Target)
	if site {
		choose = earlierSite
	}
	to, err := choose(list, number, w.Name())
	if err != nil {
		return nil, err
	}
	if err := w.replaced(list, to); err != nil {
		return nil, err
	}
	job, err := w.job(ctx, last, show)
	if err != nil {
		return nil, err
	}
	show.note("back to deployment %d of %s", to.Number, w.Name())
	job.Deployment = to.ID
	if site {
		return w.server.Release(ctx, job, show.Event)
	}
	deployed, err := w.server.Deploy(ctx, job, show.Event)
	if err != nil {
		return nil, err
	}
	job.Deployment = deployed.DeploymentID
	result, err := w.server.Release(ctx, job, show.Event)
	if err != nil {
		return nil, err
	}
	result.Deployment, result.DeploymentID = deployed.Deployment, deployed.DeploymentID
	if result.URL == "" {
		result.URL, result.URLs = deployed.URL, deployed.URLs
	}
	return result, nil
}

// replaced refuses a deployment whose image a later build took the name of, which
// is what would be deployed. Builds of the same commit are the same.
func (w *work) replaced(list []client.Deployment, to client.Deployment) error {
	if to.Build.Image == "" {
		return nil
	}
	// A rollback's own job knows the newest commit: the deployment that a build was
	// made for is the first of it.
	commits := map[uint64]string{}
	for _, d := range list { // the newest first
		commits[d.Build.Number] = d.Commit
	}
	from := commits[to.Build.Number]
	for _, d := range list {
		if d.Build.Image != to.Build.Image || d.Build.Number <= to.Build.Number {
			continue
		}
		if at := commits[d.Build.Number]; at != "" && at == from {
			continue
		}
		how := "tag = " + appconfig.DefaultTag + " in the registry stanza of " + ConfigFile
		if to.Target == "docker" {
			how = fmt.Sprintf("in %s the build stanza of the app takes registry { use \"docker\" { image = %q, tag = %s, local = true } }, one to a line,",
				ConfigFile, appconfig.LocalImage(w.Project, w.App), appconfig.DefaultTag)
		}
		return inputf("deployment %d of %s: its image %s was replaced by that of deployment %d, which has the same name, so there is nothing to go back to; %s gives each build a name of its own from the next pilot up on",
			to.Number, w.Name(), to.Build.Image, d.Number, how)
	}
	return nil
}

// earlier finds the deployment to go back to. The list begins with the newest.
func earlier(list []client.Deployment, number uint64, name string) (client.Deployment, error) {
	var worked []client.Deployment
	for _, d := range list {
		made := d.State == client.DeploymentRunning || d.State == client.DeploymentDestroyed
		if made && number == d.Number {
			return d, nil
		}
		if made {
			worked = append(worked, d)
		} else if number == d.Number {
			return d, inputf("deployment %d of %s is %s: there is nothing to go back to", number, name, d.State)
		}
	}
	if number != 0 {
		return client.Deployment{}, inputf("deployment %d: %s has none of that number; pilot deployments %s lists them", number, name, name)
	}
	if len(worked) < 2 {
		return client.Deployment{}, &InputError{fmt.Errorf("%s has no earlier deployment to go back to", name)}
	}
	return worked[1], nil
}
