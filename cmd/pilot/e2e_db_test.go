package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/server/client"
)

// reaching is an app that says whether it reaches the database that it was told
// of: PostgreSQL answers a request for TLS with one letter.
const reaching = `package main

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		u, err := url.Parse(os.Getenv("DATABASE_URL"))
		if err != nil {
			panic(err)
		}
		conn, err := net.Dial("tcp", u.Host)
		if err != nil {
			fmt.Fprintln(w, err)
			return
		}
		defer conn.Close()
		conn.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47})
		answer := make([]byte, 1)
		conn.Read(answer)
		fmt.Fprintf(w, "user %s, answer %s", u.User.Username(), answer)
	})
	panic(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
`

// TestDatabase makes a database for an app and has the app reach it.
func TestDatabase(t *testing.T) {
	p := newPlatform(t, "e2e-db")
	p.run("setup", "--yes")
	var info struct{ Host, Port, Database, User, Password, URL string }
	p.decode(&info, "db", "info")
	if info.User != "pilot" || info.Password != "[secret]" || info.URL != "[secret]" {
		t.Errorf("db info: %+v", info)
	}
	p.decode(&info, "db", "info", "--show-secrets")
	if len(info.Password) < 16 || !strings.Contains(info.URL, info.Password) {
		t.Errorf("db info --show-secrets has no password")
	}

	p.exits(2, "db", "create", "Bad-Name")
	p.exits(2, "db", "create", "crew", "--app", "nobody/nothing")
	p.run("new", "project", "crew")
	p.run("new", "app", "e2e-db-app", "--target", "docker", "--port", "8080")
	p.app("before")
	p.up()
	p.run("db", "create", "crew", "--app", "crew/e2e-db-app")
	p.exits(2, "db", "create", "crew", "--app", "crew/e2e-db-app")

	// The owner logs in with the URL that the app got, and sees no other database.
	vars, err := p.serverClient().Variables(t.Context(), client.Scope{Project: "crew", App: "e2e-db-app"})
	if err != nil {
		t.Fatal(err)
	}
	address := ""
	for _, v := range vars {
		if v.Name == "DATABASE_URL" {
			address = v.Value.Reveal()
			if !v.Secret {
				t.Error("DATABASE_URL is no secret")
			}
		}
	}
	container := "pilot-" + p.stack + "-db"
	if got := docker(t, "exec", container, "psql", address, "-tAc", "CREATE TABLE t (n int); SELECT current_user"); !strings.HasSuffix(got, "crew") {
		t.Errorf("logged in with %s as %q", strings.Split(address, "@")[1], got)
	}
	if strings.Contains(docker(t, "logs", container), strings.Split(strings.Split(address, ":")[2], "@")[0]) {
		t.Error("the password stands in PostgreSQL's log")
	}

	cmd, cancel := p.command("db", "connect", "crew")
	defer cancel()
	cmd.Stdin = strings.NewReader("SELECT 'tables: ' || count(*) FROM pg_tables WHERE tablename = 't';\n")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "tables: 1") {
		t.Errorf("db connect: %v\n%s", err, out)
	}

	if err := os.WriteFile(filepath.Join(p.dir, "main.go"), []byte(reaching), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := get(t, p.up()); got != "user crew, answer N" && got != "user crew, answer S" {
		t.Errorf("the app says %q", got)
	}
}
