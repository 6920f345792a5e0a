package upgrade

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	docker "github.com/docker/docker/client"
)

// daemon is a Docker daemon with one container. As the Engine it does nothing when
// one starts what runs still.
type daemon struct {
	mu      sync.Mutex
	running bool
	starts  int
	// onStop is called by the first stop, before the container has ended.
	onStop func(*http.Request)
}

func (d *daemon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch _, call, _ := strings.Cut(r.URL.Path, "/containers/pilot-x-server/"); call {
	case "stop":
		d.mu.Lock()
		first := d.onStop
		d.onStop = nil
		d.mu.Unlock()
		if first != nil {
			first(r)
			return
		}
		d.set(false)
		w.WriteHeader(http.StatusNoContent)
	case "start":
		if !d.set(true) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	default: // the copy of the data
		http.Error(w, `{"message":"no such path"}`, http.StatusNotFound)
	}
}

// set tells whether that is a change.
func (d *daemon) set(running bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.running == running {
		return false
	}
	d.running = running
	if running {
		d.starts++
	}
	return true
}

func guardOn(t *testing.T, d *daemon) *Guard {
	t.Helper()
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	c, err := docker.NewClientWithOpts(docker.WithHost("tcp://"+server.Listener.Addr().String()), docker.WithVersion("1.44"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &Guard{docker: c, container: "pilot-x-server", copy: filepath.Join(t.TempDir(), "copy.tar")}
}

// An interrupt ends the wait for the stop, and not the stop.
func TestAServerThatWasStoppedForNothingRunsAgain(t *testing.T) {
	for name, interrupted := range map[string]bool{"interrupted while it stops": true, "its data can't be copied": false} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			d := &daemon{running: true}
			if interrupted {
				d.onStop = func(r *http.Request) {
					cancel()
					<-r.Context().Done()
				}
			}
			g := guardOn(t, d)
			err := g.SaveData(ctx)
			if err == nil || errors.Is(err, context.Canceled) != interrupted {
				t.Errorf("SaveData said %v", err)
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			if !d.running || d.starts != 1 {
				t.Errorf("running %v after %d starts, want it running after 1", d.running, d.starts)
			}
			if _, err := os.Stat(g.copy); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("there is a copy: %v", err)
			}
		})
	}
}
