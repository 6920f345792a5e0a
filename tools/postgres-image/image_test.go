// Package postgresimage tests the PostgreSQL image that make.sh makes.
package postgresimage

import (
	"archive/tar"
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const (
	imageName = "pilot-postgres:15"
	password  = `pa ss"w'ord`
)

func docker(t *testing.T, stdin []byte, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("docker", args...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func must(t *testing.T, stdin []byte, args ...string) string {
	t.Helper()
	out, err := docker(t, stdin, args...)
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// create makes a container with a new volume and the password in a file that only root can read.
func create(t *testing.T, name string, args ...string) {
	t.Helper()
	remove := func() {
		_, _ = docker(t, nil, "rm", "-f", name)
		_, _ = docker(t, nil, "volume", "rm", name)
	}
	remove()
	t.Cleanup(remove)
	must(t, nil, append([]string{"create", "--name", name, "--network", "none", "-v", name + ":/var/lib/postgresql/data",
		"-e", "POSTGRES_PASSWORD_FILE=/run/secrets/password"}, args...)...)
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(&tar.Header{Name: "run/secrets/password", Mode: 0o400, Size: int64(len(password))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(password)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	must(t, archive.Bytes(), "cp", "-", name+":/")
}

func ready(t *testing.T, name string) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		if _, err := docker(t, nil, "exec", name, "pg_isready", "-q", "-h", "127.0.0.1"); err == nil {
			return
		}
		if time.Now().After(deadline) {
			logs, _ := docker(t, nil, "logs", name)
			t.Fatalf("the database is not ready after 2 minutes:\n%s", logs)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func query(t *testing.T, name, user, db, pass, sql string) (string, error) {
	t.Helper()
	return docker(t, nil, "exec", "-e", "PGPASSWORD="+pass, name, "psql", "-h", "127.0.0.1", "-U", user, "-d", db, "-Atc", sql)
}

func TestImage(t *testing.T) {
	if out, err := exec.Command("./make.sh").CombinedOutput(); err != nil {
		t.Fatalf("make.sh: %v\n%s", err, out)
	}
	t.Run("the official image's contract", func(t *testing.T) {
		const name = "pilot-test-postgres"
		create(t, name, "-e", "POSTGRES_USER=pilot", "-e", "POSTGRES_DB=app-db", imageName, "-c", "max_connections=50")
		must(t, nil, "start", name)
		ready(t, name)
		got, err := query(t, name, "pilot", "app-db", password, "create table kept(i int); insert into kept values (7); show max_connections")
		if err != nil || !strings.HasSuffix(got, "50") {
			t.Errorf("query = %q, %v, want the server to have its arguments", got, err)
		}
		if got, err := query(t, name, "pilot", "app-db", "wrong", "select 1"); err == nil {
			t.Errorf("a wrong password works: %q", got)
		}
		if got := must(t, nil, "top", name, "-eo", "pid,user,args"); strings.Contains(got, " root ") || strings.Contains(got, "pa ss") {
			t.Errorf("processes = %s\nwant none of root's, and no password", got)
		}
		if got := must(t, nil, "inspect", name); strings.Contains(got, "pa ss") {
			t.Error("docker inspect shows the password")
		}
		must(t, nil, "restart", name)
		ready(t, name)
		if got, err := query(t, name, "pilot", "app-db", password, "select i from kept"); err != nil || got != "7" {
			t.Errorf("after a restart: %q, %v, want 7", got, err)
		}
	})
	t.Run("a first start that is killed", func(t *testing.T) {
		const name = "pilot-test-postgres-killed"
		create(t, name, imageName)
		for n := range 5 {
			must(t, nil, "start", name)
			// Not a wait for something, but moments all over the first start.
			time.Sleep(time.Duration(n+1) * 250 * time.Millisecond)
			_, _ = docker(t, nil, "kill", name)
		}
		must(t, nil, "start", name)
		ready(t, name)
		if got, err := query(t, name, "postgres", "postgres", password, "select 1"); err != nil || got != "1" {
			t.Errorf("query = %q, %v, want 1", got, err)
		}
	})
	for want, args := range map[string][]string{
		"needs a password":    {},
		"are both set":        {"-e", "POSTGRES_PASSWORD=x", "-e", "POSTGRES_PASSWORD_FILE=/y"},
		"/y, which can't be ": {"-e", "POSTGRES_PASSWORD_FILE=/y"},
	} {
		out, err := docker(t, nil, append(append([]string{"run", "--rm", "--network", "none"}, args...), imageName)...)
		if err == nil || !strings.Contains(out, want) {
			t.Errorf("docker run %v: %v\n%s\nwant a failure with %q", args, err, out, want)
		}
	}
}
