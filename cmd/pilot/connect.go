package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/team"
	"github.com/urfave/cli/v2"
)

// connectReport is what "connect --json" prints.
type connectReport struct {
	Context     string `json:"context"`
	Name        string `json:"name"`
	Address     string `json:"address"`
	UI          string `json:"ui"`
	Fingerprint string `json:"fingerprint"`
}

// longestInvite is more than any invite has; what is longer is not read.
const longestInvite = 64 << 10

func connectCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "connect",
		Usage:     "join a platform with an invite that somebody there made (pilot invite)",
		ArgsUsage: "INVITE",
		Flags: []cli.Flag{jsonFlag,
			&cli.StringFlag{Name: "name", Usage: "what to call the platform here (default: what the other side calls it)"}},
		Action: func(c *cli.Context) error {
			text, err := s.inviteText(c)
			if err != nil {
				return err
			}
			invite, err := team.Parse(text)
			if err != nil {
				return usage(err)
			}
			h, err := home.Open()
			if err != nil {
				return err
			}
			name, err := contextFor(c, h, invite)
			if err != nil {
				return err
			}
			token, err := invite.Accept(c.Context)
			if err != nil {
				return err
			}
			err = h.SaveContext(home.Context{
				Name: name, Target: invite.Target, Address: invite.Address, CA: string(invite.CA), Token: token,
				UI: invite.UI, Source: invite.Source, RunnerSource: invite.RunnerSource,
			})
			if err != nil {
				return fmt.Errorf("the invite is used up, and what it gave can't be kept; ask for a new one: %w", err)
			}
			if err := h.UseContext(name); err != nil {
				return err
			}
			report := connectReport{Context: name, Name: invite.Name, Address: invite.Address, UI: invite.UI, Fingerprint: "sha256:" + invite.Fingerprint()}
			if c.Bool("json") {
				return s.writeJSON(report)
			}
			fmt.Fprintf(s.out, "connected to %s at %s as %s; it is the current context now\n", terminal.StyleOf(s.out).Bold(name), invite.Address, invite.Name)
			fmt.Fprintf(s.out, "its certificate authority has the fingerprint %s\n", report.Fingerprint)
			return nil
		},
	}
}

// inviteText is the argument, or what is on standard input for "-": there it is
// in no shell history and no process list.
func (s *session) inviteText(c *cli.Context) (string, error) {
	switch {
	case c.NArg() == 0:
		return "", usagef("the invite is missing: pilot connect INVITE, or pilot connect - to read it from standard input")
	case c.Args().First() != "-":
		return strings.Join(c.Args().Slice(), ""), nil
	}
	data, err := io.ReadAll(io.LimitReader(s.in, longestInvite))
	if err != nil {
		return "", usagef("read the invite from standard input: %w", err)
	}
	return string(data), nil
}

// contextFor chooses the context's name before the invite is used up. A context
// of another server is not written over.
func contextFor(c *cli.Context, h *home.Home, invite team.Invite) (string, error) {
	name := c.String("name")
	if name == "" {
		name = invite.Platform
	}
	if err := home.CheckContextName(name); err != nil {
		return "", usagef("--name: %w", err)
	}
	old, err := h.LoadContext(name)
	switch {
	case errors.Is(err, home.ErrNoContext):
		return name, nil
	case err != nil:
		return "", err
	case readable(h.StateFile(projectName, name)):
		return "", usagef("--name %q: a stack of this machine has this name; want another", name)
	}
	// One's own access to the same server may be renewed.
	live, err := client.Dial(c.Context, client.Config{Address: old.Address, CA: []byte(old.CA), Token: old.Token})
	if err != nil {
		return "", err
	}
	defer live.Close()
	if old.Address == invite.Address && errors.Is(live.CheckToken(c.Context), client.ErrUnauthenticated) {
		return name, nil
	}
	return "", usagef("--name %q: there is a context of this name, for %s; want another, or pilot context rm %s first", name, old.Address, name)
}

// browserHint is how to reach what listens on the other machine's loopback.
func browserHint(kept home.Context) string {
	if host, ok := os.LookupEnv("SSH_CONNECTION"); ok && host != "" && strings.Contains(kept.UI, "127.0.0.1") {
		port := kept.UI[strings.LastIndex(kept.UI, ":")+1:]
		return fmt.Sprintf("the web interface listens on this machine's loopback; from yours: ssh -L %s:127.0.0.1:%s USER@HOST", port, port)
	}
	return ""
}
