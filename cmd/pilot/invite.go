package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"time"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/team"
	"github.com/urfave/cli/v2"
)

// inviteReport is what "invite --json" prints.
type inviteReport struct {
	Invite      string    `json:"invite"`
	Name        string    `json:"name"`
	Expires     time.Time `json:"expires"`
	Fingerprint string    `json:"fingerprint"`
}

func inviteCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "invite",
		Usage: "let a teammate in: prints one line for pilot connect, good once; it opens neither Docker nor a cloud, and a member deploys with what the runners have",
		Flags: []cli.Flag{contextFlag(), jsonFlag,
			&cli.StringFlag{Name: "name", Usage: "the teammate's name, for pilot members (default: one is made up)"},
			&cli.DurationFlag{Name: "expires", Value: 24 * time.Hour, Usage: "how long the invite is good, 1s to 720h"},
			&cli.StringFlag{Name: "role", Hidden: true}},
		Action: func(c *cli.Context) error {
			if c.IsSet("role") {
				return usagef("--role %q: the server (Waypoint 0.11.4) knows no roles, not even a read-only one: every member can do everything on it, and deploy with what its runners have. "+
					"Leave --role out; a short --expires, pilot members revoke, and a platform of its own for what not everybody may touch are what there is", c.String("role"))
			}
			if d := c.Duration("expires"); d < time.Second || d > 30*24*time.Hour {
				return usagef("--expires %s: want 1s to 720h (30 days)", d)
			}
			_, kept, err := s.context(c)
			if err != nil {
				return err
			}
			name := c.String("name")
			if name == "" {
				if name, err = inventedName(); err != nil {
					return err
				}
			}
			if err := client.CheckMemberName(name); err != nil {
				return usagef("--name: %w", err)
			}
			invite, err := team.NewInvite(c.Context, teamPlatform(kept), name, c.Duration("expires"))
			if err != nil {
				return err
			}
			text, err := invite.Encode()
			if err != nil {
				return err
			}
			if c.Bool("json") {
				return s.writeJSON(inviteReport{Invite: text, Name: name, Expires: invite.Expires.UTC(), Fingerprint: "sha256:" + invite.Fingerprint()})
			}
			// The invite alone is on standard output, so that it can be piped.
			style := terminal.StyleOf(s.errOut)
			fmt.Fprintf(s.errOut, "An invite for %s, good once until %s. Send it over a channel that only they read:\n", style.Bold(name), invite.Expires.Local().Format(time.DateTime))
			fmt.Fprintf(s.errOut, "they run pilot connect with it, and see the fingerprint sha256:%s\n\n", invite.Fingerprint())
			fmt.Fprintln(s.out, text)
			return nil
		},
	}
}

func inventedName() (string, error) {
	b := make([]byte, 3)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	return "member-" + hex.EncodeToString(b), nil
}

func teamPlatform(kept home.Context) team.Platform {
	return team.Platform{
		Name: kept.Name, Target: kept.Target, Address: kept.Address, CA: []byte(kept.CA), Token: kept.Token,
		UI: kept.UI, Source: kept.Source, RunnerSource: kept.RunnerSource,
	}
}

// context is the kept context that a command is about.
func (s *session) context(c *cli.Context) (*home.Home, home.Context, error) {
	h, err := home.Open()
	if err != nil {
		return nil, home.Context{}, err
	}
	kept, err := h.LoadContext(contextName(c, h))
	return h, kept, err
}

// dial connects to the server of the context that a command is about.
func (s *session) dial(c *cli.Context) (*client.Client, home.Context, error) {
	_, kept, err := s.context(c)
	if err != nil {
		return nil, kept, err
	}
	server, err := client.Dial(c.Context, client.Config{Address: kept.Address, CA: []byte(kept.CA), Token: kept.Token})
	return server, kept, err
}

// readable tells files that are there from those that are not.
func readable(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular()
}
