// Package deploy takes an app from a folder to a URL: it sends the folder's
// present content to the platform and has a runner there build, deploy and
// release it. Whoever calls it needs a token, and no rights to Docker or a cloud.
package deploy

import (
	"context"
	"fmt"
	"time"

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
	// Secrets keeps secret configuration for targets that take it by reference.
	// Without it, deploying secret configuration to one of them fails.
	Secrets SecretStore
}

// Request says what to work on.
type Request struct {
	// Dir is the folder that holds the config file, or a folder below it.
	Dir string
	// Project names the project. Empty is the one of the config file.
	Project string
	// App is one of the project's apps; it may be empty when there is but one, or
	// when Dir is the folder of one.
	App string
	// Local sends the folder's content even when the project is linked to a
	// repository.
	Local bool
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

// Up builds, deploys and releases the app: the content of the repository that the
// project is linked to, or else the folder's present content. A failure of the
// job is a *client.JobError, which names the step.
func Up(ctx context.Context, p Platform, req Request, show Progress) (*client.Result, error) {
	return run(ctx, p, req, show, fresh, true, (*client.Client).Up)
}

// Build builds the app and stores the build, and deploys nothing.
func Build(ctx context.Context, p Platform, req Request, show Progress) (*client.Result, error) {
	return run(ctx, p, req, show, fresh, false, (*client.Client).Build)
}

// Deploy starts the newest build. What is public stays so until [Release].
func Deploy(ctx context.Context, p Platform, req Request, show Progress) (*client.Result, error) {
	return run(ctx, p, req, show, known, true, (*client.Client).Deploy)
}

// Release makes the newest deployment public.
func Release(ctx context.Context, p Platform, req Request, show Progress) (*client.Result, error) {
	return run(ctx, p, req, show, known, false, (*client.Client).Release)
}

// Destroy takes down all deployments of the app, and removes what was kept in a
// cloud of its secret configuration. Its history and its configuration stay on the
// server.
func Destroy(ctx context.Context, p Platform, req Request, show Progress) (*client.Result, error) {
	return run(ctx, p, req, show, known, false, func(c *client.Client, ctx context.Context, job client.JobRequest, sink func(client.Event)) (*client.Result, error) {
		result, err := c.Destroy(ctx, job, sink)
		if err == nil {
			w := &work{Subject: Subject{Project: job.Project, App: job.App}, platform: p, req: req, server: c}
			err = w.forgetSecrets(ctx, job.Config, show)
		}
		return result, err
	})
}

type operation func(*client.Client, context.Context, client.JobRequest, func(client.Event)) (*client.Result, error)

func run(ctx context.Context, p Platform, req Request, show Progress, kind sourceKind, deploys bool, do operation) (*client.Result, error) {
	w, err := begin(ctx, p, req, kind)
	if err != nil {
		return nil, err
	}
	defer w.server.Close()
	w.deploys = deploys
	job, err := w.job(ctx, kind, show)
	if err != nil {
		return nil, err
	}
	return do(w.server, ctx, job, show.Event)
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
