package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/urfave/cli/v2"
)

func newCommand(s *session) *cli.Command {
	dryRun := &cli.BoolFlag{Name: "dry-run", Usage: "print the file instead of writing it"}
	bare := &cli.BoolFlag{Name: "bare", Usage: "write a file with comments that say what else there is, to be edited by hand"}
	return &cli.Command{
		Name:  "new",
		Usage: "begin a project, or add an app to it",
		Subcommands: []*cli.Command{
			{
				Name:      "project",
				Usage:     "write a " + appconfig.FileName + " for a new project",
				ArgsUsage: "NAME",
				Flags:     []cli.Flag{jsonFlag, dryRun, bare},
				Action:    s.newProject,
			},
			{
				Name:      "app",
				Usage:     "add an app to the project's " + appconfig.FileName + ", filled in from its files and the platform",
				ArgsUsage: "[NAME]",
				Flags: append(append(stackFlags(), settingFlagList()...), jsonFlag, dryRun, bare,
					&cli.StringFlag{Name: "target", Usage: "where the app runs: " + targetNames() + " (default: what its files suggest)"},
					&cli.StringFlag{Name: "build", Usage: "how it is built: " + strings.Join(appconfig.BuildKinds(), ", ") + " (default: what its files suggest)"},
					&cli.StringFlag{Name: "path", Usage: "the app's folder below the project's"},
					&cli.BoolFlag{Name: "dockerfile", Usage: "write a Dockerfile too, where the folder has a Go, Node.js or Python program or a static site, and none"},
					&cli.IntFlag{Name: "port", Usage: fmt.Sprintf("TCP port that it listens on, told to it as PORT (default: the Dockerfile's, or %d)", appconfig.DefaultPort)},
					&cli.StringFlag{Name: "domain", Usage: "the name that google-cloud-cdn serves, such as www.example.com"}),
				Action: s.newApp,
			},
		},
	}
}

func targetNames() string { return strings.Join(targetList(), ", ") }

func targetList() []string {
	var names []string
	for _, t := range appconfig.Targets() {
		names = append(names, t.Name)
	}
	return names
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
	if c.Bool("bare") {
		file, err = appconfig.Template(name, name)
	}
	if err != nil {
		return usage(err)
	}
	return s.writeConfig(c, file, "project "+name)
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
