package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
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

// forgetSecrets removes what was kept for an app that is destroyed. The config is
// the one that its job used; empty is that of the linked repository.
func (w *work) forgetSecrets(ctx context.Context, config []byte) error {
	set, err := w.set(ctx, Progress{})
	if err != nil || len(set.secret) == 0 || w.platform.Secrets == nil {
		return err
	}
	var file *appconfig.File
	if len(config) > 0 {
		file, err = appconfig.Parse(config, ConfigFile)
	} else {
		file, err = w.linkedFile(ctx)
	}
	if err == nil {
		app, ok := file.App(w.App)
		if !ok || !app.TakesSecrets() {
			return nil
		}
		var place SecretPlace
		if place, err = w.secretPlace(app); err == nil {
			err = w.platform.Secrets.Delete(ctx, w.server, place)
		}
	}
	if err != nil {
		return fmt.Errorf("%s is destroyed, but not its secret variables in the cloud: %w", w.Name(), err)
	}
	return nil
}
