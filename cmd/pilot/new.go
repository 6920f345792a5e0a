package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/urfave/cli/v2"
)

func newCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "new",
		Usage: "begin a project, or add an app to it",
		Subcommands: []*cli.Command{
			{
				Name:      "project",
				Usage:     "write a " + appconfig.FileName + " for a new project",
				ArgsUsage: "NAME",
				Flags: []cli.Flag{jsonFlag,
					&cli.BoolFlag{Name: "dry-run", Usage: "print the file instead of writing it"}},
				Action: s.newProject,
			},
			{
				Name:      "app",
				Usage:     "add an app to the project's " + appconfig.FileName,
				ArgsUsage: "NAME",
				Flags: []cli.Flag{jsonFlag,
					&cli.StringFlag{Name: "target", Value: "docker", Usage: "where the app runs: " + targetNames()},
					&cli.StringFlag{Name: "build", Usage: "how it is built: " + strings.Join(appconfig.BuildKinds(), ", ") + " (default: the target's first)"},
					&cli.StringFlag{Name: "path", Usage: "the app's folder below the project's"},
					&cli.IntFlag{Name: "port", Usage: fmt.Sprintf("TCP port that it listens on, told to it as PORT (default: %d)", appconfig.DefaultPort)},
					&cli.BoolFlag{Name: "dry-run", Usage: "print the file instead of writing it"}},
				Action: s.newApp,
			},
		},
	}
}

func targetNames() string {
	var names []string
	for _, t := range appconfig.Targets() {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

func (s *session) newProject(c *cli.Context) error {
	name, err := s.nameArgument(c, "What is the project called?", appconfig.CheckProjectName)
	if err != nil {
		return err
	}
	if _, err := os.Stat(appconfig.FileName); err == nil {
		return usagef("%s is there already; pilot new app adds an app to it", appconfig.FileName)
	}
	file, err := appconfig.New(name)
	if err != nil {
		return usage(err)
	}
	return s.writeConfig(c, file, "project "+name)
}

func (s *session) newApp(c *cli.Context) error {
	target, err := appconfig.TargetByName(c.String("target"))
	if err != nil {
		return usage(err)
	}
	name, err := s.nameArgument(c, "What is the app called?", target.CheckName)
	if err != nil {
		return err
	}
	file, err := appconfig.Load(appconfig.FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return usagef("there is no %s here; pilot new project makes one", appconfig.FileName)
	}
	if err != nil {
		return usage(err)
	}
	if path := c.String("path"); path != "" {
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			return usagef("--path %q: there is no such folder", path)
		}
	}
	app, err := appconfig.NewApp(appconfig.Spec{
		Project: file.Project(), Name: name, Target: target.Name, Build: c.String("build"), Path: c.String("path"), Port: c.Int("port"),
	}, appconfig.Platform{})
	if err == nil {
		err = file.AddApp(app)
	}
	if err == nil {
		err = file.Validate()
	}
	if err != nil {
		return usage(err)
	}
	return s.writeConfig(c, file, "app "+name)
}

// nameArgument is the one argument, or the answer to a question where
// somebody can give it.
func (s *session) nameArgument(c *cli.Context, question string, check func(string) error) (string, error) {
	if c.NArg() > 1 {
		return "", usagef("one name is wanted, got %d: %s", c.NArg(), strings.Join(c.Args().Slice(), " "))
	}
	name := c.Args().First()
	if name == "" {
		if err := terminal.Ask(s.in, s.words(c), terminal.Question{Title: question, Value: &name, Check: check}); err != nil {
			return "", usagef("a name is missing: pilot new %s NAME", c.Command.Name)
		}
	}
	return name, usage(check(name))
}

func (s *session) writeConfig(c *cli.Context, file *appconfig.File, what string) error {
	if c.Bool("dry-run") {
		_, err := s.out.Write(file.Bytes())
		return err
	}
	if err := file.Save(appconfig.FileName); err != nil {
		return err
	}
	if c.Bool("json") {
		return s.writeJSON(map[string]string{"file": appconfig.FileName, "project": file.Project()})
	}
	fmt.Fprintf(s.out, "wrote the %s into %s\n", what, appconfig.FileName)
	return nil
}
