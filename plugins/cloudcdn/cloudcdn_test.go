package cloudcdn

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	pb "github.com/hashicorp/waypoint-plugin-sdk/proto/gen"
	"google.golang.org/api/compute/v1"
)

func many(n int) map[string]string {
	files := map[string]string{"index.html": "<h1>1</h1>"}
	for i := 1; i < n; i++ {
		files[fmt.Sprintf("pages/%02d/file%04d.txt", i%40, i)] = fmt.Sprintf("file %d", i)
	}
	return files
}

// uploads counts the files that were sent, and those that were copied.
func uploads(calls []call) (sent, copied int) {
	for _, c := range calls {
		switch {
		case strings.HasPrefix(c.Path, "/upload/") && strings.Contains(c.Body, "releases/"):
			sent++
		case strings.Contains(c.Path, "/rewriteTo/"):
			copied++
		}
	}
	return sent, copied
}

func TestOnlyChangedFilesAreUploadedAndInvalidated(t *testing.T) {
	g := newSimulation(t)
	a := newApp(t, g)
	a.write(t, many(2500))
	_, r := a.both(t)
	if sent, copied := uploads(g.take()); sent != 2500 || copied != 0 {
		t.Fatalf("first deployment: %d sent, %d copied", sent, copied)
	}
	if len(g.engine.invalidated) != 0 || r.Address != "203.0.113.10" || r.URL() != "https://www.example.com" {
		t.Errorf("first release: %v, invalidated %v", r, g.engine.invalidated)
	}
	a.write(t, map[string]string{"pages/01/file0001.txt": "new", "pages/02/file0002.txt": "new", "pages/03/file0003.txt": "new"})
	a.both(t)
	if sent, copied := uploads(g.take()); sent != 3 || copied != 2497 {
		t.Errorf("second deployment: %d sent, %d copied", sent, copied)
	}
	if want := []string{"/pages/01/file0001.txt", "/pages/02/file0002.txt", "/pages/03/file0003.txt"}; !slices.Equal(g.engine.invalidated, want) {
		t.Errorf("invalidated %v, want %v", g.engine.invalidated, want)
	}
	a.serves(t, "/pages/01/file0001.txt", "new")
	a.serves(t, "/pages/04/file0004.txt", "file 4")
	a.serves(t, "/", "<h1>1</h1>")
}

// Waypoint keeps the released deployment and one more, and destroys the older
// deployments and then their releases.
func TestTenDeploymentsWithPruningAndRollback(t *testing.T) {
	g := newSimulation(t)
	a := newApp(t, g)
	var deployments []*Deployment
	var releases []*Release
	for i := 1; i <= 10; i++ {
		a.write(t, map[string]string{"index.html": fmt.Sprint("v", i), "docs/index.html": fmt.Sprint("docs v", i), "app.css": "body{}"})
		d, r := a.both(t)
		deployments, releases = append(deployments, d), append(releases, r)
		if i > 2 {
			if err := a.platform().destroy(t.Context(), deployments[i-3], quiet()); err != nil {
				t.Fatal(err)
			}
			if err := a.releaser().destroy(t.Context(), releases[i-3], quiet()); err != nil {
				t.Fatal(err)
			}
		}
		a.serves(t, "/", fmt.Sprint("v", i))
		a.serves(t, "/deep/link", fmt.Sprint("v", i))
		a.serves(t, "/docs/", fmt.Sprint("docs v", i))
		a.serves(t, "/app.css", "body{}")
	}
	report, err := a.releaser().status(t.Context(), releases[9])
	if err != nil || report.Health != pb.StatusReport_PARTIAL || !strings.Contains(report.HealthMessage, "A record for 203.0.113.10") {
		t.Errorf("status without a certificate: %v %v", report, err)
	}
	c := &cloud{bucket: "acme-front"}
	g.engine.parts["sslCertificates/"+c.certificateName("www.example.com")]["managed"].(map[string]any)["status"] = active
	if report, err := a.releaser().status(t.Context(), releases[9]); err != nil || report.Health != pb.StatusReport_READY {
		t.Errorf("status: %v %v", report, err)
	}
	back, err := a.release(deployments[8])
	if err != nil {
		t.Fatal(err)
	}
	a.serves(t, "/", "v9")
	if _, err := a.release(deployments[0]); err == nil || !strings.Contains(err.Error(), "not in bucket") {
		t.Errorf("release of a destroyed deployment: %v", err)
	}
	// By hand, and against the site: it stays on the air.
	if err := a.platform().destroy(t.Context(), deployments[8], quiet()); err != nil {
		t.Fatal(err)
	}
	a.serves(t, "/", "v9")
	a.destroyApp(t, deployments, append(releases, back))
}

// destroyApp does what Waypoint does for an app, in the same order, and twice.
func (a *app) destroyApp(t *testing.T, deployments []*Deployment, releases []*Release) {
	t.Helper()
	for range 2 {
		for _, r := range releases {
			if err := a.releaser().destroy(t.Context(), r, quiet()); err != nil {
				t.Fatal(err)
			}
		}
		for _, d := range deployments {
			if err := a.platform().destroy(t.Context(), d, quiet()); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.releaser().destroyAll(t.Context(), releases[0], quiet()); err != nil {
			t.Fatal(err)
		}
		if err := a.platform().destroyAll(t.Context(), deployments[0], a.job, quiet()); err != nil {
			t.Fatal(err)
		}
	}
	a.nothingLeft(t)
}

func (a *app) nothingLeft(t *testing.T) {
	t.Helper()
	if len(a.google.engine.parts) != 0 || len(a.google.buckets) != 0 {
		t.Errorf("still there: %v %v", a.google.engine.parts, a.google.buckets)
	}
}

func TestLoadBalancer(t *testing.T) {
	g := newSimulation(t)
	a := newApp(t, g)
	a.deploy.NotFound = "404.html"
	a.write(t, map[string]string{"index.html": "home", "404.html": "nothing here", "logo.png": "y"})
	d, r := a.both(t)
	if code, body := g.get("/nothing"); code != http.StatusNotFound || body != "nothing here" {
		t.Errorf("what is not there: %d %q", code, body)
	}
	c := &cloud{project: "acme-prod", bucket: "acme-front"}
	rule := part[compute.ForwardingRule](g.engine, "forwardingRules", c.httpName())
	redirect := part[compute.UrlMap](g.engine, "urlMaps", c.redirectName())
	if rule == nil || rule.PortRange != "80" || redirect == nil || !redirect.DefaultUrlRedirect.HttpsRedirect {
		t.Errorf("HTTP is not redirected: %v %v", rule, redirect)
	}
	policy := part[compute.SslPolicy](g.engine, "sslPolicies", c.policyName())
	if policy.MinTlsVersion != "TLS_1_2" {
		t.Errorf("TLS policy %v", policy)
	}
	backend := part[compute.BackendBucket](g.engine, "backendBuckets", c.backendName())
	if !backend.EnableCdn || backend.CompressionMode != "AUTOMATIC" || len(backend.CustomResponseHeaders) != len(headers) {
		t.Errorf("backend bucket %v", backend)
	}
	if b := g.buckets["acme-front"]; !b.IamConfiguration.UniformBucketLevelAccess.Enabled || b.Location != "europe-west1" {
		t.Errorf("bucket %v", b)
	}
	// Another domain: the old certificate stays until the new one is issued.
	old, now := c.certificateName("www.example.com"), c.certificateName("shop.example.com")
	a.rel.Domain = "shop.example.com"
	if _, err := a.release(d); err != nil {
		t.Fatal(err)
	}
	proxy := part[compute.TargetHttpsProxy](g.engine, "targetHttpsProxies", c.httpsName())
	if len(proxy.SslCertificates) != 2 || !strings.HasSuffix(proxy.SslCertificates[0], now) {
		t.Errorf("certificates %v", proxy.SslCertificates)
	}
	g.engine.parts["sslCertificates/"+now]["managed"].(map[string]any)["status"] = active
	if _, err := a.release(d); err != nil {
		t.Fatal(err)
	}
	proxy = part[compute.TargetHttpsProxy](g.engine, "targetHttpsProxies", c.httpsName())
	if len(proxy.SslCertificates) != 1 || part[compute.SslCertificate](g.engine, "sslCertificates", old) != nil {
		t.Errorf("certificates %v, and the old one is still there", proxy.SslCertificates)
	}
	a.destroyApp(t, []*Deployment{d}, []*Release{r})
}

func TestNamesOfParts(t *testing.T) {
	seen := map[string]string{}
	for _, bucket := range []string{"acme-front", "acme_front", "acme.front", "www.example.com", strings.Repeat("a", 63), strings.Repeat("a", 62) + "b"} {
		c := &cloud{bucket: bucket}
		for _, name := range []string{c.addressName(), c.redirectName(), c.certificateName("x.example.com")} {
			if !partName.MatchString(name) {
				t.Errorf("bucket %s: %q is no name", bucket, name)
			}
			if other, ok := seen[name]; ok {
				t.Errorf("buckets %s and %s share the name %s", bucket, other, name)
			}
			seen[name] = bucket
		}
	}
}

func TestDestroyOfPagesOfObjects(t *testing.T) {
	g := newSimulation(t)
	a := newApp(t, g)
	a.write(t, many(700))
	d1, r1 := a.both(t)
	d2, r2 := a.both(t)
	if err := a.platform().destroy(t.Context(), d1, quiet()); err != nil {
		t.Fatal(err)
	}
	a.serves(t, "/", "<h1>1</h1>")
	a.destroyApp(t, []*Deployment{d1, d2}, []*Release{r1, r2})
}
