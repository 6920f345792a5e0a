// Package deploy takes an app from a folder to a URL: it sends the folder's
// present content to the platform and has a runner there build, deploy and
// release it. Whoever calls it needs a token, and no rights to Docker or a cloud.
package deploy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/source"
)

// ConfigFile is the file that describes a project and its apps.
const ConfigFile = "waypoint.hcl"

// Platform is how a platform is reached.
type Platform struct {
	// Address is host:port of the server's API.
	Address string
	// CA is the PEM of the only authority to trust.
	CA []byte
	// Token says who is asking.
	Token string
	// Source is the source receiver's URL, RunnerSource the same as the
	// runners reach it.
	Source, RunnerSource string
	// Cache is a folder that remembers what was sent; empty is no memory.
	Cache string
}

// Request says what to deploy.
type Request struct {
	// Dir is the folder that holds the config file.
	Dir string
	// App is one of the project's apps; it may be empty when there is but one.
	App string
	// Workspace separates deployments of the same app. Empty is the default one.
	Workspace string
	// Variables are values for the config file's input variables.
	Variables map[string]string
}

// Progress hears what happens; each function may be nil.
type Progress struct {
	// Note gets a line for people.
	Note func(line string)
	// Event gets the events of the job.
	Event func(client.Event)
}

func (p Progress) note(format string, args ...any) {
	if p.Note != nil {
		p.Note(fmt.Sprintf(format, args...))
	}
}

// InputError is something wrong with the folder or the request; nothing was
// changed.
type InputError struct{ Err error }

// Error says what is wrong.
func (e *InputError) Error() string { return e.Err.Error() }

// Unwrap gives the reason.
func (e *InputError) Unwrap() error { return e.Err }

func inputf(format string, args ...any) error { return &InputError{fmt.Errorf(format, args...)} }

// Up builds, deploys and releases the folder's present content. A failure of
// the job is a *client.JobError, which names the step.
func Up(ctx context.Context, p Platform, req Request, show Progress) (*client.Result, error) {
	project, app, err := choose(req)
	if err != nil {
		return nil, err
	}
	server, err := client.Dial(ctx, client.Config{Address: p.Address, CA: p.CA, Token: p.Token})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	if err := server.EnsureProject(ctx, client.ProjectSpec{Name: project, Apps: []string{app}}); err != nil {
		return nil, fmt.Errorf("make the project %s on the server: %w", project, err)
	}
	from, err := send(ctx, p, req.Dir, project, app, show)
	if err != nil {
		return nil, err
	}
	return server.Up(ctx, client.UpRequest{
		Project: project, App: app, Source: from, Workspace: req.Workspace, Variables: req.Variables,
	}, show.Event)
}

// choose reads the config file and finds the app that is meant.
func choose(req Request) (project, app string, err error) {
	file := filepath.Join(req.Dir, ConfigFile)
	config, err := appconfig.Load(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", inputf("%s: there is no such file; pilot new project and pilot new app make one", file)
	}
	if err != nil {
		return "", "", &InputError{err}
	}
	var names []string
	for _, a := range config.Apps() {
		names = append(names, a.Name)
	}
	list := strings.Join(names, ", ")
	switch {
	case len(names) == 0:
		return "", "", inputf("%s: the project %s has no app; pilot new app adds one", file, config.Project())
	case req.App == "" && len(names) == 1:
		return config.Project(), names[0], nil
	case req.App == "":
		return "", "", inputf("the project %s has several apps: say which one of %s", config.Project(), list)
	case !slices.Contains(names, req.App):
		return "", "", inputf("app %q: the project %s has %s", req.App, config.Project(), list)
	}
	return config.Project(), req.App, nil
}

// credentialLife bounds how long a queued job can still fetch its source.
const credentialLife = 6 * time.Hour

// send hands the folder's content to the platform and returns where a runner
// fetches it.
func send(ctx context.Context, p Platform, dir, project, app string, show Progress) (client.Source, error) {
	snap, err := source.Take(ctx, dir, source.Options{})
	if err != nil {
		return client.Source{}, &InputError{err}
	}
	for _, w := range snap.Warnings {
		show.note("warning: %s", w)
	}
	receiver := source.Receiver{URL: p.Source, CA: p.CA, Token: p.Token, Cache: p.Cache}
	pushed, err := snap.Push(ctx, receiver, project, app)
	if err != nil {
		return client.Source{}, fmt.Errorf("send the source: %w", err)
	}
	show.note("source: %d files, %s", snap.Files, source.Size(snap.Bytes))
	cred, err := receiver.Credentials(ctx, project, pushed.Ref, credentialLife)
	if err != nil {
		return client.Source{}, fmt.Errorf("let the runner read the source: %w", err)
	}
	receiver.URL = p.RunnerSource
	return client.Source{
		URL: receiver.CloneURL(project), Ref: pushed.Ref, Username: cred.Username, Password: cred.Password,
	}, nil
}
