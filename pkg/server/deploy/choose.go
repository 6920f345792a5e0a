package deploy

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
)

// Locate finds the config file of a folder: in it, or in the nearest one above.
// The error is fs.ErrNotExist when there is none, and an *appconfig.Error with
// the line and column when it is broken.
func Locate(dir string) (root string, file *appconfig.File, err error) {
	root, err = filepath.Abs(dir)
	if err != nil {
		return "", nil, err
	}
	for {
		name := filepath.Join(root, ConfigFile)
		if _, err := os.Stat(name); err == nil {
			file, err := appconfig.Load(name)
			return root, file, err
		}
		parent := filepath.Dir(root)
		if parent == root {
			return "", nil, fs.ErrNotExist
		}
		root = parent
	}
}

// Subject is the app that a request means.
type Subject struct {
	Project, App string
	// Root is the folder of the config file and File what it says; empty and nil
	// for an app that only the server knows.
	Root string
	File *appconfig.File
}

// Name is PROJECT/APP.
func (s Subject) Name() string { return s.Project + "/" + s.App }

// Choose finds the app that a request means, in the folder's config file or else
// on the server. An error about the request is an *InputError.
func Choose(ctx context.Context, server *client.Client, req Request) (Subject, error) {
	all, err := project(ctx, server, req)
	if err != nil {
		return Subject{}, err
	}
	s := all.Subject
	list := strings.Join(all.apps, ", ")
	switch {
	case len(all.apps) == 0:
		return s, inputf("the project %s has no app; pilot new app adds one", s.Project)
	case req.App == "" && len(all.apps) == 1:
		s.App = all.apps[0]
	case req.App == "":
		if s.App = appOfFolder(s, req.Dir); s.App == "" {
			return s, inputf("the project %s has several apps: say which one of %s, or --all", s.Project, list)
		}
	case !slices.Contains(all.apps, req.App):
		return s, inputf("app %q: the project %s has %s", req.App, s.Project, list)
	default:
		s.App = req.App
	}
	return s, nil
}

// Apps are the names of the project's apps that a request means, in the order of
// the config file.
func Apps(ctx context.Context, p Platform, req Request) (name string, apps []string, err error) {
	server, err := Dial(ctx, p)
	if err != nil {
		return "", nil, err
	}
	defer server.Close()
	all, err := project(ctx, server, req)
	return all.Project, all.apps, err
}

// members are a project with all its apps.
type members struct {
	Subject
	apps []string
}

func project(ctx context.Context, server *client.Client, req Request) (members, error) {
	var m members
	root, file, err := Locate(req.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && req.Project == "":
		return m, inputf("there is no %s in %s or above: pilot new project and pilot new app make one, or say PROJECT/APP", ConfigFile, req.Dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist) && req.Project == "":
		return m, &InputError{err}
	case err == nil && (req.Project == "" || req.Project == file.Project()):
		if err := file.Validate(); err != nil {
			return m, &InputError{err}
		}
		m.Project, m.Root, m.File = file.Project(), root, file
		if m.Project == "" {
			return m, inputf("%s: project is missing or computed: want project = \"NAME\"", filepath.Join(root, ConfigFile))
		}
		for _, a := range file.Apps() {
			m.apps = append(m.apps, a.Name)
		}
		return m, nil
	}
	m.Project = req.Project
	found, err := server.Project(ctx, req.Project)
	if errors.Is(err, client.ErrNotFound) {
		return m, inputf("project %q: neither the folder nor the server has it", req.Project)
	}
	m.apps = found.Apps
	return m, err
}

// appOfFolder is the only app whose own folder holds dir.
func appOfFolder(s Subject, dir string) string {
	if s.File == nil {
		return ""
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	rel, err := filepath.Rel(s.Root, abs)
	if err != nil {
		return ""
	}
	rel = filepath.ToSlash(rel) + "/"
	found := ""
	for _, a := range s.File.Apps() {
		if a.Path == "" || !strings.HasPrefix(rel, strings.TrimPrefix(a.Path, "./")+"/") {
			continue
		}
		if found != "" {
			return ""
		}
		found = a.Name
	}
	return found
}
