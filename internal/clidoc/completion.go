package clidoc

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// Shells are the shells that there is completion for.
var Shells = []string{"bash", "zsh", "fish"}

// Completion writes the completion script for a shell, one of Shells. The
// script holds all words itself: a completion starts no process, and takes no
// noticeable time.
func Completion(w io.Writer, app *cli.App, shell string) error {
	var text string
	switch shell {
	case "bash":
		text = bash(app)
	case "zsh":
		text = zsh(app)
	case "fish":
		text = fish(app)
	default:
		return fmt.Errorf("shell %q: want one of %s", shell, strings.Join(Shells, ", "))
	}
	_, err := io.WriteString(w, text)
	return err
}

// words are an entry's subcommands and the long names of its flags.
func (e entry) words() (commands, flags []string) {
	for _, c := range e.below {
		commands = append(commands, c.Name)
	}
	for _, f := range e.flags {
		flags = append(flags, dashed(f.names[0]))
	}
	return commands, append(flags, "--help")
}

// takers are the flags, in all their names, that are followed by a value, and
// by a file's name.
func takers(list []entry) (values, files []string) {
	seen := map[string]bool{}
	for _, e := range list {
		for _, f := range e.flags {
			if f.value == "" || seen[f.names[0]] {
				continue
			}
			seen[f.names[0]] = true
			for _, n := range f.names {
				if f.isFile {
					files = append(files, dashed(n))
				} else {
					values = append(values, dashed(n))
				}
			}
		}
	}
	return values, files
}

// pattern is a list of words for a case statement.
func pattern(words []string) string {
	if len(words) == 0 {
		return "''"
	}
	return strings.Join(words, "|")
}

// walk is the part that bash and zsh share: it finds the command that is being
// typed, and the words that may come next.
func walk(app *cli.App, words, current string) string {
	list := entries(app)
	values, files := takers(list)
	var b strings.Builder
	fmt.Fprintf(&b, `  local path="" word skip="" commands="" flags=""
  for word in "${%s}"; do
    if [ -n "$skip" ]; then skip=""; continue; fi
    case "$word" in
      %s) skip=1; continue ;;
      -*) continue ;;
    esac
    case "$path $word" in
`, words, pattern(append(append([]string{}, values...), files...)))
	for _, e := range list[1:] {
		fmt.Fprintf(&b, "      %q) path=%q ;;\n", " "+strings.Join(e.path, " "), " "+strings.Join(e.path, " "))
	}
	fmt.Fprintf(&b, "    esac\n  done\n  case \"$path\" in\n")
	for _, e := range list {
		path := ""
		if len(e.path) > 0 {
			path = " " + strings.Join(e.path, " ")
		}
		commands, flags := e.words()
		fmt.Fprintf(&b, "    %q) commands=%q; flags=%q ;;\n", path, strings.Join(commands, " "), strings.Join(flags, " "))
	}
	fmt.Fprintf(&b, "  esac\n  case \"%s\" in -*) commands=\"$flags\" ;; esac\n", current)
	return b.String()
}

func bash(app *cli.App) string {
	values, files := takers(entries(app))
	return fmt.Sprintf(`# Completion of %[1]s for bash: eval "$(%[1]s completion bash)"
_%[1]s() {
  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  case "$prev" in
    %[2]s) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    %[3]s) return ;;
  esac
%[4]s  COMPREPLY=($(compgen -W "$commands" -- "$cur"))
  if [ ${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$cur")); fi
}
complete -F _%[1]s %[1]s
`, app.Name, pattern(files), pattern(values), walk(app, "COMP_WORDS[@]:1:COMP_CWORD-1", "$cur"))
}

func zsh(app *cli.App) string {
	values, files := takers(entries(app))
	return fmt.Sprintf(`#compdef %[1]s
# Completion of %[1]s for zsh: source <(%[1]s completion zsh)
_%[1]s() {
  local cur="${words[CURRENT]}" prev="${words[CURRENT-1]}"
  case "$prev" in
    %[2]s) _files; return ;;
    %[3]s) return ;;
  esac
%[4]s  compadd -- ${=commands} || _files
}
compdef _%[1]s %[1]s
`, app.Name, pattern(files), pattern(values), walk(app, "words[@]:1:$((CURRENT-2))", "$cur"))
}

func fish(app *cli.App) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Completion of %[1]s for fish: %[1]s completion fish | source\ncomplete -c %[1]s -f\n", app.Name)
	for _, e := range entries(app) {
		condition := "__fish_use_subcommand"
		if len(e.path) > 0 {
			condition = "__fish_seen_subcommand_from " + strings.Join(e.path, "; and __fish_seen_subcommand_from ")
		}
		if len(e.path) > 0 && len(e.below) > 0 {
			var names []string
			for _, c := range e.below {
				names = append(names, c.Name)
			}
			condition += "; and not __fish_seen_subcommand_from " + strings.Join(names, " ")
		}
		for _, c := range e.below {
			fmt.Fprintf(&b, "complete -c %s -n %s -a %s -d %s\n", app.Name, quote(condition), c.Name, quote(c.Usage))
		}
		for _, f := range e.flags {
			fmt.Fprintf(&b, "complete -c %s -n %s", app.Name, quote(condition))
			for _, n := range f.names {
				if len(n) == 1 {
					fmt.Fprintf(&b, " -s %s", n)
				} else {
					fmt.Fprintf(&b, " -l %s", n)
				}
			}
			if f.value != "" {
				b.WriteString(" -r")
			}
			if f.isFile {
				b.WriteString(" -F")
			}
			fmt.Fprintf(&b, " -d %s\n", quote(f.usage))
		}
	}
	return b.String()
}

func quote(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'" }
