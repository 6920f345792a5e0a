package cloudfront

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strings"
	"testing"

	pb "github.com/hashicorp/waypoint-plugin-sdk/proto/gen"
)

// many is a site of n files.
func many(n int) map[string]string {
	files := map[string]string{"index.html": "<h1>1</h1>"}
	for i := 1; i < n; i++ {
		files[fmt.Sprintf("pages/%02d/file%04d.txt", i%40, i)] = fmt.Sprintf("file %d", i)
	}
	return files
}

// invalidated lists the addresses of all invalidations.
func invalidated(t *testing.T, calls []call) []string {
	t.Helper()
	var all []string
	for _, c := range calls {
		if c.Method != http.MethodPost || !strings.HasSuffix(c.Path, "/invalidation") {
			continue
		}
		var batch struct {
			Paths []string `xml:"Paths>Items>Path"`
		}
		if err := xml.Unmarshal([]byte(c.Body), &batch); err != nil {
			t.Fatal(err)
		}
		all = append(all, batch.Paths...)
	}
	sort.Strings(all)
	return all
}

func TestOnlyChangedFilesAreUploadedAndInvalidated(t *testing.T) {
	c := newCloud(t)
	a := newApp(t, c)
	a.write(t, many(2500))
	_, r1 := a.both(t)
	calls := c.take()
	if sent, copied := uploads(calls); len(sent) != 2500 || len(copied) != 0 {
		t.Fatalf("first deployment: %d sent, %d copied", len(sent), len(copied))
	}
	if got := invalidated(t, calls); len(got) != 0 {
		t.Errorf("first release invalidated %v", got)
	}
	a.write(t, map[string]string{"pages/01/file0001.txt": "new", "pages/02/file0002.txt": "new", "pages/03/file0003.txt": "new"})
	_, r2 := a.both(t)
	calls = c.take()
	want := []string{"pages/01/file0001.txt", "pages/02/file0002.txt", "pages/03/file0003.txt"}
	sent, copied := uploads(calls)
	sort.Strings(sent)
	if !slices.Equal(sent, want) || len(copied) != 2497 {
		t.Errorf("second deployment sent %v and copied %d", sent, len(copied))
	}
	if got := invalidated(t, calls); !slices.Equal(got, []string{"/" + want[0], "/" + want[1], "/" + want[2]}) {
		t.Errorf("invalidated %v", got)
	}
	if r1.DistributionId != r2.DistributionId || r2.URL() == "" || r1.URL() != r2.URL() {
		t.Errorf("releases %v and %v must be of one distribution", r1, r2)
	}
	a.serves(t, r2, "/pages/01/file0001.txt", "new")
	a.serves(t, r2, "/pages/04/file0004.txt", "file 4")
	a.serves(t, r2, "/index.html", "<h1>1</h1>")
}

// Waypoint keeps the released deployment and one more, and destroys the older
// deployments and then their releases.
func TestTenDeploymentsWithPruningAndRollback(t *testing.T) {
	c := newCloud(t)
	a := newApp(t, c)
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
		a.serves(t, r, "/index.html", fmt.Sprint("v", i))
		a.serves(t, r, "/docs/", fmt.Sprint("docs v", i))
		a.serves(t, r, "/app.css", "body{}")
		if report, err := a.releaser().status(t.Context(), r); err != nil || report.Health != pb.StatusReport_READY {
			t.Fatalf("status of release %d: %v %v", i, report, err)
		}
	}
	back, err := a.release(deployments[8])
	if err != nil {
		t.Fatal(err)
	}
	a.serves(t, back, "/index.html", "v9")
	if sent, copied := uploads(c.take()); len(copied) == 0 || len(sent) == 0 {
		t.Error("nothing was copied")
	}
	if _, err := a.release(deployments[0]); err == nil || !strings.Contains(err.Error(), "not in bucket") {
		t.Errorf("release of a destroyed deployment: %v", err)
	}
	a.serves(t, back, "/index.html", "v9")
	// By hand, and against the site: it stays on the air.
	if err := a.platform().destroy(t.Context(), deployments[8], quiet()); err != nil {
		t.Fatal(err)
	}
	a.serves(t, back, "/index.html", "v9")
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
	acc, err := connect(t.Context(), a.deploy.Region, a.deploy.Endpoint, a.deploy.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := acc.owner(t.Context()); !is(err, "NotFound", "NoSuchBucket") {
		t.Errorf("the bucket is still there: %v", err)
	}
	if d, err := acc.find(t.Context()); d != nil || err != nil {
		t.Errorf("the distribution is still there: %v %v", d, err)
	}
	if id, err := acc.findAccess(t.Context()); id != "" || err != nil {
		t.Errorf("the origin access control is still there: %v %v", id, err)
	}
}

func TestDestroyOfThousandsOfObjectsAndVersions(t *testing.T) {
	c := newCloud(t)
	a := newApp(t, c)
	a.write(t, many(1300))
	d1, _ := a.both(t)
	d2, r2 := a.both(t)
	if err := a.platform().destroy(t.Context(), d1, quiet()); err != nil {
		t.Fatal(err)
	}
	a.serves(t, r2, "/index.html", "<h1>1</h1>")
	acc, err := connect(t.Context(), d2.Region, d2.Endpoint, d2.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	list, err := (&store{acc}).List(t.Context(), "")
	if err != nil || len(list) != 1301 {
		t.Fatalf("%d objects are left, want 1300 and a manifest: %v", len(list), err)
	}
	a.destroyApp(t, []*Deployment{d1, d2}, []*Release{r2})
}

func TestDistribution(t *testing.T) {
	c := newCloud(t)
	a := newApp(t, c)
	a.rel = ReleaseConfig{
		SPA: true, Aliases: []string{"www.example.com"},
		Certificate: "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-4000-8000-000000000000",
	}
	a.write(t, map[string]string{"index.html": "app", "assets/index-BxY3k2Qz.js": "x", "logo.png": "y"})
	d, r := a.both(t)
	if r.URL() != "https://www.example.com" {
		t.Errorf("URL %q", r.URL())
	}
	var made, policy string
	calls := c.take()
	for _, call := range calls {
		switch {
		case call.Method == http.MethodPost && call.Path == "/2020-05-31/distribution":
			made = call.Body
		case call.Method == http.MethodPut && strings.HasPrefix(call.Query, "policy"):
			policy = call.Body
		}
	}
	for _, want := range []string{
		"<ViewerProtocolPolicy>redirect-to-https</ViewerProtocolPolicy>", "<HttpVersion>http2and3</HttpVersion>", "<Compress>true</Compress>",
		"<ResponseHeadersPolicyId>" + securityHeaders, "<MinimumProtocolVersion>TLSv1.2_2021", "<CNAME>www.example.com</CNAME>",
		"<ErrorCode>403</ErrorCode>", "<ResponsePagePath>/index.html</ResponsePagePath>", "<ResponseCode>200</ResponseCode>",
		"<DefaultRootObject>index.html</DefaultRootObject>", "<OriginAccessControlId>E",
	} {
		if !strings.Contains(strings.ReplaceAll(made, "><", ">\n<"), want) {
			t.Errorf("the distribution lacks %s in\n%s", want, made)
		}
	}
	for _, want := range []string{`"AWS:SourceArn":"arn:aws:cloudfront::`, a.deploy.Bucket + "/releases/*", `"aws:SecureTransport":"false"`} {
		if !strings.Contains(policy, want) {
			t.Errorf("the bucket's policy lacks %s in %s", want, policy)
		}
	}
	sent := map[string]http.Header{}
	for _, call := range calls {
		if _, file, ok := strings.Cut(call.Path, d.Id+"/"); ok {
			sent[file] = call.header
		}
	}
	for file, want := range map[string][2]string{
		"index.html":               {"no-cache", "text/html; charset=utf-8"},
		"assets/index-BxY3k2Qz.js": {"public, max-age=31536000, immutable", "text/javascript; charset=utf-8"},
		"logo.png":                 {"public, max-age=0, s-maxage=86400, must-revalidate", "image/png"},
	} {
		if got := sent[file]; got.Get("Cache-Control") != want[0] || got.Get("Content-Type") != want[1] {
			t.Errorf("%s is sent with %q and %q, want %q", file, got.Get("Cache-Control"), got.Get("Content-Type"), want)
		}
	}
	a.serves(t, r, "/logo.png", "y")
}
