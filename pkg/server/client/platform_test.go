package client_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
	"github.com/pilot-framework/pilot/pkg/server/source"
)

func TestMain(m *testing.M) {
	code := m.Run()
	servertest.RemoveBinaries()
	os.Exit(code)
}

// platform is a server with its source receiver, and an app's folder.
type platform struct {
	*servertest.Server
	*client.Client
	receiver     source.Receiver
	project, app string
	dir          string
}

const webApp = `package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "%s") })
	fmt.Println("listening")
	fmt.Println(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
`

func newPlatform(t *testing.T) *platform {
	t.Helper()
	s, c := servertest.Bootstrapped(t)
	p := &platform{Server: s, Client: c, receiver: s.StartReceiver(t, s.Token), dir: t.TempDir()}
	p.project, p.app = "shop", fmt.Sprintf("pilot-test-client-%d-web", os.Getpid())
	servertest.Files(t, p.dir, map[string]string{
		"waypoint.hcl": p.hcl(p.app),
		"Dockerfile":   p.dockerfile("ENTRYPOINT"),
		".gitignore":   "*.log\n",
	})
	t.Cleanup(func() { removeAppObjects(t, p.app) })
	return p
}

// dockerfile runs the app by the instruction ENTRYPOINT, or by RUN at build time,
// where it never ends. What the build leaves behind is found by the label.
func (p *platform) dockerfile(instruction string) string {
	return "FROM scratch\nLABEL pilot-test=" + p.app + "\nCOPY web /web\n" + instruction + " [\"/web\"]\n"
}

func (p *platform) hcl(app string) string {
	return fmt.Sprintf(`project = %q

variable "greeting" {
  type    = string
  default = "none"
}

app %q {
  build {
    use "docker" {
      disable_entrypoint = true
    }
    registry {
      use "docker" {
        image = "pilot-test-client/%s"
        tag   = gitrefhash()
        local = true
      }
    }
  }
  deploy {
    use "docker" {
      service_port       = 3000
      static_environment = { GREETING = var.greeting }
    }
  }
}
`, p.project, app, app)
}

// program compiles the app so that it answers with the text.
func (p *platform) program(t *testing.T, text string) {
	t.Helper()
	src := t.TempDir()
	servertest.Files(t, src, map[string]string{"go.mod": "module web\n", "main.go": fmt.Sprintf(webApp, text)})
	cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", filepath.Join(p.dir, "web"), ".")
	cmd.Dir, cmd.Env = src, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the app: %v\n%s", err, out)
	}
}

// request snapshots and pushes the folder, as `pilot up` does.
func (p *platform) request(t *testing.T, app string) client.UpRequest {
	t.Helper()
	ctx := servertest.Timeout(t, time.Minute)
	snap, err := source.Take(ctx, p.dir, source.Options{})
	servertest.Must(t, err)
	pushed, err := snap.Push(ctx, p.receiver, p.project, app)
	servertest.Must(t, err)
	cred, err := p.receiver.Credentials(ctx, p.project, pushed.Ref, time.Hour)
	servertest.Must(t, err)
	return client.UpRequest{Project: p.project, App: app, Variables: map[string]string{"greeting": "hi"}, Source: client.Source{
		URL: p.receiver.CloneURL(p.project), Ref: pushed.Ref, Username: cred.Username, Password: cred.Password,
	}}
}

func removeAppObjects(t *testing.T, app string) {
	docker := func(args ...string) []string {
		out, err := exec.Command("docker", args...).CombinedOutput()
		if err != nil {
			t.Logf("docker %v: %v %s", args, err, out)
		}
		return strings.Fields(string(out))
	}
	for _, label := range []string{"label=app=" + app, "label=pilot-test=" + app} {
		for _, id := range docker("ps", "-aq", "--filter", label) {
			docker("rm", "-f", id)
		}
	}
	for _, image := range docker("images", "--format", "{{.Repository}}:{{.Tag}}") {
		if strings.Contains(image, app) {
			docker("rmi", "-f", image)
		}
	}
	docker("image", "prune", "-f", "--filter", "label=pilot-test="+app)
	for _, volume := range docker("volume", "ls", "-q", "--filter", "name="+app) {
		docker("volume", "rm", volume)
	}
	// The engine's own network, unless somebody else uses it.
	_ = exec.Command("docker", "network", "rm", "waypoint").Run()
}

// events collects what a job reports.
type events struct {
	mu   sync.Mutex
	list []client.Event
}

func (e *events) add(ev client.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.list = append(e.list, ev)
}

func (e *events) each(f func(client.Event)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, ev := range e.list {
		f(ev)
	}
}

// phases are the phases that were left, in order, the failed one marked.
func (e *events) phases() string {
	var out []string
	e.each(func(ev client.Event) {
		if d, ok := ev.(*client.PhaseDone); ok {
			name := string(d.Phase)
			if d.Failed {
				name += "!"
			}
			out = append(out, name)
		}
	})
	return strings.Join(out, " ")
}

func (e *events) log() string {
	var b strings.Builder
	e.each(func(ev client.Event) {
		if l, ok := ev.(*client.LogLine); ok {
			fmt.Fprintf(&b, "%-8s %-7s %s\n", l.Phase, l.Style, l.Text)
		}
	})
	return b.String()
}

func (e *events) waiting() (out []client.Waiting) {
	e.each(func(ev client.Event) {
		if w, ok := ev.(*client.Waiting); ok {
			out = append(out, *w)
		}
	})
	return out
}

func get(t *testing.T, url string) string {
	t.Helper()
	var body string
	servertest.Eventually(t, 20*time.Second, "the app answers at "+url, func() bool {
		resp, err := http.Get(url)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		body = string(b)
		return err == nil && resp.StatusCode == http.StatusOK
	})
	return body
}
