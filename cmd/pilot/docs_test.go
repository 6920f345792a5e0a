package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// TestDocs holds every pilot command in the documentation, in a block or within
// a sentence, to the command line: its commands and its flags exist.
func TestDocs(t *testing.T) {
	app := newApp(os.Stdin, os.Stdout, os.Stderr)
	checked := 0
	for _, file := range pages(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, words := range shownCommands(string(text)) {
			checked++
			if wrong := unknown(app.Commands, words); wrong != "" {
				t.Errorf("%s: pilot %s: there is no %s", file, strings.Join(words, " "), wrong)
			}
		}
	}
	if checked < 80 {
		t.Errorf("only %d commands in the documentation: is the test reading it right?", checked)
	}
	if unknown(app.Commands, []string{"setup", "--never"}) != "--never" || unknown(app.Commands, []string{"server", "never"}) != "never" ||
		unknown(app.Commands, []string{"configure", "aws"}) != "aws" {
		t.Error("the test finds nothing wrong")
	}
}

var link = regexp.MustCompile(`\]\(([^)#:\s]+)(#[^)\s]*)?\)`)

// TestLinks wants every page and picture that the documentation links to.
func TestLinks(t *testing.T) {
	checked := 0
	for _, file := range append(pages(t), "../../docs/benchmarks.md", "../../docs/reference/cli.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			checked++
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", file, m[1], err)
			}
		}
	}
	if checked < 40 {
		t.Errorf("only %d links: is the test reading them right?", checked)
	}
}

// pages are the documentation but for what is written from the command line itself.
func pages(t *testing.T) []string {
	t.Helper()
	list := []string{"../../README.md", "../../CONTRIBUTING.md", "../pilot-agent/README.md"}
	more, err := filepath.Glob("../../plugins/*/README.md")
	if err != nil || len(more) == 0 {
		t.Fatalf("the plugins' pages: %v, %v", more, err)
	}
	list = append(list, more...)
	for _, root := range []string{"../../docs", "../../examples"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && filepath.Ext(path) == ".md" && d.Name() != "cli.md" && d.Name() != "benchmarks.md" {
				list = append(list, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return list
}

var (
	inSentence = regexp.MustCompile("`pilot ([^`\n]+)`")
	inBlock    = regexp.MustCompile(`(?m)^(?:\$ |    |.*\$\()?pilot ([^\n]+)$`)
)

// shownCommands are the words after "pilot" of each command in a page.
func shownCommands(page string) [][]string {
	var list [][]string
	for _, find := range []*regexp.Regexp{inSentence, inBlock} {
		for _, m := range find.FindAllStringSubmatch(page, -1) {
			var words []string
			for _, w := range strings.Fields(m[1]) {
				// What follows is the shell's, or a remark.
				if w == "|" || w == "#" || strings.HasPrefix(w, ">") || w == "&&" {
					break
				}
				words = append(words, strings.TrimRight(w, ".,;:)\"`"))
				if strings.Contains(w, `)"`) { // the end of $(pilot ...)
					break
				}
			}
			list = append(list, words)
		}
	}
	return list
}

// unknown is the first word that the command line does not know.
func unknown(commands []*cli.Command, words []string) string {
	var at *cli.Command
	value := false // the word is a flag's value
	for _, w := range words {
		name, _, given := strings.Cut(strings.TrimLeft(w, "-"), "=")
		switch {
		case value:
			value = false
		case at != nil && at.Name == "engine", w == "--":
			return ""
		case w == "-": // standard input
		case strings.HasPrefix(w, "-"):
			if name == "help" || name == "h" {
				continue
			}
			if at == nil {
				return w
			}
			i := slices.IndexFunc(at.Flags, func(f cli.Flag) bool { return slices.Contains(f.Names(), name) })
			if i < 0 {
				return w
			}
			_, isBool := at.Flags[i].(*cli.BoolFlag)
			value = !isBool && !given
		default:
			i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(w) })
			if i >= 0 {
				at, commands = commands[i], commands[i].Subcommands
			} else if at == nil || (len(at.Subcommands) > 0 && len(commands) > 0) || at.ArgsUsage == "" {
				return w
			}
		}
	}
	return ""
}
