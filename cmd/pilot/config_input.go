package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/deploy"
	"github.com/urfave/cli/v2"
)

// maxInput bounds what is read as one value, in bytes.
const maxInput = 1 << 20

func scopeFlags(more ...cli.Flag) []cli.Flag {
	return append([]cli.Flag{contextFlag(), jsonFlag,
		&cli.StringFlag{Name: "app", Usage: "[PROJECT/]APP: for this app alone"},
		&cli.StringFlag{Name: "project", Usage: "for all apps of this project (default: the project of the folder)"},
		&cli.StringFlag{Name: "dir", Value: ".", Usage: "the folder that holds " + deploy.ConfigFile + ", or one below it"},
		&cli.StringFlag{Name: "workspace", Usage: "for this workspace alone"}}, more...)
}

// configScope is whom the variables are for, and a connection to the server. The
// project is made where it is missing, so that it can be configured before its
// first deploy.
func configScope(c *cli.Context) (*client.Client, client.Scope, error) {
	scope := client.Scope{Project: c.String("project"), Workspace: c.String("workspace")}
	project, app := splitName(c.String("app"))
	if project != "" && scope.Project != "" && project != scope.Project {
		return nil, scope, usagef("--app %q and --project %q name two projects", c.String("app"), scope.Project)
	}
	if project != "" {
		scope.Project = project
	}
	scope.App = app
	if strings.HasSuffix(c.String("app"), "/") || strings.Contains(app, "/") {
		return nil, scope, usagef("--app %q: want APP or PROJECT/APP", c.String("app"))
	}
	root, file, err := deploy.Locate(c.String("dir"))
	here := err == nil && (scope.Project == "" || scope.Project == file.Project())
	switch {
	case here:
		scope.Project = file.Project()
		if _, ok := file.App(scope.App); scope.App != "" && !ok {
			return nil, scope, usagef("--app %q: %s in %s has none of that name", scope.App, deploy.ConfigFile, root)
		}
	case scope.Project == "" && !errors.Is(err, os.ErrNotExist):
		return nil, scope, usage(err)
	case scope.Project == "":
		return nil, scope, usagef("there is no %s in %s or above: say --project NAME or --app PROJECT/APP", deploy.ConfigFile, c.String("dir"))
	}
	p, err := usePlatform(c)
	if err != nil {
		return nil, scope, err
	}
	server, err := deploy.Dial(c.Context, p.Platform)
	if err != nil {
		return nil, scope, err
	}
	if err := knownScope(c, server, scope, here); err != nil {
		return nil, scope, errors.Join(err, server.Close())
	}
	return server, scope, nil
}

func knownScope(c *cli.Context, server *client.Client, scope client.Scope, here bool) error {
	if here {
		spec := client.ProjectSpec{Name: scope.Project}
		if scope.App != "" {
			spec.Apps = []string{scope.App}
		}
		return server.EnsureProject(c.Context, spec)
	}
	found, err := server.Project(c.Context, scope.Project)
	if errors.Is(err, client.ErrNotFound) {
		return usagef("project %q: the server has none of that name", scope.Project)
	}
	if err != nil || scope.App == "" {
		return err
	}
	for _, app := range found.Apps {
		if app == scope.App {
			return nil
		}
	}
	return usagef("--app %q: the project %s has %s", scope.App, scope.Project, strings.Join(found.Apps, ", "))
}

// configValues are the variables to set, from the arguments, the file and
// standard input. An error holds no value.
func (s *session) configValues(c *cli.Context) (map[string]client.Secret, error) {
	values := map[string]client.Secret{}
	if name := c.String("from-file"); name != "" {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, usagef("--from-file: %w", err)
		}
		read, err := appconfig.ParseDotenv(string(text), name)
		if err != nil {
			return nil, usage(err)
		}
		for key, value := range read {
			if value == "" {
				s.say(c, "%s is empty and left out: an empty variable is the same as none", key)
				continue
			}
			values[key] = client.Secret(value)
		}
	}
	asked := ""
	for _, arg := range c.Args().Slice() {
		name, value, ok := strings.Cut(arg, "=")
		switch {
		case !ok && asked != "":
			return nil, usagef("%q and %q: the value of one variable alone can come from standard input", asked, arg)
		case !ok:
			asked = arg
			continue
		case value == "":
			return nil, usagef("%s: the value is empty, which is the same as none; pilot config unset %s removes it", name, name)
		}
		values[name] = client.Secret(value)
	}
	if asked != "" {
		value, err := s.readValue(c, asked)
		if err != nil {
			return nil, err
		}
		values[asked] = client.Secret(value)
	}
	if len(values) == 0 {
		return nil, usagef("a variable is missing: pilot config set NAME=VALUE..., or --from-file .env")
	}
	for name := range values {
		if err := client.CheckVariable(name); err != nil {
			return nil, usage(err)
		}
	}
	return values, nil
}

// readValue reads a value that stands in no command line and no shell history.
func (s *session) readValue(c *cli.Context, name string) (string, error) {
	var text []byte
	var err error
	if terminal.IsTTY(s.in) {
		fmt.Fprintf(s.words(c), "Value of %s (not shown): ", name)
		text, err = term.ReadPassword(s.in.Fd())
		fmt.Fprintln(s.words(c))
	} else {
		text, err = io.ReadAll(io.LimitReader(s.in, maxInput+1))
	}
	if err != nil {
		return "", fmt.Errorf("read the value of %s: %w", name, err)
	}
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	switch {
	case len(text) == 0:
		return "", usagef("%s: want NAME=VALUE, or the value on standard input", name)
	case len(text) > maxInput:
		return "", usagef("%s: the value on standard input is longer than %d bytes", name, maxInput)
	}
	return string(text), nil
}
