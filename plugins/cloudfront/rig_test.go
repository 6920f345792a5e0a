package cloudfront

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fatih/color"
	"github.com/hashicorp/waypoint-plugin-sdk/component"
	"github.com/hashicorp/waypoint-plugin-sdk/terminal"
	"github.com/pilot-framework/pilot/pkg/server/client/servertest"
	"github.com/sivchari/kumo"

	"github.com/pilot-framework/pilot/plugins/site/sitepb"
)

func TestMain(m *testing.M) {
	longestBackoff, pollEvery = 5*time.Millisecond, time.Millisecond
	for k, v := range map[string]string{
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		os.Setenv(k, v)
	}
	color.Output = io.Discard
	os.Exit(m.Run())
}

// call is a request to the cloud.
type call struct {
	Method, Path, Query string
	Body                string
	header              http.Header
	copied              bool
	status              int
}

func (c call) String() string { return c.Method + " " + c.Path + "?" + c.Query }

// cloud is the emulator behind a proxy that keeps every request and can answer in
// the emulator's place.
type cloud struct {
	url   string
	kumo  string
	delay time.Duration

	mu    sync.Mutex
	calls []call
	// fault answers a request itself when it returns true.
	fault func(n int, c call, w http.ResponseWriter) bool
	// lost says that a request is done and its answer never arrives.
	lost func(n int) bool
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	emulator := kumo.NewServer()
	t.Cleanup(emulator.Close)
	target, err := url.Parse(emulator.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUMO_S3_BACKEND", emulator.URL)
	c := &cloud{kumo: emulator.URL}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		Transport: &http.Transport{MaxIdleConnsPerHost: 256},
		ErrorLog:  log.New(io.Discard, "", 0), // requests that are given up
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		made := call{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, header: r.Header.Clone(), copied: r.Header.Get("x-amz-copy-source") != ""}
		if len(body) < 1<<16 {
			made.Body = string(body)
		}
		if c.delay > 0 {
			time.Sleep(c.delay) // the way to the cloud and back
		}
		c.mu.Lock()
		n, fault, lost := len(c.calls), c.fault, c.lost
		c.calls = append(c.calls, made)
		c.mu.Unlock()
		if fault != nil && fault(n, made, w) {
			return
		}
		if lost != nil && lost(n) {
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			broken(w, made)
			return
		}
		seen := &statusWriter{ResponseWriter: w}
		proxy.ServeHTTP(seen, r)
		c.mu.Lock()
		if n < len(c.calls) {
			c.calls[n].status = seen.status
		}
		c.mu.Unlock()
	}))
	t.Cleanup(front.Close)
	c.url = front.URL
	return c
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(code int) { w.status = code; w.ResponseWriter.WriteHeader(code) }

// take returns the requests since the last take.
func (c *cloud) take() []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = nil
	return calls
}

func (c *cloud) failing(fault func(n int, c call, w http.ResponseWriter) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault, c.calls = fault, nil
}

func (c *cloud) losing(lost func(n int) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lost, c.calls = lost, nil
}

var buckets atomic.Int32

// app is one app as Waypoint runs the plugin for it.
type app struct {
	cloud  *cloud
	dir    string
	job    *component.JobInfo
	deploy DeployConfig
	rel    ReleaseConfig
	n      int
}

func newApp(t testing.TB, c *cloud) *app {
	// All emulators of a process share what they hold.
	bucket := fmt.Sprintf("acme-front-%d", buckets.Add(1))
	return &app{
		cloud: c, dir: t.TempDir(), job: &component.JobInfo{Project: "acme", App: "front", Workspace: "default"},
		deploy: DeployConfig{Region: "eu-west-1", Bucket: bucket, Endpoint: c.url},
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
	id := fmt.Sprintf("01HZ%06d", a.n)
	return p.deploy(context.Background(), &sitepb.Folder{Path: a.dir}, &component.Source{Path: a.dir}, a.job,
		&component.DeploymentConfig{Id: id}, quiet())
}

func (a *app) release(d *Deployment) (*Release, error) {
	r := a.releaser()
	if err := r.ConfigSet(nil); err != nil {
		return nil, err
	}
	return r.release(context.Background(), d, a.job, quiet())
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

// get asks the emulator's edge for an address, past its cache.
func (a *app) get(t testing.TB, r *Release, address string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, a.cloud.kumo+"/kumo/cdn/"+r.DistributionId+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cache-Control", "no-store")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body), res.Header
}

func (a *app) serves(t testing.TB, r *Release, address, want string) {
	t.Helper()
	if code, body, _ := a.get(t, r, address); code != http.StatusOK || body != want {
		t.Fatalf("%s: %d %.80q, want %q", address, code, body, want)
	}
}

func quiet() terminal.UI { return terminal.NonInteractiveUI(context.Background()) }

// uploads counts the files that were sent, and copies those that were not.
func uploads(calls []call) (sent, copied []string) {
	for _, c := range calls {
		if c.Method != http.MethodPut || !strings.Contains(c.Path, "/releases/") {
			continue
		}
		_, file, _ := strings.Cut(strings.SplitN(c.Path, "/releases/", 2)[1], "/")
		if c.copied {
			copied = append(copied, file)
		} else {
			sent = append(sent, file)
		}
	}
	return sent, copied
}
