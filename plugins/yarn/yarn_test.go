package yarn

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"

	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
	"github.com/pilot-framework/pilot/plugins/site/sitepb"
)

// nodeImage is what tools/node-image makes.
const nodeImage = "pilot-node:18"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childBuild); dir != "" {
		buildForParent(dir)
		return
	}
	code := m.Run()
	servertest.RemoveBinaries()
	os.Exit(code)
}

func dockerClient(t testing.TB) *client.Client {
	t.Helper()
	docker, err := newDocker()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { docker.Close() })
	return docker
}

// log collects what a build shows, and tells of a text as soon as it is there.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func newLog() *log { return &log{more: make(chan struct{}, 1)} }

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	select {
	case l.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (l *log) Step(text string) { fmt.Fprintf(l, "== %s\n", text) }
func (l *log) Done(text string) { fmt.Fprintf(l, "-- %s\n", text) }

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// line waits for a line that starts with prefix and returns the rest of it.
func (l *log) line(t *testing.T, prefix string) string {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	for {
		for _, line := range strings.SplitAfter(l.String(), "\n") {
			if rest, ok := strings.CutPrefix(line, prefix); ok && strings.HasSuffix(rest, "\n") {
				return strings.TrimSpace(rest)
			}
		}
		select {
		case <-l.more:
		case <-deadline:
			t.Fatalf("no line %q within 2 minutes:\n%s", prefix, l)
		}
	}
}

// project writes files into a new folder.
func project(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			if err := os.Symlink(target, path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// newJob is a job of an app that no other test has. What it leaves is checked when
// the test ends, and the cache removed.
func newJob(t testing.TB, dir string) Job {
	t.Helper()
	job := Job{Project: "pilot-test-yarn-" + random(), App: "web", Source: dir}
	docker := dockerClient(t)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if left := containersOf(t, docker, job); len(left) > 0 {
			t.Errorf("left behind: %v", left[0].Names)
			_ = docker.ContainerRemove(ctx, left[0].ID, container.RemoveOptions{Force: true})
		}
		_ = docker.VolumeRemove(ctx, job.cacheVolume(), true)
	})
	return job
}

func containersOf(t testing.TB, docker *client.Client, job Job) []container.Summary {
	t.Helper()
	found, err := docker.ContainerList(context.Background(), container.ListOptions{
		All: true, Filters: filters.NewArgs(filters.Arg("label", "io.pilot.project="+job.Project)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func networkExists(t testing.TB, docker *client.Client, name string) bool {
	t.Helper()
	found, err := docker.NetworkList(context.Background(), network.ListOptions{Filters: filters.NewArgs(filters.Arg("name", name))})
	if err != nil {
		t.Fatal(err)
	}
	return len(found) > 0
}

// build builds with the test's image.
func build(t testing.TB, c Config, job Job, show Progress) (*sitepb.Folder, error) {
	t.Helper()
	if c.Image == "" {
		c.Image = nodeImage
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	return Build(ctx, dockerClient(t), c, job, show)
}

// must is a build that has to succeed; it returns the content of the site's files.
func must(t testing.TB, c Config, job Job) (*sitepb.Folder, map[string]string) {
	t.Helper()
	shown := newLog()
	folder, err := build(t, c, job, shown)
	if err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	files := map[string]string{}
	err = filepath.WalkDir(folder.GetPath(), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder.GetPath(), path)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return folder, files
}
