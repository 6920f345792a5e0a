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
	"github.com/pilot-framework/pilot/pkg/server/source"
)

// sourceKind says which source an operation can work on.
type sourceKind int

const (
	// fresh: the present content of the repository or the folder.
	fresh sourceKind = iota
	// known: as fresh, or the source that the last job worked on.
	known
	// last: the source that the last job worked on, if there is one.
	last
)

// work is a chosen app and a connection to its server.
type work struct {
	Subject
	platform Platform
	req      Request
	server   *client.Client
	linked   *client.Repository
	// deploys is true when the job makes a deployment, which then needs the app's
	// secrets.
	deploys bool
}

// Dial connects to a platform's server.
func Dial(ctx context.Context, p Platform) (*client.Client, error) {
	return client.Dial(ctx, client.Config{Address: p.Address, CA: p.CA, Token: p.Token})
}

// begin chooses the app and looks its project up.
func begin(ctx context.Context, p Platform, req Request, kind sourceKind) (w *work, err error) {
	w = &work{platform: p, req: req}
	server, err := Dial(ctx, p)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, server.Close())
		}
	}()
	w.server = server
	if w.Subject, err = Choose(ctx, w.server, req); err != nil {
		return nil, err
	}
	found, err := w.server.Project(ctx, w.Project)
	switch {
	case err == nil:
		w.linked = found.Repository
	case !errors.Is(err, client.ErrNotFound):
		return nil, err
	}
	if kind == fresh && w.File != nil {
		if err = w.server.EnsureProject(ctx, client.ProjectSpec{Name: w.Project, Apps: []string{w.App}}); err != nil {
			return nil, fmt.Errorf("make the project %s on the server: %w", w.Project, err)
		}
	}
	return w, nil
}

// job is the request for a job: what it works on, and the app's configuration.
func (w *work) job(ctx context.Context, kind sourceKind, show Progress) (client.JobRequest, error) {
	job := client.JobRequest{Project: w.Project, App: w.App, Workspace: w.req.Workspace, Variables: w.req.Variables}
	file, err := w.from(ctx, kind, &job, show)
	if err != nil {
		return job, err
	}
	if kind != fresh {
		if err := w.inherit(ctx, &job, file); err != nil {
			return job, err
		}
	}
	if job.Keep, err = w.keep(ctx, file); err != nil {
		return job, err
	}
	return job, w.configure(ctx, &job, file, show)
}

// inherit has a job on what is deployed already use the input variables' values
// that it was deployed with, as far as the caller gives no others and the config
// file still has the variables.
func (w *work) inherit(ctx context.Context, job *client.JobRequest, file *appconfig.File) error {
	before, err := w.server.LastJob(ctx, w.Project, w.App, w.req.Workspace)
	if errors.Is(err, client.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if file != nil {
		maps.DeleteFunc(before.Variables, func(name, _ string) bool {
			return !slices.ContainsFunc(file.Variables(), func(v appconfig.Variable) bool { return v.Name == name })
		})
	}
	maps.Copy(before.Variables, job.Variables)
	job.Variables = before.Variables
	return nil
}

// from sets the job's source. The file is nil where only the repository has it.
func (w *work) from(ctx context.Context, kind sourceKind, job *client.JobRequest, show Progress) (*appconfig.File, error) {
	if kind == last {
		file, err := w.fromLast(ctx, job)
		if !errors.Is(err, client.ErrNotFound) {
			return file, err
		}
	}
	switch {
	case w.linked != nil && !w.req.Local:
		show.note("source: %s", w.linked.Source)
		return nil, nil
	case w.File != nil:
		var err error
		job.Source, err = send(ctx, w.platform, w.Root, w.Project, w.App, show)
		job.Config = w.File.Bytes()
		return w.File, err
	case kind == fresh:
		return nil, inputf("%s: there is no %s here, and the project is not linked to a repository: go to the app's folder, or pilot link --git URL", w.Name(), ConfigFile)
	}
	file, err := w.fromLast(ctx, job)
	if errors.Is(err, client.ErrNotFound) {
		return nil, inputf("%s was never deployed; pilot up does that", w.Name())
	}
	return file, err
}

// fromLast takes the source of the last job over. Credentials for a snapshot end
// soon, so it asks for new ones.
func (w *work) fromLast(ctx context.Context, job *client.JobRequest) (*appconfig.File, error) {
	before, err := w.server.LastJob(ctx, w.Project, w.App, w.req.Workspace)
	if err != nil {
		return nil, err
	}
	from, config := before.Source, before.Config
	receiver := source.Receiver{URL: w.platform.Source, CA: w.platform.CA, Token: w.platform.Token}
	if !strings.HasPrefix(from.URL, strings.TrimSuffix(w.platform.RunnerSource, "/")+"/") {
		return nil, nil // the linked repository, whose credentials the server has
	}
	cred, err := receiver.Credentials(ctx, w.Project, from.Ref, credentialLife)
	if errors.Is(err, source.ErrNotFound) {
		return nil, client.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("let the runner read the source: %w", err)
	}
	from.Username, from.Password = cred.Username, cred.Password
	job.Source, job.Config = from, config
	if len(config) == 0 {
		return nil, nil
	}
	return appconfig.Parse(config, ConfigFile)
}
