package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sivchari/kumo"

	"github.com/pilot-framework/pilot/internal/testports"
)

// siteCloud is the emulated AWS at an address that containers of the platform
// reach. It keeps what was uploaded and copied.
type siteCloud struct {
	direct, url      string
	mu               sync.Mutex
	uploaded, copied []string
	unsigned         int
	failing          string
}

// newSiteCloud listens at the host's address in the platform's own network.
func newSiteCloud(p *platform) *siteCloud {
	t := p.t
	t.Helper()
	emulator := kumo.NewServer()
	t.Cleanup(emulator.Close)
	t.Setenv("KUMO_S3_BACKEND", emulator.URL)
	target, err := url.Parse(emulator.URL)
	if err != nil {
		t.Fatal(err)
	}
	gateway := docker(t, "network", "inspect", "-f", "{{(index .IPAM.Config 0).Gateway}}", "pilot-"+p.stack)
	listener, err := net.Listen("tcp", net.JoinHostPort(gateway, fmt.Sprint(testports.Free(t, 1)[0])))
	if err != nil {
		t.Fatal(err)
	}
	c := &siteCloud{direct: emulator.URL, url: "http://" + listener.Addr().String()}
	proxy := &httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ErrorLog: log.New(io.Discard, "", 0),
	}
	front := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.note(r)
		if c.fails(r) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		proxy.ServeHTTP(w, r)
	})}
	go func() { _ = front.Serve(listener) }()
	t.Cleanup(func() { front.Close() })
	return c
}

// fail has the cloud refuse one kind of request, METHOD PATH; "" is none.
func (c *siteCloud) fail(request string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failing = request
}

func (c *siteCloud) fails(r *http.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failing != "" && c.failing == r.Method+" "+strings.TrimSuffix(r.URL.Path, "/")
}

func (c *siteCloud) note(r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !strings.Contains(r.Header.Get("Authorization"), "Credential=AKIDSITE/") {
		c.unsigned++
	}
	_, file, found := strings.Cut(r.URL.Path, "/releases/")
	if r.Method != http.MethodPut || !found {
		return
	}
	_, file, _ = strings.Cut(file, "/")
	if r.Header.Get("X-Amz-Copy-Source") != "" {
		c.copied = append(c.copied, file)
	} else {
		c.uploaded = append(c.uploaded, file)
	}
}

// sent returns, in order, what was uploaded since the last call.
func (c *siteCloud) sent() (uploaded, copied []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	uploaded, copied = c.uploaded, c.copied
	c.uploaded, c.copied = nil, nil
	slices.Sort(uploaded)
	slices.Sort(copied)
	return uploaded, copied
}

// edge asks the emulated CloudFront for a page, past its cache.
func (c *siteCloud) edge(t *testing.T, distribution, path string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.direct+"/kumo/cdn/"+distribution+path, nil)
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
	return res.StatusCode, string(body)
}

// objects asks the emulator what is in the bucket; found is whether there is one.
func (c *siteCloud) objects(t *testing.T, bucket string) (list string, found bool) {
	t.Helper()
	res, err := http.Get(c.direct + "/" + bucket + "?list-type=2")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), res.StatusCode == http.StatusOK
}

func (c *siteCloud) serves(t *testing.T, distribution, title string) {
	t.Helper()
	code, page := c.edge(t, distribution, "/index.html")
	if code != http.StatusOK || !strings.Contains(page, "<title>"+title+"</title>") || !strings.Contains(page, "Built with yarn, in a container.") {
		t.Errorf("the page is %d %s, want %q", code, page, title)
	}
	script := regexp.MustCompile(`/assets/app\.[0-9a-f]{8}\.js`).FindString(page)
	if code, text := c.edge(t, distribution, script); code != http.StatusOK || !strings.Contains(text, "history.pushState") {
		t.Errorf("the page's script %q: %d %s", script, code, text)
	}
}

func (c *siteCloud) nothingLeft(t *testing.T, bucket, distribution string) {
	t.Helper()
	if list, found := c.objects(t, bucket); found {
		t.Errorf("destroy left the bucket: %s", list)
	}
	if code, body := c.edge(t, distribution, "/index.html"); code == http.StatusOK {
		t.Errorf("after destroy the site answers: %s", body)
	}
	res, err := http.Get(c.direct + "/2020-05-31/distribution/" + distribution)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("after destroy the distribution answers %s", res.Status)
	}
}
