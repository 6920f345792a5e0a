package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/appconfig"
	"github.com/urfave/cli/v2"
)

func (s *session) newApp(c *cli.Context) error {
	if c.NArg() > 1 {
		return usagef("one name is wanted, got %d: %s", c.NArg(), strings.Join(c.Args().Slice(), " "))
	}
	file, err := appconfig.Load(appconfig.FileName)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case missing && !c.Bool("bare"):
		return usagef("there is no %s here; pilot new project makes one", appconfig.FileName)
	case err != nil && !missing:
		return usage(err)
	case c.Bool("bare"):
		return s.bareApp(c, missing)
	}
	spec := appconfig.Spec{
		Project: file.Project(), Name: c.Args().First(), Target: c.String("target"), Build: c.String("build"),
		Path: c.String("path"), Port: c.Int("port"), Domain: c.String("domain"),
	}
	folder := "."
	if spec.Path != "" {
		if info, err := os.Stat(spec.Path); err != nil || !info.IsDir() {
			return usagef("--path %q: there is no such folder", spec.Path)
		}
		folder = filepath.FromSlash(spec.Path)
	}
	target, dockerfile, err := s.propose(c, &spec, folder)
	if err != nil {
		return err
	}
	if err := target.CheckName(spec.Name); err != nil {
		return usage(err)
	}
	platform, why := s.defaultsFor(c, target.Cloud, file)
	app, err := appconfig.NewApp(spec, platform)
	if err == nil {
		err = file.AddApp(app)
	}
	if err == nil {
		err = file.Validate()
	}
	if flags := missingFlags(err); flags != "" {
		err = fmt.Errorf("%w; say it with %s", err, flags)
		if why != nil && strings.Contains(err.Error(), "the platform has none") {
			err = fmt.Errorf("%w (the platform's own settings could not be read: %w)", err, why)
		}
	}
	if err != nil {
		return usage(err)
	}
	if dockerfile != "" {
		if err := s.writeDockerfile(c, folder, dockerfile); err != nil {
			return err
		}
	}
	return s.writeConfig(c, file, "app "+spec.Name)
}

// writeDockerfile never writes over a file that is there.
func (s *session) writeDockerfile(c *cli.Context, folder, text string) error {
	name := filepath.Join(folder, "Dockerfile")
	if c.Bool("dry-run") {
		s.note(c, "# %s\n%s", name, text)
		return nil
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	s.note(c, "wrote %s", name)
	return nil
}

// bareApp writes the commented file, which is of one app.
func (s *session) bareApp(c *cli.Context, missing bool) error {
	if !missing {
		return usagef("--bare: %s is there already", appconfig.FileName)
	}
	name, err := s.nameArgument(c, "What is the app called?", appconfig.CheckProjectName)
	if err != nil {
		return err
	}
	file, err := appconfig.Template(name, name)
	if err != nil {
		return usage(err)
	}
	return s.writeConfig(c, file, "app "+name)
}

// propose fills in what was not said: from the app's files, and from answers
// where somebody can give them. It returns the Dockerfile to write, or "".
func (s *session) propose(c *cli.Context, spec *appconfig.Spec, folder string) (target appconfig.Target, dockerfile string, err error) {
	found, err := appconfig.Detect(folder)
	if errors.Is(err, appconfig.ErrNotDetected) {
		found.Reason = err.Error()
	} else if err != nil {
		return target, "", usage(err)
	}
	if target, err = s.chooseTarget(c, spec, folder, found); err != nil {
		return target, "", err
	}
	lacking := ""
	if c.Bool("dockerfile") {
		if dockerfile, err = appconfig.Dockerfile(folder, target); err != nil {
			return target, "", usagef("--dockerfile: %w", err)
		}
		if spec.Build == "" {
			spec.Build = "docker"
		}
	}
	if spec.Build == "" {
		spec.Build, lacking = buildFor(found, target)
	}
	if spec.Build == "yarn" {
		spec.Directory = found.Directory
	}
	if spec.Port == 0 {
		spec.Port = found.Port
	}
	s.explain(c, spec, found.Reason, lacking)
	return target, dockerfile, nil
}

// chooseTarget fills in the name and the target, and the domain where one has to be
// asked for.
func (s *session) chooseTarget(c *cli.Context, spec *appconfig.Spec, folder string, found appconfig.Detection) (target appconfig.Target, err error) {
	asks := terminal.IsTTY(s.in) && (spec.Name == "" || spec.Target == "")
	if spec.Name == "" {
		spec.Name = folderName(folder)
		if !asks {
			return target, usagef("a name is missing: pilot new app NAME")
		}
	}
	if spec.Target == "" {
		spec.Target = found.Target(s.cloudInUse(c))
	}
	if asks {
		if err := s.askApp(c, spec, found.Reason); err != nil {
			return target, err
		}
	}
	if target, err = appconfig.TargetByName(spec.Target); err == nil {
		err = onlySettingsOf(c, target)
	}
	if err != nil {
		return target, usage(err)
	}
	if asks && target.Name == "google-cloud-cdn" && spec.Domain == "" {
		if err := terminal.Ask(s.in, s.words(c), terminal.Question{Title: "Which domain does it serve?", Value: &spec.Domain}); err != nil {
			return target, usagef("a domain is missing: --domain www.example.com")
		}
	}
	return target, nil
}

// buildFor is the build kind to propose. Buildpacks are never proposed: no builder
// that is maintained today works with the server's pack plugin.
func buildFor(found appconfig.Detection, target appconfig.Target) (kind, lacking string) {
	if found.Build == "pack" {
		found.Build = ""
	}
	return found.BuildFor(target)
}

func (s *session) explain(c *cli.Context, spec *appconfig.Spec, reason, lacking string) {
	if reason != "" {
		s.note(c, "%s", reason)
	}
	s.note(c, "target %s, build %s", spec.Target, spec.Build)
	switch {
	case lacking == "a Dockerfile":
		s.note(c, "it still needs a Dockerfile; --dockerfile writes one for Go, Node.js, Python and static sites")
	case lacking != "":
		s.note(c, "it still needs %s", lacking)
	}
	if spec.Build == "pack" {
		s.note(c, "pack needs a builder image whose lifecycle offers Buildpacks' Platform API 0.3 to 0.6: those before 0.18, from 2023; "+
			"%s is newer, so set builder to an older one, or use a Dockerfile", appconfig.DefaultBuilder)
	}
}

// note prints a line for people where the file itself may be on standard output.
func (s *session) note(c *cli.Context, format string, args ...any) {
	out := s.words(c)
	if c.Bool("dry-run") {
		out = s.errOut
	}
	fmt.Fprintf(out, format+"\n", args...)
}

func (s *session) askApp(c *cli.Context, spec *appconfig.Spec, reason string) error {
	err := terminal.Ask(s.in, s.words(c),
		terminal.Question{Title: "What is the app called?", Value: &spec.Name, Check: appconfig.CheckProjectName},
		terminal.Question{Title: "Where does it run?", Help: reason, Options: targetList(), Value: &spec.Target})
	if err != nil {
		return usagef("nothing was written: %w", err)
	}
	return nil
}

// folderName is the last part of a folder's path, as far as it can be a name.
func folderName(folder string) string {
	abs, err := filepath.Abs(folder)
	if err != nil || appconfig.CheckProjectName(filepath.Base(abs)) != nil {
		return "web"
	}
	return filepath.Base(abs)
}

// cloudInUse is where the platform in use runs: local unless one is known.
func (s *session) cloudInUse(c *cli.Context) string {
	for _, t := range targets {
		if c.Bool(t.Name) {
			return t.Name
		}
	}
	h, err := home.Open()
	if err != nil {
		return targets[0].Name
	}
	kept, err := h.LoadContext(contextName(c, h))
	if err != nil {
		return targets[0].Name
	}
	return kept.Target
}
