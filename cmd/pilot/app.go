package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/deploy"
	"github.com/urfave/cli/v2"
)

// appFlags are those of every command about one app.
func appFlags(more ...cli.Flag) []cli.Flag {
	return append([]cli.Flag{contextFlag(), jsonFlag,
		&cli.StringFlag{Name: "dir", Value: ".", Usage: "the folder that holds " + deploy.ConfigFile + ", or one below it"},
		&cli.StringFlag{Name: "workspace", Usage: "the workspace, which keeps deployments of the same app apart"}}, more...)
}

// jobFlags are those of commands that run a job.
func jobFlags(more ...cli.Flag) []cli.Flag {
	return appFlags(append([]cli.Flag{
		&cli.StringSliceFlag{Name: "var", Usage: "NAME=VALUE of an input variable; may be repeated"},
		&cli.BoolFlag{Name: "local", Usage: "send this folder, also when the project is linked to a repository"}}, more...)...)
}

// platformInUse is the platform that a command about apps talks to.
type platformInUse struct {
	deploy.Platform
	home *home.Home
	kept home.Context
}

func usePlatform(c *cli.Context) (*platformInUse, error) {
	h, err := home.Open()
	if err != nil {
		return nil, err
	}
	kept, err := h.LoadContext(contextName(c, h))
	if err != nil {
		return nil, err
	}
	return &platformInUse{Platform: platformOf(h, kept), home: h, kept: kept}, nil
}

// appRequest reads what all commands about an app have in common. name is the
// argument [PROJECT/]APP, which may be empty.
func appRequest(c *cli.Context, name string) (deploy.Request, error) {
	r := deploy.Request{Workspace: c.String("workspace"), Local: c.Bool("local"), Variables: map[string]string{}}
	r.Project, r.App = splitName(name)
	if strings.Contains(name, "/") && (r.Project == "" || r.App == "" || strings.Contains(r.App, "/")) {
		return r, usagef("app %q: want APP or PROJECT/APP", name)
	}
	for _, v := range c.StringSlice("var") {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return r, usagef("--var %q: want NAME=VALUE", v)
		}
		r.Variables[name] = value
	}
	dir, err := filepath.Abs(c.String("dir"))
	if err != nil {
		return r, usagef("--dir: %w", err)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return r, usagef("--dir %q: there is no such folder", c.String("dir"))
	}
	r.Dir = dir
	return r, nil
}

// splitName cuts PROJECT/APP; without a slash all of it is the app.
func splitName(name string) (project, app string) {
	if project, app, ok := strings.Cut(name, "/"); ok {
		return project, app
	}
	return "", name
}

// oneApp is the only argument, which may be missing.
func oneApp(c *cli.Context) (deploy.Request, error) {
	if c.NArg() > 1 {
		return deploy.Request{}, usagef("one app is wanted, got %d: %s", c.NArg(), strings.Join(c.Args().Slice(), " "))
	}
	return appRequest(c, c.Args().First())
}

// chosen is an app together with a connection to its server.
type chosen struct {
	deploy.Subject
	*platformInUse
	server  *client.Client
	request deploy.Request
}

func (a *chosen) Close() error { return a.server.Close() }

// chooseApp finds the app that is meant and connects to its server.
func chooseApp(c *cli.Context, request deploy.Request) (*chosen, error) {
	p, err := usePlatform(c)
	if err != nil {
		return nil, err
	}
	a := &chosen{platformInUse: p, request: request}
	if a.server, err = deploy.Dial(c.Context, p.Platform); err != nil {
		return nil, err
	}
	if a.Subject, err = deploy.Choose(c.Context, a.server, request); err != nil {
		return nil, errors.Join(upError(err), a.server.Close())
	}
	return a, nil
}

// deployments are the app's, the newest first.
func (a *chosen) deployments(ctx context.Context, limit int) ([]client.Deployment, error) {
	return a.server.Deployments(ctx, client.DeploymentFilter{
		Project: a.Project, App: a.App, Workspace: a.request.Workspace, Limit: limit,
	})
}
