package cloudcdn

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/hashicorp/waypoint-plugin-sdk/component"
	"github.com/hashicorp/waypoint-plugin-sdk/terminal"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"

	"github.com/pilot-framework/pilot/plugins/site/sitepb"
)

// app is one app as Waypoint runs the plugin for it.
type app struct {
	google *simulation
	dir    string
	job    *component.JobInfo
	deploy DeployConfig
	rel    ReleaseConfig
	n      int
}

func newApp(t testing.TB, g *simulation) *app {
	return &app{
		google: g, dir: t.TempDir(), job: &component.JobInfo{Project: "acme", App: "front", Workspace: "default"},
		deploy: DeployConfig{Project: "acme-prod", Region: "europe-west1", Bucket: "acme-front", Endpoint: g.url},
		rel:    ReleaseConfig{Domain: "www.example.com"},
	}
}

func (a *app) write(t testing.TB, files map[string]string) {
	t.Helper()
	servertest.Files(t, a.dir, files)
}

func (a *app) platform() *Platform { return &Platform{config: a.deploy} }
func (a *app) releaser() *Releaser { return &Releaser{config: a.rel} }

func (a *app) up() (*Deployment, error) {
	a.n++
	p := a.platform()
	if err := p.ConfigSet(nil); err != nil {
		return nil, err
	}
	return p.deploy(context.Background(), &sitepb.Folder{Path: a.dir}, &component.Source{Path: a.dir}, a.job,
		&component.DeploymentConfig{Id: fmt.Sprintf("01HZ%06d", a.n)}, quiet())
}

func (a *app) release(d *Deployment) (*Release, error) {
	r := a.releaser()
	if err := r.ConfigSet(nil); err != nil {
		return nil, err
	}
	return r.release(context.Background(), d, quiet())
}

func (a *app) both(t testing.TB) (*Deployment, *Release) {
	t.Helper()
	d, err := a.up()
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.release(d)
	if err != nil {
		t.Fatal(err)
	}
	return d, r
}

func (a *app) serves(t testing.TB, address, want string) {
	t.Helper()
	if code, body := a.google.get(address); code != http.StatusOK || body != want {
		t.Fatalf("%s: %d %.80q, want %q", address, code, body, want)
	}
}

func quiet() terminal.UI { return terminal.NonInteractiveUI(context.Background()) }
