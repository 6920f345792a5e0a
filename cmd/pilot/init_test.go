package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// conversation is a program on a terminal, and what it has said so far.
type conversation struct {
	t    *testing.T
	tty  *os.File
	mu   sync.Mutex
	said bytes.Buffer
	read int
}

// converse starts pilot on a terminal of its own.
func converse(t *testing.T, dir string, env []string, args ...string) (*conversation, *exec.Cmd) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "pilot", args...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TERM=xterm", "PILOT_HOME=" + filepath.Join(dir, "home")}, env...)
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	c := &conversation{t: t, tty: tty}
	t.Cleanup(func() { tty.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := tty.Read(buf)
			c.mu.Lock()
			c.said.Write(buf[:n])
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return c, cmd
}

// await waits for text that was not awaited before.
func (c *conversation) await(text string) {
	c.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		c.mu.Lock()
		rest := c.said.String()[c.read:]
		if i := strings.Index(rest, text); i >= 0 {
			c.read += i + len(text)
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		if time.Now().After(deadline) {
			c.t.Fatalf("it never said %q; it said\n%s", text, rest)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (c *conversation) answer(keys string) {
	c.t.Helper()
	if _, err := c.tty.WriteString(keys); err != nil {
		c.t.Fatal(err)
	}
}

// TestInitAsks answers the questions of "pilot init" at a terminal, with the
// keys of its form and as plain lines.
func TestInitAsks(t *testing.T) {
	const down, enter = "\x1b[B", "\r"
	for name, talk := range map[string]struct {
		env  []string
		talk func(c *conversation)
	}{
		"form": {talk: func(c *conversation) {
			c.await("Where shall the platform be?")
			c.await("gcp")
			c.answer(down + enter)
			c.await("In which region?")
			c.answer("mars" + enter)
			c.await("want one of")
			c.answer("\x7f\x7f\x7f\x7feu-west-1" + enter)
			c.await("How big?")
			c.await("large")
			c.answer(down + enter)
			c.await("Which IPv4 range")
			c.answer("203.0.113.7/32" + enter)
		}},
		"plain lines": {env: []string{"ACCESSIBLE=1"}, talk: func(c *conversation) {
			c.await("Where shall the platform be?")
			c.await("gcp")
			c.answer("2\n")
			c.await("In which region?")
			c.answer("eu-west-1\n")
			c.await("How big?")
			c.await("large")
			c.answer("2\n")
			c.await("Which IPv4 range")
			c.answer("203.0.113.7/32\n")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c, cmd := converse(t, dir, talk.env, "init")
			talk.talk(c)
			c.await("wrote pilot.yaml")
			if err := cmd.Wait(); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(filepath.Join(dir, specFileName))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"target: aws\n", "  region: eu-west-1\n", "  size: medium\n", "    - 203.0.113.7/32\n"} {
				if !strings.Contains(string(text), want) {
					t.Errorf("the spec lacks %q:\n%s", want, text)
				}
			}
		})
	}
}
