package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// throughput are the commands that hand another program's output through, or print
// what another program is to read.
var throughput = []string{
	"completion", "db connect", "engine", "exec", "logs", "schema", "server exec", "server logs", "server shell",
}

// TestEveryCommandHasJSON wants --json of each command that does something itself.
func TestEveryCommandHasJSON(t *testing.T) {
	var seen []string
	var walk func(path []string, list []*cli.Command)
	walk = func(path []string, list []*cli.Command) {
		for _, c := range list {
			at := append(slices.Clone(path), c.Name)
			if c.Name == "help" {
				continue
			}
			if len(c.Subcommands) > 0 {
				walk(at, c.Subcommands)
				continue
			}
			name := strings.Join(at, " ")
			has := slices.ContainsFunc(c.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), "json") })
			if slices.Contains(throughput, name) {
				seen = append(seen, name)
			} else if !has {
				t.Errorf("pilot %s has no --json", name)
			}
		}
	}
	walk(nil, newApp(os.Stdin, os.Stdout, os.Stderr).Commands)
	slices.Sort(seen)
	if !slices.Equal(seen, throughput) {
		t.Errorf("of %q only %q are there", throughput, seen)
	}
}
