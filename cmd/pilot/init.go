package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/urfave/cli/v2"
)

func initCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "init",
		Usage: "write a " + specFileName + " to begin with",
		Flags: platformFlags(jsonFlag,
			&cli.BoolFlag{Name: "force", Usage: "replace a file that is there"}),
		Action: func(c *cli.Context) error {
			file := c.String("file")
			if _, err := os.Stat(file); err == nil && !c.Bool("force") {
				return usagef("%s is there already; say --force to replace it", file)
			} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return usagef("--file: %w", err)
			}
			sp, err := s.askSpec(c)
			if err != nil {
				return err
			}
			text, err := specText(sp)
			if err != nil {
				return err
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				return err
			}
			if c.Bool("json") {
				return s.writeJSON(map[string]string{"file": file, "target": sp.Target.Name, "stack": sp.Stack})
			}
			fmt.Fprintf(s.out, "wrote %s; next: pilot doctor, then pilot setup\n", file)
			return nil
		},
	}
}

// askSpec asks for what no flag says, where somebody can answer.
func (s *session) askSpec(c *cli.Context) (*spec, error) {
	names, chosen := make([]string, 0, len(targets)), ""
	for _, t := range targets {
		names = append(names, t.Name)
		if c.Bool(t.Name) {
			chosen = t.Name
		}
	}
	if chosen == "" && !c.Bool("json") && terminal.IsTTY(s.in) {
		chosen = names[0]
		err := terminal.Ask(s.in, s.out, terminal.Question{Title: "Where shall the platform be?", Options: names, Value: &chosen})
		if err != nil {
			return nil, usage(err)
		}
		if err := c.Set(chosen, "true"); err != nil {
			return nil, err
		}
	}
	return loadFlags(c)
}

// specText is a spec file that says what sp says.
func specText(sp *spec) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# The platform's spec. pilot preview shows what it would change.\ntarget: %s\nstack: %s\n", sp.Target.Name, sp.Stack)
	section, err := yamlOf(sp.Platform)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&b, "%s:\n", sp.Target.Name)
	for line := range strings.Lines(section) {
		b.WriteString("  " + line)
	}
	return b.String(), nil
}

func checkHome(context.Context) (string, error) {
	h, err := home.Open()
	if err != nil {
		return "", err
	}
	return h.Dir(), nil
}
