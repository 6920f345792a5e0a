package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/home"
)

// teammate is somebody with a home of their own, who works in the same folder.
func (p *platform) teammate(name string) *platform {
	return &platform{t: p.t, stack: p.stack, home: filepath.Join(p.t.TempDir(), name), dir: p.dir, bin: p.bin}
}

type membersReport []struct {
	Name, State string
	You         bool
}

func (m membersReport) String() string {
	var out []string
	for _, one := range m {
		out = append(out, one.Name+" "+one.State)
	}
	return strings.Join(out, ", ")
}

// TestTeam lets a teammate in, has them deploy, sees that they have no more
// than that, and shows them the door.
func TestTeam(t *testing.T) {
	p := newPlatform(t, "e2e-team")
	p.run("setup", "--yes")
	p.run("new", "project", "crew")
	p.run("new", "app", "e2e-crew", "--target", "docker", "--port", "8080")
	p.app("from the owner")
	if got := get(t, p.up()); got != "from the owner" {
		t.Errorf("the owner's app says %q", got)
	}

	ada, eve := p.teammate("ada"), p.teammate("eve")
	invite := strings.TrimSpace(p.run("invite", "--name", "ada"))
	ada.exits(2, "connect", invite[:len(invite)-2]+"xx")
	ada.run("connect", invite)
	if out := eve.failsWith(1, "connect", invite); !strings.Contains(out, "used or taken back") {
		t.Errorf("an invite used again: %s", out)
	}
	var short struct {
		Invite  string
		Expires time.Time
	}
	p.decode(&short, "invite", "--name", "late", "--expires", "1s")
	p.until(10*time.Second, "the short invite's time is over", func() bool { return time.Now().After(short.Expires.Add(100 * time.Millisecond)) })
	if out := eve.failsWith(1, "connect", short.Invite); !strings.Contains(out, "expired") {
		t.Errorf("an expired invite: %s", out)
	}
	p.exits(2, "invite", "--role", "admin")

	// The teammate deploys.
	p.app("from ada")
	if got := get(t, ada.up()); got != "from ada" {
		t.Errorf("the teammate's app says %q", got)
	}
	ada.hasNoDocker(p)
	ada.contexts()

	var members membersReport
	p.decode(&members, "members", "ls")
	if got, want := members.String(), "ada member, late invited, waypoint owner"; got != want {
		t.Errorf("members: %s, want %s", got, want)
	}
	p.run("invite", "--name", "bob")
	p.run("members", "revoke", "ada", "--yes")
	if out := ada.failsWith(1, "up"); !strings.Contains(out, "does not accept this token") {
		t.Errorf("up after the revocation: %s", out)
	}
	p.decode(&members, "members", "ls")
	if got, want := members.String(), "bob invited, late invited, waypoint owner"; got != want {
		t.Errorf("members: %s, want %s", got, want)
	}
	p.exits(2, "members", "revoke", "nobody", "--yes")

	p.browse("crew", "e2e-crew")
}

// failsWith runs pilot, wants this exit code, and returns both streams.
func (p *platform) failsWith(code int, args ...string) string {
	p.t.Helper()
	cmd, cancel := p.command(args...)
	defer cancel()
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code {
		p.t.Fatalf("pilot %s: exit code %d, want %d\n%s", strings.Join(args, " "), got, code, out)
	}
	return string(out)
}

// hasNoDocker wants nothing in the teammate's home that opens the platform's
// Docker endpoint, and the endpoint to stay shut to what they have.
func (p *platform) hasNoDocker(owner *platform) {
	p.t.Helper()
	err := filepath.WalkDir(p.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, string(filepath.Separator)+"cache"+string(filepath.Separator)) {
			return err
		}
		data, err := os.ReadFile(path)
		if strings.Contains(string(data), "PRIVATE KEY") {
			p.t.Errorf("the teammate has a private key in %s", path)
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.failsWith(1, "server", "docker-env")
	data, err := os.ReadFile(filepath.Join(p.home, "contexts", p.stack+".json"))
	if err != nil {
		p.t.Fatal(err)
	}
	var kept home.Context
	if err := json.Unmarshal(data, &kept); err != nil {
		p.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(kept.CA)) {
		p.t.Fatal("the teammate's context has no authority")
	}
	c := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	request, err := http.NewRequest(http.MethodGet, "https"+strings.TrimPrefix(owner.healthy().Docker.Endpoint, "tcp")+"/containers/json", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+kept.Token)
	if resp, err := c.Do(request); err == nil {
		resp.Body.Close()
		p.t.Errorf("the Docker endpoint answered the teammate: %s", resp.Status)
	}
}

// contexts goes through the teammate's contexts.
func (p *platform) contexts() {
	p.t.Helper()
	var list []struct {
		Name    string
		Current bool
	}
	p.decode(&list, "context", "ls")
	if len(list) != 1 || list[0].Name != p.stack || !list[0].Current {
		p.t.Errorf("contexts: %+v", list)
	}
	p.run("context", "use", p.stack)
	p.exits(2, "context", "use", "another")
}

// until waits for a condition.
func (p *platform) until(bound time.Duration, what string, holds func() bool) {
	p.t.Helper()
	for end := time.Now().Add(bound); !holds(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("not within %s: %s", bound, what)
		}
	}
}
