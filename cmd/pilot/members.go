package main

import (
	"errors"
	"time"

	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/urfave/cli/v2"
)

// memberReport is one line of "members ls --json".
type memberReport struct {
	Name string `json:"name"`
	// State is member, owner (of the first token) or invited.
	State string `json:"state"`
	You   bool   `json:"you"`
	// Expires is when an open invite ends.
	Expires *time.Time `json:"expires,omitempty"`
}

func membersCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "members",
		Usage: "see who has access to the Pilot server, and take it away",
		Subcommands: []*cli.Command{
			{Name: "ls", Usage: "list members and open invites", Flags: []cli.Flag{contextFlag(), jsonFlag}, Action: s.members},
			{
				Name: "revoke", Usage: "end a member's access, or an open invite, at once; all others keep theirs", ArgsUsage: "NAME",
				Flags: []cli.Flag{contextFlag(), yesFlag, jsonFlag},
				Action: func(c *cli.Context) error {
					if c.NArg() != 1 {
						return usagef("one name is wanted, got %d: pilot members revoke NAME", c.NArg())
					}
					name := c.Args().First()
					server, _, err := s.dial(c)
					if err != nil {
						return err
					}
					defer server.Close()
					me, err := server.Whoami(c.Context)
					if err != nil {
						return err
					}
					question := "End the access of " + name + "?"
					if me.Name == name {
						question = "End your own access?"
					}
					if err := s.confirm(c, question); err != nil {
						return err
					}
					err = server.RemoveMember(c.Context, name)
					if errors.Is(err, client.ErrNotFound) {
						return usagef("%s is no member; pilot members ls lists them", name)
					}
					if err != nil {
						return err
					}
					s.say(c, "%s has no access any more", name)
					if c.Bool("json") {
						return s.writeJSON(map[string]string{"revoked": name})
					}
					return nil
				},
			},
		},
	}
}

func (s *session) members(c *cli.Context) error {
	server, _, err := s.dial(c)
	if err != nil {
		return err
	}
	defer server.Close()
	me, err := server.Whoami(c.Context)
	if err != nil {
		return err
	}
	all, err := server.Members(c.Context)
	if err != nil {
		return err
	}
	list := []memberReport{}
	for _, m := range all {
		if m.Runner {
			continue
		}
		r := memberReport{Name: m.Name, State: "member", You: m.ID == me.ID}
		switch {
		case m.First:
			r.State = "owner"
		case m.Pending:
			end := m.Expires.UTC()
			r.State, r.Expires = "invited", &end
		}
		list = append(list, r)
	}
	if c.Bool("json") {
		return s.writeJSON(list)
	}
	rows := [][]string{}
	for _, r := range list {
		note := ""
		switch {
		case r.Expires != nil && r.Expires.Before(time.Now()):
			note = "expired " + r.Expires.Local().Format(time.DateTime)
		case r.Expires != nil:
			note = "until " + r.Expires.Local().Format(time.DateTime)
		case r.You:
			note = "you"
		}
		rows = append(rows, []string{r.Name, r.State, note})
	}
	terminal.Table(s.out, []string{"NAME", "STATE", ""}, rows)
	return nil
}
