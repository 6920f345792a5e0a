package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/cloud"
)

// SecretStore keeps secret configuration in a cloud, where an app's target reads it
// from when it starts the app. It acts with what the server gives its runners.
type SecretStore interface {
	// Put keeps the values, instead of those kept before, and returns what the
	// target refers to each with.
	Put(ctx context.Context, server *client.Client, place SecretPlace, values map[string]string) (map[string]string, error)
	// Delete removes what is kept. Nothing there is no error.
	Delete(ctx context.Context, server *client.Client, place SecretPlace) error
}

// SecretPlace is where an app's secrets are kept, and who may read them.
type SecretPlace struct {
	// Target is the name of an app's target, such as "aws-ecs".
	Target string
	// Region is the cloud's region.
	Region string
	// Name tells the app apart from all others of the platform.
	Name string
	// App is the app's name.
	App string
	// Role is the IAM role that starts the app; empty is the target's default.
	Role string
}

// secretPlace reads from the config file where the app's secrets go.
func (w *work) secretPlace(app appconfig.App) (SecretPlace, error) {
	place := SecretPlace{Target: app.Target(), App: app.Name, Name: w.Project + "/" + w.App}
	if w.req.Workspace != "" && w.req.Workspace != "default" {
		place.Name += "/" + w.req.Workspace
	}
	ecs, ok := app.Deploy.Options.(*appconfig.ECSDeploy)
	if !ok {
		return place, inputf("app %s: target %s takes no secrets by reference", app.Name, place.Target)
	}
	for _, option := range []string{"region", "execution_role_name"} {
		if expr, computed := app.Deploy.Expressions[option]; computed {
			return place, inputf("app %s: deploy.%s is %s: want it in plain text, since the app's secret variables are kept in that region for that role", app.Name, option, expr)
		}
	}
	place.Region, place.Role = ecs.Region, ecs.ExecutionRoleName
	return place, nil
}

// store keeps the app's secrets and returns what its target refers to them with.
func (w *work) store(ctx context.Context, app appconfig.App, values map[string]string) (map[string]string, error) {
	names := strings.Join(slices.Sorted(maps.Keys(values)), ", ")
	place, err := w.secretPlace(app)
	if err != nil {
		return nil, err
	}
	if w.platform.Secrets == nil {
		return nil, fmt.Errorf("%s: nothing is set up to keep the secret variables %s in for %s", w.Name(), names, place.Target)
	}
	refs, err := w.platform.Secrets.Put(ctx, w.server, place, values)
	if err != nil {
		return nil, fmt.Errorf("%s: keep the secret variables %s for %s: %w; set without --secret they are delivered in the clear", w.Name(), names, place.Target, err)
	}
	return refs, nil
}

// emptySecrets keeps no values any more for an app whose last secret variable was
// unset. Its kept secret itself stays until the app is destroyed: running
// deployments refer to their version of it. The deploy needs none of this, so that
// it is no reason to fail.
func (w *work) emptySecrets(ctx context.Context, app appconfig.App, show Progress) {
	if w.platform.Secrets == nil {
		return
	}
	had, err := w.server.DeployedWith(ctx, w.Project, w.App, w.req.Workspace, appconfig.SecretsVariable(w.App))
	if err == nil && !had {
		return
	}
	if err == nil {
		var place SecretPlace
		if place, err = w.secretPlace(app); err == nil {
			_, err = w.platform.Secrets.Put(ctx, w.server, place, map[string]string{})
		}
	}
	if err != nil {
		show.note("warning: what was kept of the secret variables of %s stays until its next deploy with some, or pilot destroy: %v", w.Name(), err)
	}
}

// forgetSecrets removes what was kept for an app that is destroyed, also when its
// secret variables were unset before. The config is the one that its job used;
// empty is that of the linked repository.
func (w *work) forgetSecrets(ctx context.Context, config []byte, show Progress) error {
	if w.platform.Secrets == nil {
		return nil
	}
	set, err := w.set(ctx, Progress{})
	if err != nil {
		return err
	}
	err = w.deleteSecrets(ctx, config, len(set.secret) > 0)
	switch {
	case err == nil:
		return nil
	case len(set.secret) > 0:
		return fmt.Errorf("%s is destroyed, but not its secret variables in the cloud: %w", w.Name(), err)
	case errors.Is(err, cloud.ErrNoIdentity):
		return nil // As a rule it never had any: to keep some takes an identity too.
	}
	show.note("warning: whether secret variables of %s are kept in the cloud from earlier is not known: %v", w.Name(), err)
	return nil
}

// deleteSecrets removes what may be kept. set is whether the app has secret
// variables now.
func (w *work) deleteSecrets(ctx context.Context, config []byte, set bool) error {
	var file *appconfig.File
	var err error
	if len(config) > 0 {
		file, err = appconfig.Parse(config, ConfigFile)
	} else {
		// A repository is not read for what its deployments tell.
		if takes, err := w.tookSecrets(ctx); err != nil || !takes && !set {
			return err
		}
		file, err = w.linkedFile(ctx)
	}
	if err != nil {
		return err
	}
	app, ok := file.App(w.App)
	if !ok || !app.TakesSecrets() {
		return nil
	}
	place, err := w.secretPlace(app)
	if err != nil {
		if !set {
			return nil // Nothing was ever kept in a place that is not known.
		}
		return err
	}
	return w.platform.Secrets.Delete(ctx, w.server, place)
}

// tookSecrets reports whether the app was ever on a target that takes secrets by
// reference.
func (w *work) tookSecrets(ctx context.Context) (bool, error) {
	list, err := w.deployments(ctx, 0)
	return slices.ContainsFunc(list, func(d client.Deployment) bool {
		return appconfig.App{Deploy: appconfig.Stage{Use: d.Target}}.TakesSecrets()
	}), err
}
