package home_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pilot-framework/pilot/internal/home"
)

func open(t *testing.T) *home.Home {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "h")
	t.Setenv(home.EnvDir, dir)
	h, err := home.Open()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestOpenClosesTheFolderToOthers(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv(home.EnvDir, dir)
	if _, err := home.Open(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o700 {
		t.Errorf("mode = %o, want 700", got)
	}
}

func TestOpenRefusesARelativePath(t *testing.T) {
	t.Setenv(home.EnvDir, "some/where")
	_, err := home.Open()
	if err == nil || !strings.Contains(err.Error(), `PILOT_HOME "some/where"`) {
		t.Errorf("err = %v, want it to name the variable and the value", err)
	}
}

func TestPassphraseIsMadeOnceEvenByRacingRuns(t *testing.T) {
	h := open(t)
	var wg sync.WaitGroup
	got := make([]string, 8)
	for i := range got {
		wg.Add(1)
		go func() {
			defer wg.Done()
			p, err := h.Passphrase()
			if err != nil {
				t.Error(err)
			}
			got[i] = p
		}()
	}
	wg.Wait()
	for _, p := range got {
		if p != got[0] || len(p) < 40 {
			t.Fatalf("passphrases differ or are short: %q", got)
		}
	}
}

func TestContextsAreKeptPrivateAndForgotten(t *testing.T) {
	h := open(t)
	want := home.Context{Name: "dev", Target: "local", Address: "127.0.0.1:9701", Token: "t0ken"}
	if err := h.SaveContext(want); err != nil {
		t.Fatal(err)
	}
	got, err := h.LoadContext("dev")
	if err != nil || got != want {
		t.Fatalf("got %+v, %v", got, err)
	}
	info, err := os.Stat(filepath.Join(h.Dir(), "contexts", "dev.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v, want 600", info.Mode(), err)
	}
	if _, err := h.LoadContext("prod"); !errors.Is(err, home.ErrNoContext) || !strings.Contains(err.Error(), "known: dev") {
		t.Errorf("err = %v, want ErrNoContext that lists dev", err)
	}
	if _, err := h.DockerCerts("dev", "a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	if err := h.Forget("dev"); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(h.Dir())
	if err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestTheCurrentContext(t *testing.T) {
	h := open(t)
	if err := h.UseContext("dev"); !errors.Is(err, home.ErrNoContext) {
		t.Errorf("an unknown one: %v", err)
	}
	for _, name := range []string{"dev", "prod"} {
		if err := h.SaveContext(home.Context{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := h.CurrentContext(); got != "" || err != nil {
		t.Errorf("before a choice: %q, %v", got, err)
	}
	if err := h.UseContext("prod"); err != nil {
		t.Fatal(err)
	}
	if err := h.RemoveContext("dev"); err != nil {
		t.Fatal(err)
	}
	if got, err := h.CurrentContext(); got != "prod" || err != nil {
		t.Errorf("after a choice: %q, %v", got, err)
	}
	if known, err := h.Contexts(); len(known) != 1 || err != nil {
		t.Errorf("known: %v, %v", known, err)
	}
	if err := h.RemoveContext("prod"); err != nil {
		t.Fatal(err)
	}
	if got, err := h.CurrentContext(); got != "" || err != nil {
		t.Errorf("after its removal: %q, %v", got, err)
	}
	for _, bad := range []string{"", "../x", "A", "-x", "a/b", strings.Repeat("a", 64)} {
		if err := h.SaveContext(home.Context{Name: bad}); err == nil {
			t.Errorf("a context was kept as %q", bad)
		}
	}
}
