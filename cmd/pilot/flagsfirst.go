package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// flagsFirst moves a command's flags before its arguments. The flag parser
// stops at the first argument, yet "pilot new app web --target docker" is what
// people type. Nothing behind "--" is moved.
func flagsFirst(commands []*cli.Command, args []string) []string {
	out := args[:min(1, len(args))]
	rest := args[len(out):]
	var leaf *cli.Command
	for len(rest) > 0 {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(rest[0]) })
		if i < 0 {
			break
		}
		leaf, commands = commands[i], commands[i].Subcommands
		out, rest = append(slices.Clip(out), rest[0]), rest[1:]
	}
	if leaf == nil {
		return args
	}
	var flags, words []string
	for len(rest) > 0 {
		token := rest[0]
		rest = rest[1:]
		switch {
		case token == "--":
			words = append(append(words, token), rest...)
			rest = nil
		case len(token) < 2 || token[0] != '-':
			words = append(words, token)
		default:
			flags = append(flags, token)
			if takesValue(leaf, token) && len(rest) > 0 {
				flags, rest = append(flags, rest[0]), rest[1:]
			}
		}
	}
	return append(append(out, flags...), words...)
}

// takesValue reports whether token is a flag of c whose value is the next word.
func takesValue(c *cli.Command, token string) bool {
	name := strings.TrimLeft(token, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range c.Flags {
		if _, isBool := f.(*cli.BoolFlag); !isBool && slices.Contains(f.Names(), name) {
			return true
		}
	}
	return false
}
