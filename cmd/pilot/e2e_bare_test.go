package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/server"
)

// stockLike is an image with what the stock image has of users, folders and
// entrypoint; its shell and git are missing.
const stockLike = `FROM scratch
COPY waypoint /usr/bin/waypoint
COPY --chown=100:1000 data /data
COPY --chown=100:1000 data /home/waypoint
COPY --chown=100:1000 data /tmp
VOLUME ["/data"]
USER 100
ENV HOME=/home/waypoint
ENTRYPOINT ["/usr/bin/waypoint"]
`

// TestBare sets a platform up on the stock image, and deploys with it.
func TestBare(t *testing.T) {
	p := newPlatform(t, "e2e-bare")
	if exec.Command("docker", "image", "inspect", server.StockImage).Run() != nil {
		dir := t.TempDir()
		copyFile(t, "../../bin/waypoint", filepath.Join(dir, "waypoint"))
		if err := os.Mkdir(filepath.Join(dir, "data"), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"Dockerfile": stockLike, "data/.keep": ""} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		docker(t, "build", "-q", "-t", server.StockImage, dir)
		t.Cleanup(func() { _ = exec.Command("docker", "rmi", "-f", server.StockImage).Run() })
	}
	out := p.run("setup", "--bare", "--yes")
	for _, lost := range server.StockLacks {
		if !strings.Contains(out, lost) {
			t.Errorf("setup --bare does not say %q:\n%s", lost, out)
		}
	}
	p.healthy()
	p.run("new", "project", "plain")
	p.run("new", "app", "e2e-bare-web", "--target", "docker", "--port", "8080")
	p.app("from the stock image")
	if got := get(t, p.up()); got != "from the stock image" {
		t.Errorf("the app says %q", got)
	}
	if out := p.run("setup", "--bare", "--yes"); !strings.Contains(out, "0 changes: the platform is as its spec says") {
		t.Errorf("a second setup: %s", out)
	}
}
