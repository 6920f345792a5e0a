package testmachine

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/nat"
)

// Serve runs a container named name on a daemon that answers HTTP on port 8080,
// published on all addresses of its machine as port.
func Serve(t testing.TB, docker *client.Client, name string, port int) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "web")
	build := exec.Command("go", "build", "-o", binary, "github.com/pilot-framework/pilot/internal/testmachine/web")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the web server: %v\n%s", err, out)
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	_ = w.WriteHeader(&tar.Header{Name: "web", Mode: 0o755, Size: int64(len(program))})
	_, _ = w.Write(program)
	_ = w.Close()
	ctx := context.Background()
	answer, err := docker.ImageImport(ctx, image.ImportSource{Source: &b, SourceName: "-"}, name, image.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, answer)
	answer.Close()
	made, err := docker.ContainerCreate(ctx, &container.Config{Image: name, Cmd: []string{"/web"}, ExposedPorts: nat.PortSet{"8080/tcp": {}}},
		&container.HostConfig{PortBindings: nat.PortMap{"8080/tcp": {{HostIP: "0.0.0.0", HostPort: fmt.Sprint(port)}}}}, nil, nil, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = docker.ContainerRemove(ctx, made.ID, container.RemoveOptions{Force: true})
		_, _ = docker.ImageRemove(ctx, name, image.RemoveOptions{})
	})
	if err := docker.ContainerStart(ctx, made.ID, container.StartOptions{}); err != nil {
		t.Fatal(err)
	}
}

// Load asks a URL over and over.
type Load struct {
	stop   chan struct{}
	done   sync.WaitGroup
	mu     sync.Mutex
	count  int
	failed []string
}

// NewLoad waits for the first answer and then asks every few milliseconds, each
// time over a new connection.
func NewLoad(t testing.TB, url string) *Load {
	t.Helper()
	l := &Load{stop: make(chan struct{})}
	c := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func() error {
		resp, err := c.Get(url)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err == nil && string(body) != "hello" {
			err = fmt.Errorf("%s: %q", resp.Status, body)
		}
		return err
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		err := ask()
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", url, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	l.done.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-l.stop:
				return
			case <-tick.C:
			}
			err := ask()
			l.mu.Lock()
			l.count++
			if err != nil {
				l.failed = append(l.failed, time.Now().Format("15:04:05.000 ")+err.Error())
			}
			l.mu.Unlock()
		}
	})
	return l
}

// Stop ends the load and says how many requests there were and which failed.
func (l *Load) Stop() (count int, failed []string) {
	close(l.stop)
	l.done.Wait()
	return l.count, l.failed
}
