package cloudcdn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fatih/color"
	"github.com/fsouza/fake-gcs-server/fakestorage"
	"google.golang.org/api/compute/v1"
	"google.golang.org/api/storage/v1"
)

func TestMain(m *testing.M) {
	firstBackoff, longestBackoff = time.Millisecond, 4*time.Millisecond
	os.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(os.TempDir(), "no", "such", "file"))
	color.Output = io.Discard
	os.Exit(m.Run())
}

// call is a request to the cloud.
type call struct {
	Method, Path, Query string
	Body                string
	status              int
}

func (c call) String() string { return c.Method + " " + c.Path + "?" + c.Query }

// simulation is Cloud Storage's emulator, with the buckets' settings that it lacks,
// and the simulated Compute Engine, at one address. It keeps every request and can
// answer in their place.
type simulation struct {
	url    string
	files  http.Handler
	engine *engine

	mu      sync.Mutex
	buckets map[string]*storage.Bucket
	access  map[string]*storage.Policy
	calls   []call
	fault   func(n int, c call, w http.ResponseWriter) bool
}

func newSimulation(t testing.TB) *simulation {
	t.Helper()
	fake, err := fakestorage.NewServerWithOptions(fakestorage.Options{NoListener: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Stop)
	g := &simulation{files: fake.HTTPHandler(), engine: newEngine(), buckets: map[string]*storage.Bucket{}, access: map[string]*storage.Policy{}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		made := call{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery}
		if len(body) < 1<<16 {
			made.Body = string(body)
		}
		g.mu.Lock()
		n, fault := len(g.calls), g.fault
		g.calls = append(g.calls, made)
		g.mu.Unlock()
		if fault != nil && fault(n, made, w) {
			return
		}
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		g.route(seen, r)
		g.mu.Lock()
		if n < len(g.calls) {
			g.calls[n].status = seen.status
		}
		g.mu.Unlock()
	}))
	t.Cleanup(front.Close)
	g.url = front.URL
	return g
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(code int) { w.status = code; w.ResponseWriter.WriteHeader(code) }

func (g *simulation) route(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/compute/") {
		g.engine.ServeHTTP(w, r)
		return
	}
	below, ok := strings.CutPrefix(r.URL.Path, "/storage/v1/b")
	bucket, rest, _ := strings.Cut(strings.TrimPrefix(below, "/"), "/")
	if rest == "o" && r.URL.Query().Has("versions") {
		// Cloud Storage lists 1,000 at a time: a smaller page shows the same with
		// fewer objects.
		q := r.URL.Query()
		q.Set("maxResults", "300")
		r.URL.RawQuery = q.Encode()
	}
	if !ok || rest != "" && rest != "iam" {
		g.files.ServeHTTP(w, r)
		return
	}
	g.bucket(w, r, bucket, rest == "iam")
}

// bucket answers for a bucket's settings.
func (g *simulation) bucket(w http.ResponseWriter, r *http.Request, name string, iam bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.buckets[name]
	if name != "" && b == nil {
		refuse(w, http.StatusNotFound, "notFound", "bucket "+name)
		return
	}
	var err error
	switch {
	case iam && r.Method == http.MethodGet:
		reply(w, g.access[name])
	case iam:
		var policy storage.Policy
		if err = json.NewDecoder(r.Body).Decode(&policy); err == nil && policy.Etag != g.access[name].Etag {
			refuse(w, http.StatusPreconditionFailed, "conditionNotMet", "etag")
			return
		}
		policy.Etag += "+"
		g.access[name] = &policy
		reply(w, policy)
	case r.Method == http.MethodPost:
		made := &storage.Bucket{}
		if err = json.NewDecoder(r.Body).Decode(made); err != nil {
			break
		}
		inner := httptest.NewRequest(http.MethodPost, "/storage/v1/b?project=acme-prod", strings.NewReader(fmt.Sprintf(`{"name":%q}`, made.Name)))
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		g.files.ServeHTTP(seen, inner)
		if seen.status == http.StatusOK {
			g.buckets[made.Name], g.access[made.Name] = made, &storage.Policy{Etag: "e"}
		}
		return
	case r.Method == http.MethodGet:
		reply(w, b)
	case r.Method == http.MethodPatch:
		if err = json.NewDecoder(r.Body).Decode(b); err == nil {
			reply(w, b)
		}
	case r.Method == http.MethodDelete:
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		g.files.ServeHTTP(seen, r)
		if seen.status < 300 {
			delete(g.buckets, name)
		}
		return
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "invalid", err.Error())
	}
}

func (g *simulation) take() []call {
	g.mu.Lock()
	defer g.mu.Unlock()
	calls := g.calls
	g.calls = nil
	return calls
}

func (g *simulation) failing(fault func(n int, c call, w http.ResponseWriter) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fault, g.calls = fault, nil
}

// object reads a file as the load balancer does: as anybody.
func (g *simulation) object(bucket, name string) (int, string) {
	g.mu.Lock()
	policy := g.access[bucket]
	g.mu.Unlock()
	if policy == nil || !slices.ContainsFunc(policy.Bindings, func(b *storage.PolicyBindings) bool {
		return b.Role == reader && slices.Contains(b.Members, "allUsers")
	}) {
		return http.StatusForbidden, ""
	}
	w := httptest.NewRecorder()
	g.files.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/download/storage/v1/b/"+bucket+"/o/"+url.PathEscape(name)+"?alt=media", nil))
	if w.Code == http.StatusNotFound { // nobody may list, so nobody learns that
		return http.StatusForbidden, ""
	}
	return w.Code, w.Body.String()
}

// get asks the site's address as the load balancer of Google does: rule, proxy, URL
// map, backend bucket, error page.
func (g *simulation) get(address string) (int, string) {
	c := &cloud{project: "acme-prod", bucket: g.only()}
	rule := part[compute.ForwardingRule](g.engine, "forwardingRules", c.httpsName())
	if rule == nil || rule.PortRange != "443" || rule.IPAddress != "203.0.113.10" {
		return 0, "nothing listens"
	}
	proxy := part[compute.TargetHttpsProxy](g.engine, "targetHttpsProxies", path.Base(rule.Target))
	m := part[compute.UrlMap](g.engine, "urlMaps", path.Base(proxy.UrlMap))
	for _, r := range m.PathMatchers[0].RouteRules {
		match := r.MatchRules[0]
		if match.FullPathMatch != address && (match.PrefixMatch == "" || !strings.HasPrefix(address, match.PrefixMatch)) {
			continue
		}
		matched := match.PrefixMatch
		if match.FullPathMatch != "" {
			matched = address
		}
		backend := part[compute.BackendBucket](g.engine, "backendBuckets", path.Base(r.Service))
		file := r.RouteAction.UrlRewrite.PathPrefixRewrite + strings.TrimPrefix(address, matched)
		code, body := g.object(backend.BucketName, strings.TrimPrefix(file, "/"))
		for _, e := range r.CustomErrorResponsePolicy.ErrorResponseRules {
			if slices.Contains(e.MatchResponseCodes, fmt.Sprint(code)) {
				_, body = g.object(backend.BucketName, strings.TrimPrefix(e.Path, "/"))
				code = int(e.OverrideResponseCode)
			}
		}
		return code, body
	}
	return http.StatusNotFound, "no rule"
}

func (g *simulation) only() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	for name := range g.buckets {
		return name
	}
	return ""
}
