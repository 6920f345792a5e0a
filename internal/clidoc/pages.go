package clidoc

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// Markdown writes the command reference.
func Markdown(w io.Writer, app *cli.App) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Commands of %s\n\n%s.\n\nThis page is made from the command line itself by `make docs`.\n", app.Name, capital(app.Usage))
	list := entries(app)
	b.WriteString("\n| command | what it does |\n|---|---|\n")
	for _, e := range list[1:] {
		fmt.Fprintf(&b, "| [%s](#%s) | %s |\n", e.line(app.Name), anchor(e.line(app.Name)), cellOf(e.usage))
	}
	for _, e := range list[1:] {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n```text\n%s\n```\n", e.line(app.Name), capital(e.usage), e.synopsis(app.Name))
		if e.about != "" {
			fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(e.about))
		}
		if len(e.flags) == 0 {
			continue
		}
		b.WriteString("\n| flag | meaning |\n|---|---|\n")
		for _, f := range e.flags {
			fmt.Fprintf(&b, "| `%s` | %s |\n", f.typed(), cellOf(f.help()))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func anchor(title string) string { return strings.ReplaceAll(strings.ToLower(title), " ", "-") }

func cellOf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "|", `\|`), "<", "&lt;")
}

// Man writes the manual page of section 1.
func Man(w io.Writer, app *cli.App) error {
	var b strings.Builder
	name := strings.ToUpper(app.Name)
	fmt.Fprintf(&b, ".TH %s 1\n.SH NAME\n%s \\- %s\n.SH SYNOPSIS\n.B %s\n.I command\n[flags] [arguments]\n.SH COMMANDS\n",
		name, app.Name, roff(app.Usage), app.Name)
	for _, e := range entries(app)[1:] {
		fmt.Fprintf(&b, ".SS %s\n%s.\n", roff(e.synopsis(app.Name)), roff(capital(e.usage)))
		if e.about != "" {
			fmt.Fprintf(&b, ".PP\n%s\n", roff(strings.TrimSpace(e.about)))
		}
		for _, f := range e.flags {
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(f.typed()), roff(f.help()))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// roff escapes text for a manual page: a line must not begin with a control
// character, and hyphens are meant as they are typed.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
