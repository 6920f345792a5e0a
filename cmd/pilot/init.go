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
	"github.com/pilot-framework/pilot/stacks"
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
	if !c.Bool("json") && terminal.IsTTY(s.in) {
		if err := s.askTarget(c, names, chosen); err != nil {
			return nil, err
		}
	}
	return loadFlags(c)
}

// askTarget asks for the target, unless it was chosen, and for those of its
// settings that no flag gave.
func (s *session) askTarget(c *cli.Context, names []string, chosen string) error {
	if chosen == "" {
		chosen = names[0]
		err := terminal.Ask(s.in, s.out, terminal.Question{Title: "Where shall the platform be?", Options: names, Value: &chosen})
		if err != nil {
			return usage(err)
		}
		if err := c.Set(chosen, "true"); err != nil {
			return err
		}
	}
	target, err := targetNamed(chosen)
	if err != nil {
		return err
	}
	answers, questions := questionsOf(c, target)
	if len(questions) == 0 {
		return nil
	}
	if err := terminal.Ask(s.in, s.out, questions...); err != nil {
		return usage(err)
	}
	for name, answer := range answers {
		if *answer == "" {
			continue
		}
		if err := c.Set(name, *answer); err != nil {
			return err
		}
	}
	return nil
}

// questionsOf are the target's questions that no flag answers. An empty answer
// leaves a setting to its default.
func questionsOf(c *cli.Context, target stacks.Target) (map[string]*string, []terminal.Question) {
	answers := map[string]*string{}
	var questions []terminal.Question
	for _, set := range target.Settings {
		if set.Ask == "" || c.IsSet(set.Name) {
			continue
		}
		answer, help := "", set.Usage+"; empty for the default"
		if len(set.Options) > 0 {
			answer, help = set.Options[0], ""
		}
		answers[set.Name] = &answer
		questions = append(questions, terminal.Question{Title: set.Ask, Help: help, Options: set.Options, Value: &answer,
			Check: func(value string) error { return checkSetting(target, set, value) }})
	}
	return answers, questions
}

// checkSetting tries a value on a spec of its own, and tells what is wrong with
// that value.
func checkSetting(target stacks.Target, set stacks.Setting, value string) error {
	if value == "" {
		return nil
	}
	p := target.New()
	if err := set.Set(p, value); err != nil {
		return err
	}
	if err := p.Complete(); err != nil && strings.Contains(err.Error(), value) {
		return err
	}
	return nil
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
