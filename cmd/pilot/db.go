package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	dockerapi "github.com/docker/docker/client"
	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/database"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

// databaseReport is what "db info --json" prints.
type databaseReport struct {
	Host     string `json:"host"`
	Port     string `json:"port"`
	Database string `json:"database"`
	User     string `json:"user"`
	// Password and URL are [secret] unless --show-secrets.
	Password string `json:"password"`
	URL      string `json:"url"`
}

// psqlImageFlag names where psql comes from when the database is a cloud's own.
var psqlImageFlag = &cli.StringFlag{
	Name: "psql-image", Value: "postgres:17-alpine",
	Usage: "the image with psql that is run on the Docker endpoint for a cloud's own database; a container on the platform needs none",
}

func dbCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:  "db",
		Usage: "the platform's PostgreSQL: where it is, a shell on it, a database for an app",
		Subcommands: []*cli.Command{
			{
				Name: "info", Usage: "say where the database is and how to log in",
				Flags:  platformFlags(jsonFlag, &cli.BoolFlag{Name: "show-secrets", Usage: "print the password in the clear"}),
				Action: s.dbInfo,
			},
			{
				Name: "connect", Usage: "open psql on the platform's database, or on DATABASE, through the Docker endpoint", ArgsUsage: "[DATABASE]",
				Flags: platformFlags(psqlImageFlag), Action: s.dbConnect,
			},
			{
				Name: "create", Usage: "make a database with an owner of its own, and give an app its DATABASE_URL as a secret", ArgsUsage: "NAME",
				Flags: platformFlags(jsonFlag, psqlImageFlag,
					&cli.StringFlag{Name: "app", Usage: "PROJECT/APP that gets DATABASE_URL, from its next pilot up on"},
					&cli.StringFlag{Name: "variable", Value: "DATABASE_URL", Usage: "another name for the variable"}),
				Action: s.dbCreate,
			},
		},
	}
}

func (s *session) dbInfo(c *cli.Context) error {
	o, err := s.open(c)
	if err != nil {
		return err
	}
	defer o.Close()
	out, err := o.outputs(c.Context)
	if err != nil {
		return err
	}
	d := out.Database
	if d.Host == "" {
		return stacks.ErrNotSetUp
	}
	r := databaseReport{
		Host: d.Host, Port: d.Port, Database: d.Name, User: d.User, Password: d.Password,
		URL: database.URL(d.User, d.Password, net.JoinHostPort(d.Host, d.Port), d.Name),
	}
	if !c.Bool("show-secrets") {
		r.Password, r.URL = "[secret]", "[secret]"
	}
	if c.Bool("json") {
		return s.writeJSON(r)
	}
	terminal.Table(s.out, nil, [][]string{
		{"host", r.Host}, {"port", r.Port}, {"database", r.Database}, {"user", r.User}, {"password", r.Password}, {"url", r.URL},
	})
	return nil
}

// onDatabase calls do with the platform's PostgreSQL: a container on its Docker
// endpoint, or the cloud's own, which that endpoint's network alone reaches.
func (s *session) onDatabase(c *cli.Context, do func(o *opened, out stacks.Outputs, db database.Server) error) error {
	return s.onEndpoint(c, func(o *opened, docker *dockerapi.Client) error {
		out, err := o.outputs(c.Context)
		if err != nil {
			return err
		}
		d, prefix := out.Database, "pilot-"+o.spec.Stack
		db := database.Server{Docker: docker, Container: prefix + "-db", User: d.User, Database: d.Name}
		_, err = docker.ContainerInspect(c.Context, db.Container)
		if err == nil {
			return do(o, out, db)
		}
		if !errdefs.IsNotFound(err) {
			return err
		}
		s.say(c, "the database is the cloud's own, at %s; psql runs on the Docker endpoint, in a container of %s", d.Host, c.String("psql-image"))
		reached, err := database.Reach(c.Context, docker, database.Remote{
			Host: d.Host, Port: d.Port, User: d.User, Password: d.Password, Database: d.Name,
			Image: c.String("psql-image"), Name: prefix + "-psql",
		})
		if err != nil {
			return err
		}
		err = do(o, out, reached.Server)
		if left := reached.Close(); left != nil {
			err = errors.Join(err, left)
		}
		return err
	})
}

func (s *session) dbConnect(c *cli.Context) error {
	if c.NArg() > 1 {
		return usagef("one database is wanted, got %d: %s", c.NArg(), strings.Join(c.Args().Slice(), " "))
	}
	return s.onDatabase(c, func(_ *opened, out stacks.Outputs, db database.Server) error {
		name := out.Database.Name
		if c.NArg() == 1 {
			name = c.Args().First()
			if err := database.CheckName(name); err != nil {
				return usage(err)
			}
		}
		code, err := s.execIn(c.Context, db.Docker, db.Container, db.Shell(name))
		if err == nil && code != 0 {
			err = &exitError{code: code}
		}
		return err
	})
}

func (s *session) dbCreate(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("one name is wanted, got %d: pilot db create NAME", c.NArg())
	}
	name, variable := c.Args().First(), c.String("variable")
	if err := database.CheckName(name); err != nil {
		return usage(err)
	}
	// The password is known once: what can be refused is refused before it is made.
	if err := client.CheckVariable(variable); err != nil {
		return usagef("--variable: %v", err)
	}
	scope := client.Scope{}
	if app := c.String("app"); app != "" {
		var ok bool
		if scope.Project, scope.App, ok = strings.Cut(app, "/"); !ok || scope.Project == "" || scope.App == "" {
			return usagef("--app %q: want PROJECT/APP", app)
		}
	}
	return s.onDatabase(c, func(_ *opened, out stacks.Outputs, db database.Server) error {
		server, err := client.Dial(c.Context, client.Config{Address: out.Server.Address, CA: []byte(out.Server.CA), Token: out.Server.Token})
		if err != nil {
			return err
		}
		defer server.Close()
		// A database that its app can't be told of is of no use: look first.
		if scope.App != "" {
			if err := knownApp(c, server, scope); err != nil {
				return err
			}
		}
		address, err := db.Create(c.Context, name)
		if errors.Is(err, database.ErrExists) {
			return usage(err)
		}
		if err != nil {
			return err
		}
		if scope.App == "" {
			s.say(c, "made the database %s; nothing was told of it: this address is printed once", name)
			if c.Bool("json") {
				return s.writeJSON(map[string]string{"database": name, "url": address})
			}
			fmt.Fprintln(s.out, address)
			return nil
		}
		set := map[string]client.Secret{variable: client.Secret(address)}
		if err := keepAddress(c.Context, server, db, scope, set, name); err != nil {
			return err
		}
		s.say(c, "made the database %s; %s is a secret of %s/%s, and the next pilot up puts it into effect", name, variable, scope.Project, scope.App)
		if c.Bool("json") {
			return s.writeJSON(map[string]string{"database": name, "app": scope.Project + "/" + scope.App, "variable": variable})
		}
		return nil
	})
}

// keepAddress gives the app the address of its new database, of which there is no
// other copy: without it the database is removed again.
func keepAddress(ctx context.Context, server secretSetter, db undoer, scope client.Scope, set map[string]client.Secret, name string) error {
	err := server.SetSecrets(ctx, scope, set)
	if err == nil {
		return nil
	}
	names := strings.Join(slices.Sorted(maps.Keys(set)), ", ")
	err = fmt.Errorf("%s of %s/%s could not be set: %w", names, scope.Project, scope.App, err)
	if undo := db.Undo(ctx, name); undo != nil {
		return errors.Join(err, undo)
	}
	return fmt.Errorf("%w; the database %s is removed again", err, name)
}

type secretSetter interface {
	SetSecrets(ctx context.Context, scope client.Scope, values map[string]client.Secret) error
}

type undoer interface {
	Undo(ctx context.Context, name string) error
}

// knownApp wants the server to know the app.
func knownApp(c *cli.Context, server *client.Client, scope client.Scope) error {
	project, err := server.Project(c.Context, scope.Project)
	if errors.Is(err, client.ErrNotFound) {
		return usagef("--app: the server knows no project %s; it does after its first pilot up", scope.Project)
	}
	if err != nil {
		return err
	}
	for _, app := range project.Apps {
		if app == scope.App {
			return nil
		}
	}
	return usagef("--app: the project %s has no app %s; it has: %s", scope.Project, scope.App, strings.Join(project.Apps, ", "))
}
