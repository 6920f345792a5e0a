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

// settings are an app's configuration, by name.
type settings struct {
	plain, secret map[string]string
	// own are the names that were set for the app itself, and not for its project
	// or the server.
	own map[string]bool
}

func (s settings) empty() bool { return len(s.plain)+len(s.secret) == 0 }

// all are both kinds together.
func (s settings) all() map[string]string {
	all := maps.Clone(s.plain)
	maps.Copy(all, s.secret)
	return all
}

// configure gives the app's configuration to the job: input variables hold it, and
// the config file hands them to the app's environment.
func (w *work) configure(ctx context.Context, job *client.JobRequest, file *appconfig.File, show Progress) error {
	set, err := w.set(ctx, show)
	if err != nil {
		return err
	}
	if file == nil && (w.deploys || !set.empty()) {
		file, err = w.linkedFile(ctx)
		switch {
		case err != nil && set.empty():
			show.note("warning: what %s itself says of the configuration does not reach the app: %v", ConfigFile, err)
			return nil
		case err != nil:
			return fmt.Errorf("%s has configuration, which is put into its %s before a deploy: %w", w.Name(), ConfigFile, err)
		}
	}
	if file == nil {
		return nil
	}
	computed, left := file.ComputedEnv(w.App)
	values := set.with(file, w.App)
	if values.empty() && len(computed)+len(left) == 0 {
		return nil
	}
	app, ok := file.App(w.App)
	if !ok {
		return inputf("app %q: %s has none of that name", w.App, ConfigFile)
	}
	if !app.TakesConfig() {
		show.note("note: %s: %s", w.Name(), noConfig(app))
		return nil
	}
	for _, name := range left {
		show.note("warning: %s in config.env of %s is computed from what a deploy does not know (dynamic or config); the app does not get it", name, ConfigFile)
	}
	return w.deliver(ctx, job, file, app, values, show)
}

// deliver puts the configuration into the job.
func (w *work) deliver(ctx context.Context, job *client.JobRequest, file *appconfig.File, app appconfig.App, values settings, show Progress) error {
	job.Expressions = map[string]client.Secret{}
	if len(values.secret) > 0 && w.deploys {
		if app.TakesSecrets() {
			refs, err := w.store(ctx, app, values.secret)
			if err != nil {
				return err
			}
			if file, err = file.DeliverSecrets(w.App); err != nil {
				return &InputError{err}
			}
			job.Expressions[appconfig.SecretsVariable(w.App)] = client.Secret(appconfig.ConfigExpression(refs))
		} else {
			if why := SecretNote(app); why != "" {
				show.note("note: %s: %s", strings.Join(slices.Sorted(maps.Keys(values.secret)), ", "), why)
			}
			values.plain = values.all()
		}
	} else if w.deploys && app.TakesSecrets() {
		w.emptySecrets(ctx, app, show)
	}
	delivered, err := file.DeliverConfig(w.App)
	if err != nil {
		return &InputError{err}
	}
	job.Config = delivered.Bytes()
	job.Expressions[appconfig.ConfigVariable(w.App)] = client.Secret(appconfig.ConfigExpression(values.plain))
	return nil
}

// noConfig says why a target gets no configuration.
func noConfig(app appconfig.App) string {
	if app.Target() == "aws-ec2" {
		return "the deploy engine hands no configuration to machines of aws-ec2; none of it reaches the app"
	}
	return "it runs no program, so it gets none of the project's configuration"
}

// SecretNote says how the app's target is handed secrets, and who can read them
// where it is handed them like any other variable. On the platform's own Docker
// that is who has its endpoint, which needs no word.
func SecretNote(app appconfig.App) string {
	const deliver = "the deploy engine has no way to hand over a secret there but as plain environment: who may read the "
	switch app.Target() {
	case "aws-ecs":
		return "kept in AWS Secrets Manager at the next deploy; the task definition refers to it"
	case "aws-lambda":
		return deliver + "function's configuration in AWS (lambda:GetFunction) reads it too"
	case "google-cloud-run":
		return deliver + "service in Google Cloud (run.services.get) reads it too"
	case "kubernetes":
		return deliver + "deployment in the cluster reads it too"
	}
	return ""
}

// set is the app's configuration on the server.
func (w *work) set(ctx context.Context, show Progress) (settings, error) {
	out := settings{plain: map[string]string{}, secret: map[string]string{}, own: map[string]bool{}}
	list, err := w.server.Variables(ctx, client.Scope{Project: w.Project, App: w.App, Workspace: w.req.Workspace})
	if err != nil {
		return out, err
	}
	for _, v := range list {
		out.own[v.Name] = v.Scope.App != ""
		switch {
		case v.Value == "":
			show.note("warning: the variable %s is computed on the server; the app does not get it", v.Name)
		case v.Secret:
			out.secret[v.Name] = v.Value.Reveal()
		default:
			out.plain[v.Name] = v.Value.Reveal()
		}
	}
	return out, nil
}

// with adds what the config file says. It wins over what was set on the server for
// the same scope: the deploy engine writes it over that there, in each job. What was
// set for the app wins over what the file says of the whole project.
func (s settings) with(file *appconfig.File, app string) settings {
	if file == nil {
		return s
	}
	ofProject, ofApp := maps.Clone(file.Config().Env), map[string]string{}
	if a, ok := file.App(app); ok {
		ofApp = a.Config.Env
	}
	// A computed value of the app stands over a plain one of the project.
	computed, left := file.ComputedEnv(app)
	for _, name := range slices.Concat(computed, left) {
		delete(ofProject, name)
	}
	maps.DeleteFunc(ofProject, func(name, _ string) bool { return s.own[name] })
	for _, values := range []map[string]string{ofProject, ofApp} {
		for name, value := range values {
			delete(s.secret, name)
			s.plain[name] = value
		}
	}
	return s
}
