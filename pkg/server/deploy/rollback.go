package deploy

import (
	"context"
	"fmt"

	"github.com/pilot-framework/pilot/pkg/server/client"
)

// Rollback deploys the build of an earlier deployment again and releases it,
// with the configuration of today. number is the deployment's; 0 is the one before
// the newest that worked.
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
