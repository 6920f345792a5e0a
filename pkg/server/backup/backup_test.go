package backup_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/backup"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	servertest.RemoveBinaries()
	os.Exit(code)
}

// filled is a server with a project, two apps and a variable.
func filled(t *testing.T) (*servertest.Server, *client.Client) {
	t.Helper()
	s, c := servertest.Bootstrapped(t)
	ctx := servertest.Timeout(t, time.Minute)
	servertest.Must(t, c.EnsureProject(ctx, client.ProjectSpec{Name: "shop", Apps: []string{"web", "api"}}))
	servertest.Must(t, c.SetVariables(ctx, client.Scope{Project: "shop", App: "api"}, map[string]client.Secret{"DATABASE_URL": "postgres://db"}))
	return s, c
}

// supervise starts the server's process again whenever it ends, as Docker does.
func supervise(t *testing.T, s *servertest.Server) (stop func()) {
	t.Helper()
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			case <-s.Process.Done():
				s.Restart(t)
			}
		}
	}()
	return func() { close(quit); <-done }
}

// TestRestoreOnAFreshServer wants all of the old server's data, and the access
// of the fresh one.
func TestRestoreOnAFreshServer(t *testing.T) {
	_, old := filled(t)
	ctx := servertest.Timeout(t, 2*time.Minute)
	servertest.Must(t, old.SetEndpoints(ctx, client.Endpoints{UI: "https://old:9702"}))
	b, err := backup.Take(ctx, old, "prod")
	servertest.Must(t, err)
	file := filepath.Join(t.TempDir(), "prod.backup")
	servertest.Must(t, b.Save(file))
	if err := b.Save(file); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("written over: %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 600", info.Mode(), err)
	}

	fresh, c := servertest.Bootstrapped(t)
	servertest.Must(t, c.SetEndpoints(ctx, client.Endpoints{UI: "https://fresh:9702"}))
	invite, err := c.NewInvite(ctx, "ada", time.Hour)
	servertest.Must(t, err)
	token, _, err := client.ConvertInvite(ctx, fresh.Config, invite)
	servertest.Must(t, err)
	loaded, err := backup.Load(file)
	servertest.Must(t, err)
	if loaded.Stack != "prod" || loaded.Server == "" || time.Since(loaded.Created) > time.Minute {
		t.Errorf("header %+v", loaded.Header)
	}
	stop := supervise(t, fresh)
	err = loaded.Restore(ctx, c)
	stop()
	servertest.Must(t, err)

	if got, want := content(t, c), content(t, old); got != want {
		t.Errorf("restored:\n%s\nwant\n%s", got, want)
	}
	servertest.Must(t, fresh.Dial(t, token).CheckToken(ctx))
	if e, err := c.Endpoints(ctx); err != nil || e.UI != "https://fresh:9702" {
		t.Errorf("endpoints %+v, %v", e, err)
	}
}

// content is what a person would miss.
func content(t *testing.T, c *client.Client) string {
	t.Helper()
	ctx := servertest.Timeout(t, 20*time.Second)
	projects, err := c.Projects(ctx)
	servertest.Must(t, err)
	text := fmt.Sprintf("%+v\n", projects)
	vars, err := c.Variables(ctx, client.Scope{Project: "shop", App: "api"})
	servertest.Must(t, err)
	for _, v := range vars {
		text += fmt.Sprintf("%s=%s %+v\n", v.Name, v.Value.Reveal(), v.Scope)
	}
	return text
}

// TestARemovedMemberStaysOut goes back on the same server.
func TestARemovedMemberStaysOut(t *testing.T) {
	s, c := filled(t)
	ctx := servertest.Timeout(t, 2*time.Minute)
	invite, err := c.NewInvite(ctx, "ada", time.Hour)
	servertest.Must(t, err)
	token, _, err := client.ConvertInvite(ctx, s.Config, invite)
	servertest.Must(t, err)
	b, err := backup.Take(ctx, c, "prod")
	servertest.Must(t, err)
	before := content(t, c)
	servertest.Must(t, c.RemoveMember(ctx, "ada"))
	servertest.Must(t, c.EnsureProject(ctx, client.ProjectSpec{Name: "later", Apps: []string{"x"}}))
	stop := supervise(t, s)
	err = b.Restore(ctx, c)
	stop()
	servertest.Must(t, err)
	if got := content(t, c); got != before {
		t.Errorf("restored:\n%s\nwant\n%s", got, before)
	}
	if err := s.Dial(t, token).CheckToken(ctx); !errors.Is(err, client.ErrUnauthenticated) {
		t.Errorf("the removed member: %v", err)
	}
}

func TestBadFilesAreRefused(t *testing.T) {
	_, c := filled(t)
	b, err := backup.Take(servertest.Timeout(t, time.Minute), c, "prod")
	servertest.Must(t, err)
	var buf bytes.Buffer
	if _, err := b.WriteTo(&buf); err != nil {
		t.Fatal(err)
	}
	good := buf.Bytes()
	if _, err := backup.Read(bytes.NewReader(good)); err != nil {
		t.Fatal(err)
	}
	head := bytes.IndexByte(good[len("pilot-backup 1\n"):], '\n') + len("pilot-backup 1\n")
	flipped := append([]byte(nil), good...)
	flipped[len(flipped)-20] ^= 1
	for name, tc := range map[string]struct {
		content []byte
		want    error
	}{
		"empty":            {nil, backup.ErrForeign},
		"a text":           {[]byte("hello, this is a text of some length\n"), backup.ErrForeign},
		"a later form":     {[]byte("pilot-backup 2\n{}\n"), backup.ErrForeign},
		"cut in the magic": {good[:5], backup.ErrDamaged},
		"cut in the head":  {good[:head-3], backup.ErrDamaged},
		"no data":          {good[:head+1], backup.ErrDamaged},
		"cut in the data":  {good[:len(good)-1], backup.ErrDamaged},
		"added to":         {append(append([]byte(nil), good...), 0), backup.ErrDamaged},
		"a bit flipped":    {flipped, backup.ErrDamaged},
		"no header":        {[]byte("pilot-backup 1\n\n"), backup.ErrDamaged},
	} {
		if _, err := backup.Read(bytes.NewReader(tc.content)); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

// FuzzRead reads anything without harm.
func FuzzRead(f *testing.F) {
	f.Add([]byte("pilot-backup 1\n{\"size\":3,\"sha256\":\"00\"}\nabc"))
	f.Add([]byte("pilot-backup 1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := backup.Read(bytes.NewReader(data))
		if err != nil && !errors.Is(err, backup.ErrForeign) && !errors.Is(err, backup.ErrDamaged) {
			t.Fatal(err)
		}
	})
}
