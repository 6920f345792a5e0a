// Package database makes databases for apps inside a platform's PostgreSQL. It
// works through the platform's Docker endpoint, so that a private database stays
// private.
package database

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"
	docker "github.com/docker/docker/client"

	"github.com/pilot-framework/pilot/pkg/server/applog"
)

// Server is a PostgreSQL server and a container that has psql: its own, or with
// [Reach] one beside it.
type Server struct {
	// Docker is the endpoint that the container runs on.
	Docker *docker.Client
	// Container is its name, under which apps reach PostgreSQL too unless Host is
	// said.
	Container string
	// Host and Port are where PostgreSQL is when that is not in the container.
	Host, Port string
	// User may make roles and databases, and log in from the container; Database is
	// his own.
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
	command := []string{"psql", "-U", s.User, "-d", database}
	if s.Host != "" {
		command = append(command, "-h", s.Host, "-p", s.Port)
	}
	return command
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
	if s.Host == "" {
		if err := s.join(ctx); err != nil {
			return "", err
		}
	}
	raw := make([]byte, 24+saltBytes)
	if _, err := rand.Read(raw); err != nil {
		return "", err
	}
	password := hex.EncodeToString(raw[saltBytes:])
	kept, err := verifier(password, raw[:saltBytes])
	if err != nil {
		return "", err
	}
	if _, err = s.run(ctx, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s';\n", name, kept)); err != nil {
		return "", fmt.Errorf("make the role %s: %w", name, err)
	}
	grant := ""
	if s.Host != "" {
		// The admin of a cloud's PostgreSQL is no superuser: to give a database away
		// takes membership of the role that gets it.
		grant = fmt.Sprintf("GRANT %s TO CURRENT_USER;\n", name)
	}
	_, err = s.run(ctx, grant+fmt.Sprintf("CREATE DATABASE %[1]s OWNER %[1]s;\nREVOKE CONNECT, TEMPORARY ON DATABASE %[1]s FROM PUBLIC;\n", name))
	if err != nil {
		return "", errors.Join(fmt.Errorf("make the database %s: %w", name, err), s.Undo(ctx, name))
	}
	host := net.JoinHostPort(s.Host, s.Port)
	if s.Host == "" {
		host = s.Container + ":" + port
	}
	return URL(name, password, host, name), nil
}

const (
	saltBytes  = 16
	iterations = 4096 // PostgreSQL's own number (scram_iterations)
)

// verifier is what PostgreSQL keeps of a password (RFC 5803): a statement with it in
// place of the password gives nothing away, wherever the server logs it.
func verifier(password string, salt []byte) (string, error) {
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", err
	}
	sum := func(text string) []byte {
		h := hmac.New(sha256.New, salted)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	stored := sha256.Sum256(sum("Client Key"))
	text := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, text(salt), text(stored[:]), text(sum("Server Key"))), nil
}

// Undo removes the database and the role that Create made just now, also when the
// context has ended. Nobody must have used them.
func (s Server) Undo(ctx context.Context, name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	_, err := s.run(context.WithoutCancel(ctx), fmt.Sprintf("DROP DATABASE IF EXISTS %[1]s;\nDROP ROLE %[1]s;\n", name))
	if err != nil {
		return fmt.Errorf("remove the database %s again: %w", name, err)
	}
	return nil
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
