package database_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	docker "github.com/docker/docker/client"

	"github.com/pilot-framework/pilot/pkg/server/applog"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
	"github.com/pilot-framework/pilot/pkg/server/database"
)

const (
	postgres = "pilot-postgres:15" // made by "make base-images"
	// adminPassword has what libpq's password file escapes.
	adminPassword = `ad:min\p'w`
	name          = "pilot-test-database"
)

func run(t *testing.T, in string, args ...string) string {
	t.Helper()
	cmd := exec.Command("docker", args...)
	cmd.Stdin = strings.NewReader(in)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// managed is a PostgreSQL that is on a network alone, as a cloud's own is, with an
// admin who is no superuser.
func managed(t *testing.T) (*docker.Client, database.Remote) {
	t.Helper()
	remove := func() {
		_ = exec.Command("docker", "rm", "-f", "-v", name+"-db").Run()
		_ = exec.Command("docker", "network", "rm", name).Run()
	}
	remove()
	t.Cleanup(remove)
	run(t, "", "network", "create", "--internal", name)
	run(t, "", "create", "--name", name+"-db", "--network", name, "-e", "POSTGRES_PASSWORD_FILE=/run/password", postgres, "-c", "log_statement=all")
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	servertest.Must(t, w.WriteHeader(&tar.Header{Name: "run/password", Mode: 0o444, Size: 5}))
	_, err := w.Write([]byte("super"))
	servertest.Must(t, err)
	servertest.Must(t, w.Close())
	run(t, archive.String(), "cp", "-", name+"-db:/")
	run(t, "", "start", name+"-db")
	servertest.Eventually(t, time.Minute, "PostgreSQL is ready", func() bool {
		// Over TCP: the first start is on the socket alone.
		return exec.Command("docker", "exec", "-e", "PGPASSWORD=super", name+"-db", "psql", "-h", "127.0.0.1", "-U", "postgres", "-c", "SELECT 1").Run() == nil
	})
	run(t, "CREATE ROLE admin LOGIN CREATEROLE CREATEDB PASSWORD $$"+adminPassword+"$$; CREATE DATABASE admin OWNER admin;",
		"exec", "-i", name+"-db", "psql", "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-f", "-")
	d, err := docker.NewClientWithOpts(docker.FromEnv, docker.WithAPIVersionNegotiation())
	servertest.Must(t, err)
	t.Cleanup(func() { _ = d.Close() })
	return d, database.Remote{
		Host: name + "-db", Port: "5432", User: "admin", Password: adminPassword, Database: "admin",
		Image: postgres, Name: name + "-psql", Network: name,
	}
}

func clients(t *testing.T) string {
	t.Helper()
	return run(t, "", "ps", "-aq", "--filter", "name="+name+"-psql")
}

func TestACloudsOwnDatabase(t *testing.T) {
	d, remote := managed(t)
	ctx := servertest.Timeout(t, 2*time.Minute)
	db, err := database.Reach(ctx, d, remote)
	servertest.Must(t, err)
	t.Cleanup(func() { _ = db.Close() })

	address, err := db.Create(ctx, "shop")
	servertest.Must(t, err)
	host, password := "", ""
	if _, err := fmt.Sscanf(strings.NewReplacer("postgres://shop:", "", "@", " ").Replace(address), "%s %s", &password, &host); err != nil {
		t.Fatal(err)
	}
	if host != name+"-db:5432/shop" || len(password) != 48 {
		t.Errorf("the app is told %s", host)
	}
	if _, err := db.Create(ctx, "shop"); !errors.Is(err, database.ErrExists) {
		t.Errorf("once more: %v", err)
	}
	// The owner logs in with it, over the network; others do not get in.
	run(t, "CREATE ROLE other LOGIN PASSWORD 'other';", "exec", "-i", name+"-db", "psql", "-U", "postgres", "-f", "-")
	as := func(url string) (string, error) {
		cmd := exec.Command("docker", "exec", "-i", name+"-db", "sh", "-c", "read url; exec psql \"$url\" -tAc 'CREATE TABLE t (n int); SELECT current_user'")
		cmd.Stdin = strings.NewReader(url + "\n")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := as(address); err != nil || !strings.Contains(out, "shop") {
		t.Errorf("the owner: %v %s", err, out)
	}
	if out, err := as(database.URL("other", "other", host[:strings.Index(host, "/")], "shop")); err == nil || !strings.Contains(out, "permission denied for database") {
		t.Errorf("somebody else: %v %s", err, out)
	}

	// pilot db connect runs the same shell.
	var out, errOut bytes.Buffer
	code, err := applog.Exec(ctx, d, db.Container, applog.Session{Command: db.Shell("shop"), In: strings.NewReader("SELECT 'tables: ' || count(*) FROM pg_tables WHERE tablename = 't';\n"), Out: &out, ErrOut: &errOut})
	if err != nil || code != 0 || !strings.Contains(out.String(), "tables: 1") {
		t.Errorf("the shell: %d %v %s %s", code, err, &out, &errOut)
	}

	// Passwords are where they have to be, and nowhere else.
	for where, text := range map[string]string{
		"PostgreSQL's log": run(t, "", "logs", name+"-db"), "the container": run(t, "", "inspect", db.Container),
	} {
		if strings.Contains(text, password) || where == "the container" && strings.Contains(text, "ad:min") {
			t.Errorf("%s has a password", where)
		}
	}
	if got := run(t, "", "exec", db.Container, "stat", "-c", "%a %u", "/root/.pilot-pgpass"); got != "400 0" {
		t.Errorf("the password file is %s", got)
	}

	servertest.Must(t, db.Undo(ctx, "shop"))
	if left := run(t, "SELECT count(*) FROM pg_roles WHERE rolname = 'shop';", "exec", "-i", name+"-db", "psql", "-U", "postgres", "-tA"); left != "0" {
		t.Error("the role is left")
	}
	servertest.Must(t, db.Close())
	servertest.Eventually(t, 30*time.Second, "the container for psql is gone", func() bool { return clients(t) == "" })
}

// Who is killed can't remove anything.
func TestTheContainerForPsqlEndsWithItsCaller(t *testing.T) {
	d, remote := managed(t)
	db, err := database.Reach(servertest.Timeout(t, time.Minute), d, remote)
	servertest.Must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	if clients(t) == "" {
		t.Fatal("it does not run")
	}
	db.LetGo()
	servertest.Eventually(t, 30*time.Second, "it ended", func() bool { return clients(t) == "" })
}

func TestAnImageThatIsNotThere(t *testing.T) {
	d, err := docker.NewClientWithOpts(docker.FromEnv, docker.WithAPIVersionNegotiation())
	servertest.Must(t, err)
	defer d.Close()
	_, err = database.Reach(servertest.Timeout(t, time.Minute), d, database.Remote{Image: "registry.invalid/psql:0", Name: name + "-psql"})
	if err == nil || !strings.Contains(err.Error(), "registry.invalid/psql:0") || !strings.Contains(err.Error(), "--psql-image") {
		t.Errorf("it says %v", err)
	}
}
