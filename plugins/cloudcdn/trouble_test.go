package cloudcdn

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/api/storage/v1"
)

// Answers in the cloud's place.
func throttle(w http.ResponseWriter) { refuse(w, 429, "rateLimitExceeded", "planted") }
func broken(w http.ResponseWriter)   { refuse(w, 503, "backendError", "planted") }
func refused(w http.ResponseWriter)  { refuse(w, 403, "forbidden", "planted") }

// small is a site whose files must always be of the same version.
func small(version string) map[string]string {
	return map[string]string{"index.html": version, "app.css": version, "logo.png": "same", "docs/index.html": version}
}

// whole asks for all files that change, and fails unless they are of one version.
func (a *app) whole(t *testing.T, versions ...string) {
	t.Helper()
	_, first := a.google.get("/")
	for _, address := range []string{"/index.html", "/app.css", "/docs/index.html", "/docs/", "/deep/link"} {
		if code, body := a.google.get(address); code != http.StatusOK || body != first {
			t.Fatalf("the site is half new: / is %q and %s is %d %q", first, address, code, body)
		}
	}
	for _, v := range versions {
		if v == first {
			return
		}
	}
	t.Fatalf("the site serves %q, want one of %v", first, versions)
}

func (a *app) callsOfARun(t *testing.T, v *int) int {
	t.Helper()
	*v++
	a.write(t, small(fmt.Sprint("v", *v)))
	a.google.take()
	a.both(t)
	return len(a.google.take())
}

// Each call of a first run fails once: what was made by then is found again. Each
// call of a later one does: the site is old or new as a whole after each answer.
func TestEachCallFailsOnceForAMoment(t *testing.T) {
	for name, fail := range map[string]func(http.ResponseWriter){"throttled": throttle, "broken": broken} {
		t.Run(name, func(t *testing.T) {
			for n := range 200 {
				a := newApp(t, newSimulation(t))
				a.write(t, small("v1"))
				hit := false
				a.google.failing(func(i int, _ call, w http.ResponseWriter) bool {
					if i == n {
						hit = true
						fail(w)
					}
					return i == n
				})
				a.both(t)
				a.google.failing(nil)
				a.whole(t, "v1")
				if !hit {
					break
				}
			}
			a := newApp(t, newSimulation(t))
			a.write(t, small("v0"))
			a.both(t)
			v := 0
			total := a.callsOfARun(t, &v)
			for n := range total {
				v++
				old, now := fmt.Sprint("v", v-1), fmt.Sprint("v", v)
				a.write(t, small(now))
				a.google.failing(func(i int, _ call, w http.ResponseWriter) bool {
					if i == n {
						a.whole(t, old, now)
						fail(w)
					}
					return i == n
				})
				a.both(t)
				a.google.failing(nil)
				a.whole(t, now)
			}
			if total < 30 {
				t.Fatalf("a run makes %d calls: that can't be all", total)
			}
		})
	}
}

// An operation may fail after its request was taken.
func TestAnOperationFails(t *testing.T) {
	a := newApp(t, newSimulation(t))
	a.write(t, small("v1"))
	a.both(t)
	a.write(t, small("v2"))
	a.google.engine.failNext = http.StatusServiceUnavailable
	a.both(t)
	a.whole(t, "v2")
	a.write(t, small("v3"))
	d, err := a.up()
	if err != nil {
		t.Fatal(err)
	}
	a.google.engine.failNext = http.StatusForbidden
	if _, err := a.release(d); err == nil || !strings.Contains(err.Error(), "INTERNAL_ERROR: planted") {
		t.Errorf("error %v", err)
	}
	if _, err := a.release(d); err != nil {
		t.Fatal(err)
	}
	a.whole(t, "v3")
}

// Each call is refused in turn: the error says so, the site stays what it was or
// is the new one as a whole, and the next attempt gets there.
func TestEachCallIsRefusedInTurn(t *testing.T) {
	a := newApp(t, newSimulation(t))
	a.write(t, small("v0"))
	a.both(t)
	v := 0
	total := a.callsOfARun(t, &v)
	for n := range total {
		old := fmt.Sprint("v", v)
		v++
		now := fmt.Sprint("v", v)
		a.write(t, small(now))
		refusing := false
		a.google.failing(func(i int, _ call, w http.ResponseWriter) bool {
			if i == n {
				refusing = true
				refused(w)
			}
			return i == n
		})
		d, err := a.up()
		if err == nil {
			_, err = a.release(d)
		}
		c := a.google.take()[n]
		// What is pruned after a release is tried again by the next one.
		pruning := strings.Contains(c.Query, "prefix=") || c.Method == http.MethodDelete
		a.google.failing(nil)
		if refusing && err == nil && !pruning {
			t.Errorf("%v was refused and nobody said so", c)
		}
		a.whole(t, old, now)
		a.both(t)
		a.whole(t, now)
	}
}

// An interrupted release invalidates what it changed when it is tried again.
func TestInvalidationIsNotForgotten(t *testing.T) {
	a := newApp(t, newSimulation(t))
	a.write(t, small("v1"))
	a.both(t)
	a.write(t, small("v2"))
	d, err := a.up()
	if err != nil {
		t.Fatal(err)
	}
	a.google.failing(func(_ int, c call, w http.ResponseWriter) bool {
		if strings.HasSuffix(c.Path, "/invalidateCache") {
			refused(w)
			return true
		}
		return false
	})
	if _, err := a.release(d); err == nil || !strings.Contains(err.Error(), "invalidate") {
		t.Fatalf("error %v", err)
	}
	a.google.failing(nil)
	if _, err := a.release(d); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(a.google.engine.invalidated, " "); got != "/ /app.css /docs/ /docs/index.html /index.html" {
		t.Errorf("invalidated %s", got)
	}
}

// A destroy that is cut short anywhere goes on the next time.
func TestDestroyGoesOn(t *testing.T) {
	a := newApp(t, newSimulation(t))
	a.write(t, small("v1"))
	d, r := a.both(t)
	for n := range 120 {
		hit := false
		a.google.failing(func(i int, _ call, w http.ResponseWriter) bool {
			if i == n {
				hit = true
				refused(w)
			}
			return i == n
		})
		err := a.releaser().destroy(t.Context(), r, quiet())
		if err == nil {
			err = a.platform().destroy(t.Context(), d, quiet())
		}
		if err == nil {
			err = a.releaser().destroyAll(t.Context(), r, quiet())
		}
		if err == nil {
			err = a.platform().destroyAll(t.Context(), d, a.job, quiet())
		}
		a.google.failing(nil)
		if !hit {
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
		if c.Method == http.MethodGet && strings.HasSuffix(c.Path, "/b/acme-front") {
			refused(w)
			return true
		}
		return false
	}
	for name, test := range map[string]struct {
		change func(t *testing.T, a *app)
		fault  func(int, call, http.ResponseWriter) bool
		want   string
	}{
		"missing folder":     {func(_ *testing.T, a *app) { a.deploy.Directory = "build" }, nil, "run the build first"},
		"folder outside":     {func(_ *testing.T, a *app) { a.deploy.Directory = "../x" }, nil, "directory"},
		"empty build":        {func(_ *testing.T, a *app) { os.Remove(filepath.Join(a.dir, "index.html")) }, nil, "is empty"},
		"no start page":      {func(_ *testing.T, a *app) { a.deploy.Index = "home.html" }, nil, "has no home.html"},
		"no page not found":  {func(_ *testing.T, a *app) { a.deploy.NotFound = "404.html" }, nil, `not_found "404.html"`},
		"whole checkout":     {func(_ *testing.T, a *app) { _ = os.Mkdir(filepath.Join(a.dir, ".git"), 0o755) }, nil, "holds .git"},
		"bucket taken":       {nil, taken, "belongs to another project"},
		"bucket's name":      {func(_ *testing.T, a *app) { a.deploy.Bucket = "Acme" }, nil, `bucket "Acme" must be`},
		"project":            {func(_ *testing.T, a *app) { a.deploy.Project = "x" }, nil, `project "x" must be`},
		"no domain":          {func(_ *testing.T, a *app) { a.rel.Domain = "" }, nil, `domain "" must be`},
		"no credentials":     {func(_ *testing.T, a *app) { a.deploy.Endpoint = "" }, nil, "no Google credentials"},
		"keeps nothing back": {func(_ *testing.T, a *app) { a.rel.Keep = 1 }, nil, "keep 1 must be at least 2"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, newSimulation(t))
			a.write(t, map[string]string{"index.html": "x"})
			if test.change != nil {
				test.change(t, a)
			}
			a.google.failing(test.fault)
			// Waypoint reads the whole file before it starts.
			err := a.releaser().ConfigSet(nil)
			if err == nil {
				_, err = a.up()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error %v, want %q in it", err, test.want)
			}
			a.nothingLeft(t)
		})
	}
}

func TestABucketOfSomethingElseIsLeftAlone(t *testing.T) {
	g := newSimulation(t)
	a, b := newApp(t, g), newApp(t, g)
	a.write(t, map[string]string{"index.html": "x"})
	a.both(t)
	b.job.App, b.dir = "other", a.dir
	if _, err := b.up(); err == nil || !strings.Contains(err.Error(), "site of another app or workspace") {
		t.Errorf("deploy: %v", err)
	}
	c, err := connect(t.Context(), "acme-prod", g.url, "acme-front")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.removeBucket(t.Context(), "acme/other/default"); err == nil || !strings.Contains(err.Error(), "left alone") {
		t.Errorf("destroy: %v", err)
	}
	// A bucket with content that nobody marked is somebody's too.
	g.buckets["acme-front"] = &storage.Bucket{Name: "acme-front"}
	if _, err := a.up(); err == nil || !strings.Contains(err.Error(), "holds something else") {
		t.Errorf("deploy to a bucket of something else: %v", err)
	}
}
