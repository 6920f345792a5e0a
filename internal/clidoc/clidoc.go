// Package clidoc writes what people and shells want to know about a command
// line: the command reference, the manual page, and the completion scripts of
// bash, zsh and fish. All of it comes from the same *cli.App that parses the
// command line, so that none of it can tell something else.
package clidoc

import (
	"sort"
	"strings"

	"github.com/urfave/cli/v2"
)

// entry is one visible command: the program itself has an empty path.
type entry struct {
	path  []string
	usage string
	about string
	args  string
	flags []flag
	below []*cli.Command
}

// flag is one visible flag.
type flag struct {
	names  []string // the long name first
	usage  string
	value  string   // what its value is called; empty for a switch
	def    string   // the default value, where it says something
	env    []string // variables that set it
	isFile bool
}

// entries are all visible commands in the app's order, parents first.
func entries(app *cli.App) []entry {
	list := []entry{{usage: app.Usage, about: app.Description, below: visible(app.Commands)}}
	var walk func(path []string, commands []*cli.Command)
	walk = func(path []string, commands []*cli.Command) {
		for _, c := range visible(commands) {
			here := append(append([]string{}, path...), c.Name)
			list = append(list, entry{
				path: here, usage: c.Usage, about: c.Description, args: c.ArgsUsage, flags: flagsOf(c), below: visible(c.Subcommands),
			})
			walk(here, c.Subcommands)
		}
	}
	walk(nil, app.Commands)
	return list
}

func visible(commands []*cli.Command) []*cli.Command {
	var list []*cli.Command
	for _, c := range commands {
		if !c.Hidden && c.Name != "help" {
			list = append(list, c)
		}
	}
	return list
}

func flagsOf(c *cli.Command) []flag {
	var list []flag
	for _, f := range c.Flags {
		if v, ok := f.(cli.VisibleFlag); ok && !v.IsVisible() {
			continue
		}
		doc, ok := f.(cli.DocGenerationFlag)
		if !ok {
			continue
		}
		one := flag{names: longFirst(f.Names()), usage: doc.GetUsage(), env: doc.GetEnvVars()}
		if one.names[0] == "help" {
			continue
		}
		if doc.TakesValue() {
			one.value = "value"
			one.def = strings.Trim(doc.GetDefaultText(), `"`)
		}
		switch f := f.(type) {
		case *cli.StringFlag:
			one.isFile = f.TakesFile
			one.def = f.Value
		case *cli.DurationFlag:
			one.value = "duration"
			if f.Value == 0 {
				one.def = ""
			}
		case *cli.IntFlag:
			one.value = "number"
		}
		if one.isFile {
			one.value = "path"
		}
		list = append(list, one)
	}
	return list
}

func longFirst(names []string) []string {
	sorted := append([]string{}, names...)
	sort.SliceStable(sorted, func(i, j int) bool { return len(sorted[i]) > 1 && len(sorted[j]) == 1 })
	return sorted
}

// dashed is a flag's name as it is typed.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// typed is a flag as it is typed, with all its names and its value.
func (f flag) typed() string {
	all := make([]string, 0, len(f.names))
	for _, n := range f.names {
		all = append(all, dashed(n))
	}
	text := strings.Join(all, ", ")
	if f.value != "" {
		text += " " + f.value
	}
	return text
}

// help is what a flag does, with its default and its variables.
func (f flag) help() string {
	text := f.usage
	if f.def != "" && f.value != "" && !strings.Contains(text, "default") {
		text += " (default: " + f.def + ")"
	}
	if len(f.env) > 0 {
		text += " [$" + strings.Join(f.env, ", $") + "]"
	}
	return text
}

func (e entry) line(program string) string {
	text := program
	if len(e.path) > 0 {
		text += " " + strings.Join(e.path, " ")
	}
	return text
}

func (e entry) synopsis(program string) string {
	text := e.line(program)
	if len(e.below) > 0 {
		text += " command"
	}
	if len(e.flags) > 0 {
		text += " [flags]"
	}
	if e.args != "" {
		text += " " + e.args
	}
	return text
}
