package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/deploy"
	"github.com/urfave/cli/v2"
)

// variableReport is one row of "config get --json".
type variableReport struct {
	Name string `json:"name"`
	// Value is [secret] where it was set as one, unless --show-secrets.
	Value  string `json:"value"`
	Secret bool   `json:"secret"`
	// Project and App are where it was set; App is empty for the whole project.
	Project string `json:"project,omitempty"`
	App     string `json:"app,omitempty"`
}

func configCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "config",
		Usage: "the environment variables that apps get when they are deployed",
		Subcommands: []*cli.Command{
			{
				Name:      "set",
				Usage:     "set variables, for the next deploy on; NAME alone reads the value from standard input",
				ArgsUsage: "NAME=VALUE... | NAME",
				Flags: scopeFlags(
					&cli.BoolFlag{Name: "secret", Usage: "hide the values in lists"},
					&cli.StringFlag{Name: "from-file", Usage: "take variables from this .env file", TakesFile: true}),
				Action: s.configSet,
			},
			{
				Name:      "get",
				Usage:     "list the variables that an app or a project gets, or print one",
				ArgsUsage: "[NAME]",
				Flags:     scopeFlags(&cli.BoolFlag{Name: "show-secrets", Usage: "print secrets in the clear"}),
				Action:    s.configGet,
			},
			{
				Name:      "unset",
				Usage:     "remove variables from the scope, for the next deploy on",
				ArgsUsage: "NAME...",
				Flags:     scopeFlags(),
				Action:    s.configUnset,
			},
		},
	}
}

func (s *session) configSet(c *cli.Context) error {
	values, err := s.configValues(c)
	if err != nil {
		return err
	}
	server, scope, err := configScope(c)
	if err != nil {
		return err
	}
	defer server.Close()
	set := server.SetVariables
	if c.Bool("secret") {
		set = server.SetSecrets
	}
	if err := set(c.Context, scope, values); err != nil {
		return err
	}
	s.sayHowDelivered(c, scope, values)
	return s.configDone(c, server, scope, counted(len(values), "variable")+" set")
}

func (s *session) configUnset(c *cli.Context) error {
	names := c.Args().Slice()
	if len(names) == 0 {
		return usagef("a name is missing: pilot config unset NAME...")
	}
	server, scope, err := configScope(c)
	if err != nil {
		return err
	}
	defer server.Close()
	if err := server.UnsetVariables(c.Context, scope, names...); err != nil {
		return usage(err)
	}
	return s.configDone(c, server, scope, counted(len(names), "variable")+" unset")
}

// sayHowDelivered says what this folder's file adds to what was set: names that the
// file itself sets, which wins, and how its apps are handed secrets.
func (s *session) sayHowDelivered(c *cli.Context, scope client.Scope, values map[string]client.Secret) {
	_, file, err := deploy.Locate(c.String("dir"))
	if err != nil || file.Project() != scope.Project {
		return
	}
	said := file.Config()
	for _, app := range file.Apps() {
		if app.Name == scope.App {
			said = app.Config
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		_, plain := said.Env[name]
		_, computed := said.Expressions["env."+name]
		if plain || computed {
			s.say(c, "warning: %s stands in config.env of %s too, which wins: change it there", name, deploy.ConfigFile)
		}
	}
	for _, app := range file.Apps() {
		note := deploy.SecretNote(app)
		if c.Bool("secret") && note != "" && (scope.App == "" || scope.App == app.Name) {
			s.say(c, "%s on %s: %s", app.Name, app.Target(), note)
		}
	}
}

// configDone says what was done, and when it counts.
func (s *session) configDone(c *cli.Context, server *client.Client, scope client.Scope, what string) error {
	note := deploy.Progress{Note: func(line string) { s.say(c, "%s", line) }}
	p, err := usePlatform(c)
	if err != nil {
		return err
	}
	if err := deploy.RefreshPolled(c.Context, p.Platform, server, scope.Project, note); err != nil {
		return fmt.Errorf("%s, but: %w", what, err)
	}
	where := "the project " + scope.Project
	if scope.App != "" {
		where = scope.Project + "/" + scope.App
	}
	s.say(c, "%s for %s; the next pilot up puts it into effect", what, where)
	if c.Bool("json") {
		return s.writeJSON(map[string]string{"project": scope.Project, "app": scope.App})
	}
	return nil
}

func (s *session) configGet(c *cli.Context) error {
	if c.NArg() > 1 {
		return usagef("one name is wanted, got %d", c.NArg())
	}
	server, scope, err := configScope(c)
	if err != nil {
		return err
	}
	defer server.Close()
	list, err := server.Variables(c.Context, scope)
	if err != nil {
		return err
	}
	reports := make([]variableReport, 0, len(list))
	for _, v := range list {
		if scope.App == "" && v.Scope.App != "" {
			continue // an app's own
		}
		one := variableReport{Name: v.Name, Value: v.Value.Reveal(), Secret: v.Secret, Project: v.Scope.Project, App: v.Scope.App}
		if v.Secret && !c.Bool("show-secrets") {
			one.Value = v.Value.String()
		}
		reports = append(reports, one)
	}
	if name := c.Args().First(); name != "" {
		return s.configOne(c, reports, name)
	}
	if c.Bool("json") {
		return s.writeJSON(reports)
	}
	rows := make([][]string, 0, len(reports))
	for _, r := range reports {
		where := r.App
		if where == "" {
			where = "(project)"
		}
		rows = append(rows, []string{r.Name, r.Value, where})
	}
	terminal.Table(s.out, nil, rows)
	return nil
}

// configOne prints one variable's value alone, for scripts.
func (s *session) configOne(c *cli.Context, list []variableReport, name string) error {
	i := slices.IndexFunc(list, func(r variableReport) bool { return r.Name == name })
	if i < 0 {
		return &exitError{exitFailure, fmt.Errorf("variable %q is not set; pilot config get lists those that are", name)}
	}
	if list[i].Secret && !c.Bool("show-secrets") {
		return usagef("variable %q is secret; --show-secrets prints it", name)
	}
	if c.Bool("json") {
		return s.writeJSON(list[i])
	}
	fmt.Fprintln(s.out, list[i].Value)
	return nil
}
