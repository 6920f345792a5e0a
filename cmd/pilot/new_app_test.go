package main

import (
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
)

// terminalUser is a person at a terminal of 80 by 24, who sees what is on it.
type terminalUser struct {
	t    *testing.T
	side *os.File // the person's
	mu   sync.Mutex
	seen strings.Builder
	code chan int
}

var controlCodes = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b[\\]P][^\x07\x1b]*(\x07|\x1b\\\\)|\x1b.")

// atTerminal runs a command with a terminal.
func atTerminal(t *testing.T, args ...string) *terminalUser {
	t.Helper()
	side, tty, err := pty.Open()
	servertest.Must(t, err)
	servertest.Must(t, pty.Setsize(side, &pty.Winsize{Rows: 24, Cols: 80}))
	u := &terminalUser{t: t, side: side, code: make(chan int, 1)}
	t.Cleanup(func() { tty.Close(); side.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := side.Read(buf)
			u.mu.Lock()
			u.seen.Write(buf[:n])
			u.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go func() { u.code <- run(append([]string{"pilot"}, args...), tty, tty, tty) }()
	return u
}

func (u *terminalUser) screen() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return controlCodes.ReplaceAllString(u.seen.String(), "")
}

// sees waits until the text is there, and then types.
func (u *terminalUser) sees(text, then string) {
	u.t.Helper()
	servertest.Eventually(u.t, 20*time.Second, "the terminal shows "+text, func() bool { return strings.Contains(u.screen(), text) })
	_, err := u.side.WriteString(then)
	servertest.Must(u.t, err)
}

func (u *terminalUser) ends(want int) {
	u.t.Helper()
	select {
	case code := <-u.code:
		if code != want {
			u.t.Errorf("it ended with %d, want %d:\n%s", code, want, u.screen())
		}
	case <-time.After(20 * time.Second):
		u.t.Fatalf("it did not end:\n%s", u.screen())
	}
}

// inProject works in a new folder that has a project and these files.
func inProject(t *testing.T, files map[string]string) {
	t.Helper()
	t.Setenv("PILOT_HOME", t.TempDir())
	dir := t.TempDir()
	servertest.Files(t, dir, files)
	t.Chdir(dir)
	if _, errOut, code := pilotWith(t, "new", "project", "shop"); code != 0 {
		t.Fatal(errOut)
	}
}

func configFile(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("waypoint.hcl")
	servertest.Must(t, err)
	return string(text)
}

func TestNewAppAsksAtATerminal(t *testing.T) {
	inProject(t, map[string]string{"go.mod": "module x\n", "main.go": "package main\n\nfunc main() {}\n", "Dockerfile": "FROM scratch\nEXPOSE 8123\n"})
	u := atTerminal(t, "new", "app")
	u.sees("What is the app called?", "\x15front\r")
	// The target that the files suggest is chosen already.
	u.sees("Where does it run?", "\r")
	u.ends(0)
	for _, want := range []string{`app "front"`, `use "docker"`, "service_port = 8123"} {
		if text := configFile(t); !strings.Contains(text, want) {
			t.Errorf("the file lacks %s:\n%s\n%s", want, text, u.screen())
		}
	}
}

func TestNewAppRefusesABadNameAtOnce(t *testing.T) {
	inProject(t, map[string]string{"Dockerfile": "FROM scratch\n"})
	before := configFile(t)
	u := atTerminal(t, "new", "app")
	u.sees("What is the app called?", "\x15my app\r")
	u.sees("letters, digits", "\x03")
	u.ends(exitUsage)
	if configFile(t) != before {
		t.Errorf("Ctrl-C wrote a file:\n%s", configFile(t))
	}
}

// A teammate with a token has no stack: the server's runners and the project's
// other apps tell the region, and flags the rest.
func TestNewAppWithATokenAlone(t *testing.T) {
	s, c := servertest.Bootstrapped(t)
	inProject(t, map[string]string{"Dockerfile": "FROM scratch\n"})
	h, err := home.Open()
	servertest.Must(t, err)
	servertest.Must(t, h.SaveContext(home.Context{Name: "acme", Target: "aws", Address: s.Address, CA: string(s.CA), Token: s.Token}))
	servertest.Must(t, h.UseContext("acme"))

	_, errOut, code := pilotWith(t, "new", "app", "api", "--target", "aws-lambda")
	if code != exitUsage || !strings.Contains(errOut, "--region") {
		t.Errorf("without a region: %d %s", code, errOut)
	}
	servertest.Must(t, c.SetRunnerConfig(t.Context(), client.RunnerConfig{
		Variables: map[string]client.Secret{"AWS_CONFIG_FILE": "/dev/shm/config"},
		Files:     map[string]client.Secret{"/dev/shm/config": "[default]\nregion = eu-west-3\n"},
	}))
	if _, errOut, code := pilotWith(t, "new", "app", "api", "--target", "aws-lambda"); code != 0 || !strings.Contains(configFile(t), `region  = "eu-west-3"`) {
		t.Errorf("the runners' region: %d %s\n%s", code, errOut, configFile(t))
	}
	_, errOut, code = pilotWith(t, "new", "app", "run", "--target", "google-cloud-run", "--region", "europe-west1")
	if code != exitUsage || !strings.Contains(errOut, "--google-project") {
		t.Errorf("without a Google project: %d %s", code, errOut)
	}
	_, errOut, code = pilotWith(t, "new", "app", "run", "--target", "google-cloud-run", "--region", "europe-west1",
		"--google-project", "acme-prod", "--registry", "europe-west1-docker.pkg.dev/acme-prod/apps")
	if code != 0 {
		t.Errorf("with flags: %d %s", code, errOut)
	}
	// The next one takes what the first one says.
	if _, errOut, code := pilotWith(t, "new", "app", "run2", "--target", "google-cloud-run"); code != 0 {
		t.Errorf("beside another app: %d %s", code, errOut)
	}

	// What is set says how it gets to each kind of target, and what the file wins with.
	if _, errOut, code := pilotWith(t, "new", "app", "shop", "--target", "aws-ecs"); code != 0 {
		t.Fatalf("%d %s", code, errOut)
	}
	servertest.Must(t, os.WriteFile("waypoint.hcl", []byte(configFile(t)+"\nconfig {\n  env = {\n    MODE = \"file\"\n  }\n}\n"), 0o644))
	out, errOut, code := pilotWith(t, "config", "set", "--secret", "KEY=hunter2", "MODE=here")
	if code != 0 || strings.Contains(out+errOut, "hunter2") {
		t.Errorf("config set: %d %s %s", code, out, errOut)
	}
	for _, want := range []string{"api on aws-lambda: ", "lambda:GetFunction", "shop on aws-ecs: kept in AWS Secrets Manager", "warning: MODE stands in config.env"} {
		if !strings.Contains(out, want) {
			t.Errorf("config set does not say %q:\n%s", want, out)
		}
	}
}
