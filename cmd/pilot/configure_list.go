package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/urfave/cli/v2"
)

// runnerSetting is one line of "configure --list --json".
type runnerSetting struct {
	// Name is a variable's name, or a file's path.
	Name string `json:"name"`
	// Kind is variable or file.
	Kind string `json:"kind"`
	// Value is [secret] unless it is the path of one of the files, or
	// --show-secrets was said.
	Value string `json:"value"`
}

// listRunnerConfig lists what all runners of the platform get.
func (s *session) listRunnerConfig(c *cli.Context) error {
	if c.Bool("offline") {
		return usagef("--list: a simulated platform has no runners")
	}
	server, _, err := s.dial(c)
	if err != nil {
		return err
	}
	defer server.Close()
	config, err := server.RunnerConfig(c.Context)
	if err != nil {
		return err
	}
	list := []runnerSetting{}
	add := func(kind string, values map[string]client.Secret) {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			value := values[name]
			shown := value.String()
			if _, isFile := config.Files[value.Reveal()]; isFile || c.Bool("show-secrets") {
				shown = value.Reveal()
			}
			list = append(list, runnerSetting{Name: name, Kind: kind, Value: shown})
		}
	}
	add("variable", config.Variables)
	add("file", config.Files)
	switch {
	case c.Bool("json"):
		return s.writeJSON(list)
	case len(list) == 0:
		s.say(c, "the runners get no variables and no files")
		return nil
	}
	rows := [][]string{}
	for _, l := range list {
		value := l.Value
		if l.Kind == "file" && value != client.Secret("").String() {
			value = fmt.Sprintf("%q", value)
		}
		rows = append(rows, []string{l.Name, l.Kind, value})
	}
	terminal.Table(s.out, []string{"NAME", "KIND", "VALUE"}, rows)
	return nil
}
