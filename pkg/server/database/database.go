// Package database makes databases for apps inside a platform's PostgreSQL. It
// works through the platform's Docker endpoint, so that a private database stays
// private.
package database

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"
	docker "github.com/docker/docker/client"

	"github.com/pilot-framework/pilot/pkg/server/applog"
)

// Server is a PostgreSQL container.
type Server struct {
	// Docker is the endpoint that it runs on.
	Docker *docker.Client
	// Container is its name, under which apps reach it too.
	Container string
	// User is a superuser who may log in within the container, Database his own.
	User, Database string
}

// port is PostgreSQL's, on the Docker network.
const port = "5432"

// appNetwork is the Docker network that apps are put on. The label is how their
// deployer finds it.
const appNetwork = "waypoint"

// ErrExists is a database, or a role, that is there already.
var ErrExists = errors.New("is there already")

// nameForm keeps names free of quoting; PostgreSQL cuts names off after 63 bytes.
var nameForm = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// CheckName says what is wrong with the name of a database.
func CheckName(name string) error {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("database name %q: want a lower-case letter or underscore, then up to 62 lower-case letters, digits or underscores", name)
	}
	if slices.Contains([]string{"postgres", "template0", "template1", "public", "none"}, name) || strings.HasPrefix(name, "pg_") {
		return fmt.Errorf("database name %q: PostgreSQL keeps this name to itself", name)
	}
	return nil
}

// Shell is the command that opens psql on a database within the container.
func (s Server) Shell(database string) []string {
	return []string{"psql", "-U", s.User, "-d", database}
}

// Create makes a database and a role of that name, who owns it and is the only
// one to reach it beside the superuser. It returns the URL by which apps on the
// platform connect, which is a secret. The error is ErrExists when there is such
// a database or role.
func (s Server) Create(ctx context.Context, name string) (string, error) {
	if err := CheckName(name); err != nil {
		return "", err
	}
	found, err := s.run(ctx, fmt.Sprintf("SELECT 'database' FROM pg_database WHERE datname = '%[1]s' UNION SELECT 'role' FROM pg_roles WHERE rolname = '%[1]s';", name))
	if err != nil {
		return "", err
	}
	if found = strings.Join(strings.Fields(found), " and "); found != "" {
		return "", fmt.Errorf("%s %s %w", found, name, ErrExists)
	}
	if err := s.join(ctx); err != nil {
		return "", err
	}
	raw := make([]byte, 24)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	password := hex.EncodeToString(raw)
	// A statement that fails is written to the server's log, password and all,
	// unless it is told not to.
	_, err = s.run(ctx, "SET log_statement = 'none'; SET log_min_error_statement = 'panic';\n"+
		fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s';\n", name, password))
	if err != nil {
		return "", fmt.Errorf("make the role %s: %w", name, err)
	}
	_, err = s.run(ctx, fmt.Sprintf("CREATE DATABASE %[1]s OWNER %[1]s;\nREVOKE CONNECT, TEMPORARY ON DATABASE %[1]s FROM PUBLIC;\n", name))
	if err != nil {
		_, undo := s.run(context.WithoutCancel(ctx), fmt.Sprintf("DROP DATABASE IF EXISTS %[1]s;\nDROP ROLE %[1]s;\n", name))
		return "", errors.Join(fmt.Errorf("make the database %s: %w", name, err), undo)
	}
	return URL(name, password, s.Container+":"+port, name), nil
}

// URL is how PostgreSQL clients are told where to connect.
func URL(user, password, host, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: host, Path: "/" + database}
	return u.String()
}

// run gives psql statements on its standard input, where they are in no process
// list, and returns what it prints.
func (s Server) run(ctx context.Context, sql string) (string, error) {
	var out, errOut bytes.Buffer
	code, err := applog.Exec(ctx, s.Docker, s.Container, applog.Session{
		Command: append(s.Shell(s.Database), "-v", "ON_ERROR_STOP=1", "-q", "-t", "-A", "-f", "-"),
		In:      strings.NewReader(sql), Out: &out, ErrOut: &errOut,
	})
	if err != nil {
		return "", err
	}
	if code != 0 {
		return "", fmt.Errorf("psql: %s", strings.TrimSpace(errOut.String()))
	}
	return out.String(), nil
}

// join puts the database on the network of the apps, which is made by the first
// deployment unless it is needed before.
func (s Server) join(ctx context.Context) error {
	_, err := s.Docker.NetworkInspect(ctx, appNetwork, network.InspectOptions{})
	if errdefs.IsNotFound(err) {
		_, err = s.Docker.NetworkCreate(ctx, appNetwork, network.CreateOptions{Driver: "bridge", Labels: map[string]string{"use": appNetwork}})
	}
	if err != nil {
		return fmt.Errorf("find the network of the apps: %w", err)
	}
	found, err := s.Docker.ContainerInspect(ctx, s.Container)
	if err != nil {
		return fmt.Errorf("look at the database's container: %w", err)
	}
	if _, there := found.NetworkSettings.Networks[appNetwork]; there {
		return nil
	}
	if err := s.Docker.NetworkConnect(ctx, appNetwork, found.ID, nil); err != nil {
		return fmt.Errorf("put the database on the network of the apps: %w", err)
	}
	return nil
}
