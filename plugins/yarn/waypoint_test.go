package yarn

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/waypoint-plugin-sdk/component"
	"github.com/hashicorp/waypoint-plugin-sdk/internal-shared/pluginclient"

	"github.com/pilot-framework/pilot/pkg/server/client"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
	"github.com/pilot-framework/pilot/pkg/server/source"
	"github.com/pilot-framework/pilot/plugins/site/sitetest"
)

// shown is what a job shows.
type shown struct {
	mu    sync.Mutex
	lines []string
}

func (s *shown) add(e client.Event) {
	if line, ok := e.(*client.LogLine); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.lines = append(s.lines, line.Text)
	}
}

func (s *shown) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// realSite is an app of one project on a real server.
type realSite struct {
	*client.Client
	receiver source.Receiver
	project  string
	dir      string
}

// job pushes the folder, as it is now.
func (s *realSite) job(t *testing.T) client.JobRequest {
	t.Helper()
	ctx := servertest.Timeout(t, time.Minute)
	snap, err := source.Take(ctx, s.dir, source.Options{})
	servertest.Must(t, err)
	pushed, err := snap.Push(ctx, s.receiver, s.project, "web")
	servertest.Must(t, err)
	cred, err := s.receiver.Credentials(ctx, s.project, pushed.Ref, time.Hour)
	servertest.Must(t, err)
	return client.JobRequest{Project: s.project, App: "web", Source: client.Source{
		URL: s.receiver.CloneURL(s.project), Ref: pushed.Ref, Username: cred.Username, Password: cred.Password,
	}}
}

const appFile = `project = %q

app "web" {
  build {
    use "pilot-yarn" {
      image = %q
      env = {
        GREETING = %q
      }%s
    }
  }
  deploy {
    use "docker" {}
  }
}
`

func (s *realSite) appFile(t *testing.T, greeting, more string) {
	t.Helper()
	text := fmt.Sprintf(appFile, s.project, nodeImage, greeting, more)
	servertest.Must(t, os.WriteFile(filepath.Join(s.dir, "waypoint.hcl"), []byte(text), 0o600))
}

var siteHash = regexp.MustCompile(`The site has 3 files of \S+ in all, hash ([0-9a-f]{12})`)

// TestInRealWaypoint builds examples/site for two projects at a time, through a
// real server, a real runner and its plugin.
func TestInRealWaypoint(t *testing.T) {
	t.Parallel()
	server, c := servertest.Bootstrapped(t)
	receiver := server.StartReceiver(t, server.Token)
	server.StartRunnerWith(t, c, servertest.RunnerOptions{
		ID: "runner-1", Concurrency: 4, Plugins: sitetest.Plugins(t, "pilot-yarn"),
		Env: []string{"AWS_SECRET_ACCESS_KEY=the-runners-own", "NPM_TOKEN=the-runners-own"},
	})
	ctx := servertest.Timeout(t, 5*time.Minute)
	var sites []*realSite
	for range 2 {
		s := &realSite{Client: c, receiver: receiver, dir: exampleSite(t)}
		s.project = newJob(t, s.dir).Project
		servertest.Must(t, c.EnsureProject(ctx, client.ProjectSpec{Name: s.project, Apps: []string{"web"}}))
		sites = append(sites, s)
	}

	var group sync.WaitGroup
	hashes := make([]string, len(sites))
	for i, s := range sites {
		s.appFile(t, fmt.Sprint("hello from site ", i), "")
		job := s.job(t)
		group.Go(func() {
			var show shown
			if _, err := c.Build(ctx, job, show.add); err != nil {
				t.Errorf("build: %v\n%s", err, show.String())
				return
			}
			out := show.String()
			for _, want := range []string{"Copying the source into a container of " + nodeImage, "Installing the packages with yarn", "[4/4] Building fresh packages...", "built dist/index.html"} {
				if !strings.Contains(out, want) {
					t.Errorf("the job does not show %q:\n%s", want, out)
				}
			}
			if m := siteHash.FindStringSubmatch(out); m != nil {
				hashes[i] = m[1]
			}
		})
	}
	group.Wait()
	// What came out of the jobs is what each project's own source gives.
	for i, s := range sites {
		folder, _ := must(t, Config{Env: map[string]string{"GREETING": fmt.Sprint("hello from site ", i)}}, newJob(t, s.dir))
		if hashes[i] != folder.GetHash()[:12] {
			t.Errorf("site %d has hash %q, want %.12s", i, hashes[i], folder.GetHash())
		}
	}

	s := sites[0]
	for want, more := range map[string]string{
		"install failed with exit code 1: yarn install --frozen-lockfile": "\n      install_command = \"yarn install --frozen-lockfile && false\"",
		"the build made no such folder":                                   "\n      output = \"public\"",
		"build failed with exit code 1: node build.js --no-such-thing":    "\n      build_command = \"node build.js --no-such-thing; echo env $AWS_SECRET_ACCESS_KEY $NPM_TOKEN.; false\"",
		"output = \"/etc\": must be a path below the app's folder":        "\n      output = \"/etc\"",
	} {
		s.appFile(t, "hello", more)
		var show shown
		_, err := c.Build(ctx, s.job(t), show.add)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v\nlacks %q", err, want)
		}
		if strings.Contains(show.String(), "the-runners-own") {
			t.Errorf("the build sees the runner's environment:\n%s", show.String())
		}
	}

	t.Run("cancel", func(t *testing.T) {
		s.appFile(t, "hello", "\n      build_command = \"echo it runs; sleep 1000\"")
		job := s.job(t)
		waiting, stop := make(chan struct{}), make(chan string, 1)
		done := make(chan error, 1)
		var once sync.Once
		go func() {
			_, err := c.Build(ctx, job, func(e client.Event) {
				switch e := e.(type) {
				case *client.Queued:
					stop <- e.JobID
				case *client.LogLine:
					if strings.Contains(e.Text, "it runs") {
						once.Do(func() { close(waiting) })
					}
				}
			})
			done <- err
		}()
		id := <-stop
		<-waiting
		docker := dockerClient(t)
		found := containersOf(t, docker, Job{Project: s.project})
		if len(found) != 1 {
			t.Fatalf("containers %v", found)
		}
		servertest.Must(t, c.CancelJob(ctx, id))
		if err := <-done; err == nil {
			t.Errorf("job %s was cancelled, and says nothing", id)
		}
		eventually(t, "the container and the network are gone", func() bool {
			return len(containersOf(t, docker, Job{Project: s.project})) == 0 && !networkExists(t, docker, strings.TrimPrefix(found[0].Names[0], "/"))
		})
	})
}

// TestPluginDocumentsItself asks the plugin's own program, as the engine does.
// ("waypoint docs" of v0.11.4 shows the documentation of no plugin of a project: it
// asks the component's wrapper.)
func TestPluginDocumentsItself(t *testing.T) {
	t.Parallel()
	quiet := hclog.NewNullLogger()
	cfg := pluginclient.ClientConfig(quiet, false)
	cfg.Cmd, cfg.Logger = exec.Command(sitetest.Plugins(t, "pilot-yarn")[0]), quiet
	engine := goplugin.NewClient(cfg)
	defer engine.Kill()
	rpc, err := engine.Client()
	servertest.Must(t, err)
	raw, err := rpc.Dispense("builder")
	servertest.Must(t, err)
	doc, err := raw.(component.Documented).Documentation()
	servertest.Must(t, err)
	details := doc.Details()
	if !strings.Contains(details.Description, "in a container") || details.Output != "pilot.site.Folder" || len(doc.Fields()) != 6 {
		t.Errorf("documentation %+v, %d options", details, len(doc.Fields()))
	}
}
