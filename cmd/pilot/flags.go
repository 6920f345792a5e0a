package main

import (
	"fmt"

	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

var (
	jsonFlag = &cli.BoolFlag{Name: "json", Usage: "print JSON on standard output, and words for people on standard error"}
	yesFlag  = &cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: "do not ask"}
)

// stackFlags choose the platform that a command is about.
func stackFlags() []cli.Flag {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Value: specFileName, Usage: "the platform's spec", TakesFile: true},
		&cli.StringFlag{Name: "stack", Usage: "name of the stack (default: the target's name)", EnvVars: []string{"PILOT_STACK"}},
		&cli.StringFlag{Name: "state", Usage: "URL of any Pulumi state backend (default: a folder under ~/.pilot)", EnvVars: []string{"PILOT_STATE"}},
		&cli.StringFlag{Name: "secrets", Usage: "URL of any Pulumi secrets provider (default: a passphrase kept under ~/.pilot)", EnvVars: []string{"PILOT_SECRETS"}},
		&cli.BoolFlag{Name: "offline", Usage: "simulate the cloud: no account, no network, and state of its own"},
		&cli.StringFlag{Name: "plugin-dir", Usage: "take provider plugins from this folder alone", TakesFile: true},
		&cli.StringFlag{Name: "plugin-source", Usage: "address of a mirror of github.com/pulumi to fetch provider plugins from", EnvVars: []string{"PILOT_PLUGIN_SOURCE"}},
		&cli.DurationFlag{Name: "wait-for-lock", Usage: "wait this long for another operation on the stack to end"},
	}
	for _, t := range targets {
		flags = append(flags, &cli.BoolFlag{Name: t.Name, Usage: "target: " + t.Summary})
	}
	return flags
}

// platformFlags are those of every command that opens a stack: the spec has to
// be the same as it was for setup.
func platformFlags(more ...cli.Flag) []cli.Flag {
	return append(append(stackFlags(), specFlags()...), more...)
}

// specFlags are the flags of every target's settings, each once.
func specFlags() []cli.Flag {
	var flags []cli.Flag
	seen := map[string]bool{}
	for _, t := range targets {
		for _, set := range t.Settings {
			if seen[set.Name] {
				continue
			}
			seen[set.Name] = true
			if set.Switch {
				flags = append(flags, &cli.BoolFlag{Name: set.Name, Usage: set.Usage})
				continue
			}
			flags = append(flags, &cli.StringSliceFlag{Name: set.Name, Usage: set.Usage})
		}
	}
	return flags
}

// flagsInto puts the settings that were given as flags into a spec.
func flagsInto(c *cli.Context, target stacks.Target, p stacks.Platform) error {
	own := map[string]bool{}
	for _, set := range target.Settings {
		own[set.Name] = true
		if !c.IsSet(set.Name) {
			continue
		}
		values := c.StringSlice(set.Name)
		if set.Switch && c.Bool(set.Name) {
			values = []string{"true"}
		}
		for _, value := range values {
			if err := set.Set(p, value); err != nil {
				return fmt.Errorf("--%s: %w", set.Name, err)
			}
		}
	}
	for _, t := range targets {
		for _, set := range t.Settings {
			if !own[set.Name] && c.IsSet(set.Name) {
				return fmt.Errorf("--%s: the %s target has no such setting; it belongs to %s", set.Name, target.Name, t.Name)
			}
		}
	}
	return nil
}
