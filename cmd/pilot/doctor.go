package main

import (
	"errors"
	"fmt"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

// finding is one check's result.
type finding struct {
	Check   string `json:"check"`
	OK      bool   `json:"ok"`
	Found   string `json:"found,omitempty"`
	Problem string `json:"problem,omitempty"`
	Fix     string `json:"fix,omitempty"`
}

func doctorCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "check what the platform needs, and say how to mend what is missing",
		Flags: platformFlags(jsonFlag),
		Action: func(c *cli.Context) error {
			sp, err := loadSpec(c)
			if err != nil {
				return err
			}
			findings, wrong := s.examine(c, sp)
			if c.Bool("json") {
				err = s.writeJSON(findings)
			} else {
				s.printFindings(findings)
			}
			if err == nil && wrong > 0 {
				err = &exitError{exitFailure, fmt.Errorf("%d of %d checks failed", wrong, len(findings))}
			}
			return err
		},
	}
}

// examine runs the checks of every platform and those of the target.
func (s *session) examine(c *cli.Context, sp *spec) (findings []finding, wrong int) {
	checks := append([]stacks.Check{{Name: "Pilot's folder", Run: checkHome}}, sp.Platform.Checks()...)
	checks = append(append(checks, pluginChecks(c, sp.Platform)...), s.certificateCheck(c, sp.Stack))
	for _, check := range checks {
		found, err := check.Run(c.Context)
		f := finding{Check: check.Name, OK: err == nil, Found: found}
		var problem *stacks.Problem
		switch {
		case errors.As(err, &problem):
			f.Problem, f.Fix = problem.Reason, problem.Fix
		case err != nil:
			f.Problem = err.Error()
		}
		if err != nil {
			wrong++
		}
		findings = append(findings, f)
	}
	return findings, wrong
}

func (s *session) printFindings(findings []finding) {
	style := terminal.StyleOf(s.out)
	for _, f := range findings {
		if f.OK {
			fmt.Fprintf(s.out, "%s %s: %s\n", style.Good("ok   "), f.Check, f.Found)
			continue
		}
		fmt.Fprintf(s.out, "%s %s: %s\n", style.Bad("wrong"), f.Check, f.Problem)
		if f.Fix != "" {
			fmt.Fprintf(s.out, "      to mend it: %s\n", f.Fix)
		}
	}
}
