package main

import (
	"errors"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/urfave/cli/v2"
)

// contextReport is one line of "context ls --json".
type contextReport struct {
	Name    string `json:"name"`
	Current bool   `json:"current"`
	Target  string `json:"target"`
	Address string `json:"address"`
	UI      string `json:"ui"`
}

// contextChange is what "context use --json" and "context rm --json" print.
type contextChange struct {
	Name      string `json:"name"`
	Current   bool   `json:"current"`
	Forgotten bool   `json:"forgotten"`
}

func contextCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "context",
		Usage: "choose between the platforms that are known on this machine",
		Subcommands: []*cli.Command{
			{Name: "ls", Usage: "list them", Flags: []cli.Flag{jsonFlag}, Action: s.contexts},
			{
				Name: "use", Usage: "make one the current one, for all commands that name none", ArgsUsage: "NAME", Flags: []cli.Flag{jsonFlag},
				Action: func(c *cli.Context) error {
					name, h, err := knownContext(c)
					if err != nil {
						return err
					}
					if err := h.UseContext(name); err != nil {
						return err
					}
					s.say(c, "%s is the current context", name)
					return s.reportIfAsked(c, contextChange{Name: name, Current: true})
				},
			},
			{
				Name: "rm", Usage: "forget one; the platform itself is not touched", ArgsUsage: "NAME", Flags: []cli.Flag{jsonFlag},
				Action: func(c *cli.Context) error {
					name, h, err := knownContext(c)
					if err != nil {
						return err
					}
					if readable(h.StateFile(projectName, name)) {
						s.say(c, "the platform %s is this machine's own: pilot setup writes its context anew", name)
					}
					if err := h.Forget(name); err != nil {
						return err
					}
					s.say(c, "%s is forgotten", name)
					return s.reportIfAsked(c, contextChange{Name: name, Forgotten: true})
				},
			},
		},
	}
}

// knownContext is the one argument, which must be a context's name.
func knownContext(c *cli.Context) (string, *home.Home, error) {
	if c.NArg() != 1 {
		return "", nil, usagef("one name is wanted, got %d: pilot context %s NAME", c.NArg(), c.Command.Name)
	}
	h, err := home.Open()
	if err != nil {
		return "", nil, err
	}
	name := c.Args().First()
	if err := home.CheckContextName(name); err != nil {
		return "", nil, usage(err)
	}
	_, err = h.LoadContext(name)
	if errors.Is(err, home.ErrNoContext) {
		return "", nil, usage(err)
	}
	// A damaged file must be possible to forget.
	if err != nil && c.Command.Name != "rm" {
		return "", nil, err
	}
	return name, h, nil
}

func (s *session) contexts(c *cli.Context) error {
	h, err := home.Open()
	if err != nil {
		return err
	}
	names, err := h.Contexts()
	if err != nil {
		return err
	}
	current := contextName(c, h)
	list := []contextReport{}
	for _, name := range names {
		kept, err := h.LoadContext(name)
		if err != nil {
			return err
		}
		list = append(list, contextReport{Name: name, Current: name == current, Target: kept.Target, Address: kept.Address, UI: kept.UI})
	}
	if c.Bool("json") {
		return s.writeJSON(list)
	}
	if len(list) == 0 {
		s.say(c, "no platform is known here yet: pilot setup makes one, pilot connect joins one")
		return nil
	}
	rows := [][]string{}
	for _, l := range list {
		mark := ""
		if l.Current {
			mark = "*"
		}
		rows = append(rows, []string{mark, l.Name, l.Target, l.Address, l.UI})
	}
	terminal.Table(s.out, []string{"", "NAME", "TARGET", "SERVER", "UI"}, rows)
	return nil
}
