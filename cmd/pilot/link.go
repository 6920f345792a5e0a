package main

import (
	"errors"
	"os"
	"strings"

	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/deploy"
	"github.com/urfave/cli/v2"
)

// linkReport is what "link --json" prints.
type linkReport struct {
	Project    string   `json:"project"`
	Apps       []string `json:"apps"`
	Repository string   `json:"repository"`
	Poll       string   `json:"poll,omitempty"`
}

func linkCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "link",
		Usage:     "have a project's source come from a git repository",
		ArgsUsage: "[PROJECT]",
		Flags: []cli.Flag{contextFlag(), jsonFlag,
			&cli.StringFlag{Name: "git", Usage: "URL of the repository, as the runners reach it: https://HOST/PATH, ssh://USER@HOST/PATH or git@HOST:PATH"},
			&cli.StringFlag{Name: "ref", Usage: "branch, tag or commit (default: the repository's default branch)"},
			&cli.StringFlag{Name: "path", Usage: "folder of the repository that holds " + deploy.ConfigFile},
			&cli.StringFlag{Name: "auth", Usage: "how to log in: token, read from standard input, or ssh, with --key (default: not at all)"},
			&cli.StringFlag{Name: "username", Value: "git", Usage: "the user that the token belongs to; most git hosts take any"},
			&cli.StringFlag{Name: "key", Usage: "file of the ssh private key, without a passphrase", TakesFile: true},
			&cli.DurationFlag{Name: "poll", Usage: "look for a new commit this often and deploy it, such as 1m (default: never)"},
			&cli.BoolFlag{Name: "remove", Usage: "remove the link of the project: the source comes from folders again"}},
		Action: func(c *cli.Context) error {
			if c.NArg() > 1 {
				return usagef("one project is wanted, got %d: %s", c.NArg(), strings.Join(c.Args().Slice(), " "))
			}
			if c.Bool("remove") {
				return s.unlink(c)
			}
			from, err := s.repository(c)
			if err != nil {
				return err
			}
			p, err := usePlatform(c)
			if err != nil {
				return err
			}
			linked, err := deploy.Link(c.Context, p.Platform, deploy.LinkRequest{
				Project: c.Args().First(), Source: from, Poll: c.Duration("poll"),
			}, deploy.Progress{Note: func(line string) { s.say(c, "%s", line) }})
			if err != nil {
				return upError(err)
			}
			s.say(c, "%s is linked to %s", linked.Project, from)
			if c.Bool("json") {
				report := linkReport{Project: linked.Project, Apps: linked.Apps, Repository: from.String()}
				if poll := c.Duration("poll"); poll > 0 {
					report.Poll = poll.String()
				}
				return s.writeJSON(report)
			}
			return nil
		},
	}
}

// repository is the source that the flags describe.
func (s *session) repository(c *cli.Context) (client.Source, error) {
	from := client.Source{URL: c.String("git"), Ref: c.String("ref"), Path: strings.Trim(c.String("path"), "/")}
	if from.URL == "" {
		return from, usagef("--git is missing: the URL of the repository")
	}
	switch auth := c.String("auth"); auth {
	case "":
		if c.IsSet("key") {
			return from, usagef("--key: it goes with --auth ssh")
		}
	case "token":
		if !strings.HasPrefix(from.URL, "https://") {
			return from, usagef("--auth token: want a URL with https://, got %q; a token must not go over the network in the clear", from.URL)
		}
		token, err := s.readValue(c, "the token")
		if err != nil {
			return from, err
		}
		from.Username, from.Password = c.String("username"), strings.TrimSpace(token)
	case "ssh":
		if strings.HasPrefix(from.URL, "http") {
			return from, usagef("--auth ssh: want ssh://USER@HOST/PATH or git@HOST:PATH, got %q", from.URL)
		}
		key, err := os.ReadFile(c.String("key"))
		if err != nil {
			return from, usagef("--key: want the file of a private key: %w", err)
		}
		from.PrivateKey = string(key)
	default:
		return from, usagef("--auth %q: want token or ssh", auth)
	}
	if poll := c.Duration("poll"); poll < 0 || (poll > 0 && poll < client.ShortestPoll) {
		return from, usagef("--poll %s: want at least %s", poll, client.ShortestPoll)
	}
	return from, usage(from.Check())
}

func (s *session) unlink(c *cli.Context) error {
	project := c.Args().First()
	if project == "" {
		_, file, err := deploy.Locate(".")
		if err != nil {
			return usagef("a project is missing: pilot link --remove PROJECT")
		}
		project = file.Project()
	}
	p, err := usePlatform(c)
	if err != nil {
		return err
	}
	err = deploy.Unlink(c.Context, p.Platform, project)
	if errors.Is(err, client.ErrNotFound) {
		return usagef("project %q: the server has none of that name", project)
	}
	if err != nil {
		return err
	}
	s.say(c, "%s is linked to no repository", project)
	if c.Bool("json") {
		return s.writeJSON(linkReport{Project: project, Apps: []string{}})
	}
	return nil
}
