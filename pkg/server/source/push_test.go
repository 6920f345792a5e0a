package source_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/testports"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
	"github.com/pilot-framework/pilot/pkg/server/source"
)

func TestMain(m *testing.M) {
	code := m.Run()
	servertest.RemoveBinaries()
	os.Exit(code)
}

func TestPushToTheReceiver(t *testing.T) {
	s, _ := servertest.Bootstrapped(t)
	receiver := s.StartReceiver(t, s.Token)
	ctx := servertest.Timeout(t, time.Minute)
	dir := t.TempDir()
	files := map[string]string{"waypoint.hcl": "project = \"shop\"\n", "run.sh": "#!/bin/sh\n", "link": "-> run.sh"}
	for i := range 200 {
		files[fmt.Sprintf("lib/%d/file%d.txt", i%10, i)] = strings.Repeat(fmt.Sprint(i, " "), 300)
	}
	servertest.Files(t, dir, files)
	servertest.Must(t, os.Chmod(filepath.Join(dir, "run.sh"), 0o700))

	push := func(r source.Receiver) *source.Pushed {
		t.Helper()
		snap, err := source.Take(ctx, dir, source.Options{})
		servertest.Must(t, err)
		p, err := snap.Push(ctx, r, "shop", "web")
		servertest.Must(t, err)
		if p.Commit != snap.Commit || !strings.HasPrefix(p.Ref, "refs/pilot/web/") {
			t.Errorf("pushed %+v", p)
		}
		return p
	}
	receiver.Cache = t.TempDir()
	first := push(receiver)
	if want := 200 + 2 + 1 + 12 + 1; first.Objects != want {
		t.Errorf("first push: %d objects, want %d", first.Objects, want)
	}
	same := push(receiver)
	if same.Objects != 0 || same.Commit != first.Commit || same.Ref == first.Ref {
		t.Errorf("unchanged folder: %+v after %+v", same, first)
	}
	servertest.Must(t, os.WriteFile(filepath.Join(dir, "lib", "3", "file3.txt"), []byte("changed"), 0o600))
	changed := push(receiver)
	// The file, three folders above it, the commit.
	if changed.Objects != 5 || changed.Sent > 5000 {
		t.Errorf("one changed file: %d objects, %d bytes", changed.Objects, changed.Sent)
	}
	forgetful := receiver
	forgetful.Cache = ""
	if again := push(forgetful); again.Objects < 200 || again.Commit != changed.Commit {
		t.Errorf("without a memory: %+v", again)
	}

	// What was pushed is what a clone with the credentials gives.
	cred, err := receiver.Credentials(ctx, "shop", changed.Ref, time.Hour)
	servertest.Must(t, err)
	if shown := fmt.Sprintf("%v %+v %#v", cred, cred, cred); strings.Contains(shown, cred.Password) {
		t.Errorf("credentials are shown: %s", shown)
	}
	clone := filepath.Join(t.TempDir(), "clone")
	gitClone(t, receiver, cred, clone)
	got, err := source.Take(ctx, clone, source.Options{})
	servertest.Must(t, err)
	if got.Commit != changed.Commit {
		t.Errorf("the clone's content is %s, pushed was %s", got.Commit, changed.Commit)
	}
}

func gitClone(t *testing.T, r source.Receiver, cred source.Credentials, dir string) {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	servertest.Must(t, os.WriteFile(ca, r.CA, 0o600))
	url := strings.Replace(r.CloneURL("shop"), "https://", "https://"+cred.Username+":"+cred.Password+"@", 1)
	cmd := exec.Command("git", "clone", "-q", url, dir)
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "GIT_SSL_CAINFO="+ca)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("clone: %v\n%s", err, out)
	}
}

func TestPushErrors(t *testing.T) {
	s, _ := servertest.Bootstrapped(t)
	receiver := s.StartReceiver(t, s.Token, "-max-push", "4096")
	ctx := servertest.Timeout(t, time.Minute)
	dir := t.TempDir()
	servertest.Files(t, dir, map[string]string{"waypoint.hcl": ""})
	snap, err := source.Take(ctx, dir, source.Options{})
	servertest.Must(t, err)

	badToken, badCA, badURL, nobody := receiver, receiver, receiver, receiver
	badToken.Token = s.Token[:len(s.Token)-6] + "aaaaaa"
	badCA.CA = servertest.NewAuthority(t, "another CA").PEM
	badURL.URL = "http://127.0.0.1:1"
	nobody.URL = fmt.Sprintf("https://127.0.0.1:%d", testports.Free(t, 1)[0])
	for _, tc := range []struct {
		name string
		r    source.Receiver
		app  string
		want error
		text string
	}{
		{"token", badToken, "web", source.ErrUnauthenticated, ""},
		{"CA", badCA, "web", source.ErrUntrusted, ""},
		{"nobody there", nobody, "web", source.ErrUnavailable, "connection refused"},
		{"URL", badURL, "web", nil, `URL "http://127.0.0.1:1": want https`},
		{"app", receiver, "a/b", nil, `app name "a/b"`},
	} {
		_, err := snap.Push(ctx, tc.r, "shop", tc.app)
		if err == nil || tc.want != nil && !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s: %v", tc.name, err)
		} else if strings.Contains(err.Error(), s.Token) || strings.Contains(err.Error(), badToken.Token) {
			t.Errorf("%s: the token is shown: %v", tc.name, err)
		}
	}
	noise, err := exec.Command("head", "-c", "200000", "/dev/urandom").Output()
	servertest.Must(t, err)
	servertest.Must(t, os.WriteFile(filepath.Join(dir, "noise"), noise, 0o600))
	big, err := source.Take(ctx, dir, source.Options{})
	servertest.Must(t, err)
	if _, err := big.Push(ctx, receiver, "shop", "web"); !errors.Is(err, source.ErrTooLarge) || !strings.Contains(err.Error(), "noise is 195.3 KiB") {
		t.Errorf("too large: %v", err)
	}
	if _, err := receiver.Credentials(ctx, "shop", "refs/pilot/web/none", time.Hour); !errors.Is(err, source.ErrNotFound) {
		t.Errorf("credentials for nothing: %v", err)
	}
	if _, err := receiver.Credentials(ctx, "shop", "refs/pilot/web/none", 0); err == nil || !strings.Contains(err.Error(), "life of credentials 0s") {
		t.Errorf("credentials without a life: %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := snap.Push(cancelled, receiver, "shop", "web"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
