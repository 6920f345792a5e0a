package cloudfront

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// answers in the cloud's place, in S3's and CloudFront's own forms.
var throttle, broken, refused = answer(503, "SlowDown"), answer(500, "InternalError"), answer(403, "AccessDenied")

func answer(status int, code string) func(http.ResponseWriter, call) {
	return func(w http.ResponseWriter, c call) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		body := "<Code>" + code + "</Code><Message>planted</Message>"
		if strings.HasPrefix(c.Path, "/2020-05-31/") {
			body = "<ErrorResponse><Error><Type>Sender</Type>" + body + "</Error></ErrorResponse>"
		} else {
			body = "<Error>" + body + "</Error>"
		}
		fmt.Fprint(w, body)
	}
}

// small is a site whose two files must always be of the same version.
func small(version string) map[string]string {
	return map[string]string{"index.html": version, "app.css": version, "logo.png": "same", "docs/index.html": version}
}

// whole asks for all files that change, and fails unless they are of one version.
func (a *app) whole(t *testing.T, r *Release, versions ...string) string {
	t.Helper()
	_, first, _ := a.get(t, r, "/index.html")
	for _, address := range []string{"/app.css", "/docs/index.html", "/docs/"} {
		if code, body, _ := a.get(t, r, address); code != http.StatusOK || body != first {
			t.Fatalf("the site is half new: index.html is %q and %s is %d %q", first, address, code, body)
		}
	}
	for _, v := range versions {
		if v == first {
			return first
		}
	}
	t.Fatalf("the site serves %q, want one of %v", first, versions)
	return ""
}

// Each call fails once, for a moment: the deploy gets there all the same. After
// each answer of the cloud the site is old or new as a whole.
func TestEachCallFailsOnceForAMoment(t *testing.T) {
	for name, fail := range map[string]func(http.ResponseWriter, call){"throttled": throttle, "broken": broken} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, newCloud(t))
			a.write(t, small("v0"))
			_, r := a.both(t)
			total := 1
			for n, v := 0, 0; n < total; n++ {
				v++
				old, now := fmt.Sprint("v", v-1), fmt.Sprint("v", v)
				a.write(t, small(now))
				a.cloud.failing(func(i int, c call, w http.ResponseWriter) bool {
					if i != n {
						return false
					}
					a.whole(t, r, old, now)
					fail(w, c)
					return true
				})
				_, r = a.both(t)
				a.cloud.failing(nil)
				a.whole(t, r, now)
				if n == 0 { // of a run with one call more than usual
					total = a.callsOfARun(t, &v)
				}
			}
			if total < 20 {
				t.Fatalf("a run makes %d calls: that can't be all", total)
			}
		})
	}
}

// callsOfARun is how many calls a deploy and a release make.
func (a *app) callsOfARun(t *testing.T, v *int) int {
	t.Helper()
	*v++
	a.write(t, small(fmt.Sprint("v", *v)))
	a.cloud.take()
	a.both(t)
	return len(a.cloud.take())
}

// Each call is refused in turn: the error says so, the site stays what it was or
// is the new one as a whole, and the next attempt gets there.
func TestEachCallIsRefusedInTurn(t *testing.T) {
	a := newApp(t, newCloud(t))
	a.write(t, small("v0"))
	_, r := a.both(t)
	v := 0
	total := a.callsOfARun(t, &v)
	for n := range total {
		old := fmt.Sprint("v", v)
		v++
		now := fmt.Sprint("v", v)
		a.write(t, small(now))
		refusing := false
		a.cloud.failing(func(i int, c call, w http.ResponseWriter) bool {
			if i != n {
				return false
			}
			refusing = true
			refused(w, c)
			return true
		})
		d, err := a.up()
		if err == nil {
			_, err = a.release(d)
		}
		// What is pruned after a release is tried again by the next one.
		q := a.cloud.take()[n].Query
		pruning := err == nil && (strings.Contains(q, "prefix=") || strings.Contains(q, "delete"))
		a.cloud.failing(nil)
		if !refusing {
			continue
		}
		if err == nil && !pruning {
			t.Errorf("call %d was refused and nobody said so", n)
		}
		a.whole(t, r, old, now)
		if _, r = a.both(t); r.DeploymentId == "" {
			t.Fatal("no release")
		}
		a.whole(t, r, now)
	}
}

// An interrupted release invalidates what it changed when it is tried again.
func TestInvalidationIsNotForgotten(t *testing.T) {
	a := newApp(t, newCloud(t))
	a.write(t, small("v1"))
	a.both(t)
	a.write(t, small("v2"))
	d, err := a.up()
	if err != nil {
		t.Fatal(err)
	}
	a.cloud.failing(func(_ int, c call, w http.ResponseWriter) bool {
		if c.Method == http.MethodPost && strings.HasSuffix(c.Path, "/invalidation") {
			refused(w, c)
			return true
		}
		return false
	})
	if _, err := a.release(d); err == nil || !strings.Contains(err.Error(), "invalidate") {
		t.Fatalf("error %v", err)
	}
	a.cloud.failing(nil)
	if _, err := a.release(d); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(invalidated(t, a.cloud.take()), " ")
	if got != "/ /app.css /docs/ /docs/index.html /index.html" {
		t.Errorf("invalidated %s", got)
	}
}

// A destroy that is cut short anywhere goes on the next time.
func TestDestroyGoesOn(t *testing.T) {
	a := newApp(t, newCloud(t))
	a.write(t, small("v1"))
	d, r := a.both(t)
	for n := range 60 {
		a.cloud.failing(func(i int, c call, w http.ResponseWriter) bool {
			if i != n {
				return false
			}
			refused(w, c)
			return true
		})
		err := a.releaser().destroy(t.Context(), r, quiet())
		if err == nil {
			err = a.platform().destroy(t.Context(), d, quiet())
		}
		if err == nil {
			err = a.platform().destroyAll(t.Context(), d, a.job, quiet())
		}
		made := len(a.cloud.take())
		a.cloud.failing(nil)
		if n >= made { // nothing was refused any more
			if err != nil {
				t.Fatal(err)
			}
			a.nothingLeft(t)
			return
		}
	}
	t.Fatal("a destroy never gets to its end")
}

func TestBadInput(t *testing.T) {
	taken := func(_ int, c call, w http.ResponseWriter) bool {
		if c.Method == http.MethodHead {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	}
	raced := func(_ int, c call, w http.ResponseWriter) bool {
		if c.Method == http.MethodPut && strings.Count(strings.Trim(c.Path, "/"), "/") == 0 {
			answer(409, "BucketAlreadyExists")(w, c)
			return true
		}
		return false
	}
	for name, test := range map[string]struct {
		change func(t *testing.T, a *app)
		fault  func(int, call, http.ResponseWriter) bool
		want   string
	}{
		"missing folder":      {func(_ *testing.T, a *app) { a.deploy.Directory = "build" }, nil, "run the build first"},
		"folder outside":      {func(_ *testing.T, a *app) { a.deploy.Directory = "../x" }, nil, "directory"},
		"empty build":         {func(_ *testing.T, a *app) { os.Remove(filepath.Join(a.dir, "index.html")) }, nil, "is empty"},
		"no start page":       {func(t *testing.T, a *app) { _ = os.Rename(a.dir+"/index.html", a.dir+"/x.html") }, nil, "has no index.html"},
		"whole checkout":      {func(_ *testing.T, a *app) { _ = os.Mkdir(filepath.Join(a.dir, ".git"), 0o755) }, nil, "holds .git"},
		"bucket taken":        {nil, taken, "belongs to another account"},
		"bucket just taken":   {nil, raced, "belongs to another account"},
		"bucket's name":       {func(_ *testing.T, a *app) { a.deploy.Bucket = "Acme_Front" }, nil, `bucket "Acme_Front" must be`},
		"region":              {func(_ *testing.T, a *app) { a.deploy.Region = "europe" }, nil, `region "europe" must be`},
		"no credentials":      {func(t *testing.T, _ *app) { t.Setenv("AWS_ACCESS_KEY_ID", "") }, nil, "no AWS credentials"},
		"alias, certificate":  {func(_ *testing.T, a *app) { a.rel.Aliases = []string{"www.example.com"} }, nil, "need a certificate"},
		"certificate, region": {func(_ *testing.T, a *app) { a.rel.Certificate = "arn:aws:acm:eu-west-1:123456789012:certificate/x" }, nil, "in us-east-1"},
		"spa and not_found":   {func(_ *testing.T, a *app) { a.rel.SPA, a.rel.NotFound = true, "404.html" }, nil, "exclude each other"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, newCloud(t))
			a.write(t, map[string]string{"index.html": "x"})
			if test.change != nil {
				test.change(t, a)
			}
			a.cloud.failing(test.fault)
			// Waypoint reads the whole file before it starts.
			err := a.releaser().ConfigSet(nil)
			if err == nil {
				_, err = a.up()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want %q in it", err, test.want)
			}
			for _, c := range a.cloud.take() {
				if c.Method != http.MethodHead && c.status != 0 && c.status < 300 {
					t.Errorf("something was made: %v %d", c, c.status)
				}
			}
		})
	}
}

func TestABucketOfSomethingElseIsLeftAlone(t *testing.T) {
	c := newCloud(t)
	a := newApp(t, c)
	a.write(t, map[string]string{"index.html": "x"})
	d, _ := a.both(t)
	b := newApp(t, c)
	b.job.App, b.dir, b.deploy.Bucket = "other", a.dir, a.deploy.Bucket
	if _, err := b.up(); err == nil || !strings.Contains(err.Error(), "holds the site of acme/front/default") {
		t.Errorf("deploy: %v", err)
	}
	acc, err := connect(t.Context(), d.Region, d.Endpoint, d.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	if err := acc.removeBucket(t.Context(), "acme/other/default"); err == nil || !strings.Contains(err.Error(), "left alone") {
		t.Errorf("destroy: %v", err)
	}
}
