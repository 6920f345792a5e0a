package cloudfront

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
)

// Each call of an app's first deploy and release fails once, for a moment: all is
// made all the same, and no part of it twice.
func TestEachFirstCallFailsOnceForAMoment(t *testing.T) {
	for name, fail := range map[string]func(http.ResponseWriter, call){"throttled": throttle, "broken": broken} {
		t.Run(name, func(t *testing.T) {
			firsts(t, func(a *app, n int) (hit bool) {
				a.cloud.failing(func(i int, c call, w http.ResponseWriter) bool {
					if i == n {
						hit = true
						fail(w, c)
					}
					return i == n
				})
				a.publishes(t)
				return hit
			})
		})
	}
	// What was made by then is found again.
	t.Run("answer lost", func(t *testing.T) {
		firsts(t, func(a *app, n int) (hit bool) {
			a.cloud.losing(func(i int) bool {
				hit = hit || i == n
				return i == n
			})
			a.publishes(t)
			return hit
		})
	})
}

// Each of these calls is refused: the error says so, and the next attempt gets
// there.
func TestEachFirstCallIsRefusedInTurn(t *testing.T) {
	firsts(t, func(a *app, n int) bool {
		var hit *call
		a.cloud.failing(func(i int, c call, w http.ResponseWriter) bool {
			if i == n {
				hit = &c
				refused(w, c)
			}
			return i == n
		})
		d, err := a.up()
		if err == nil {
			_, err = a.release(d)
		}
		if hit == nil {
			return false
		}
		// What is pruned after a release is tried again by the next one.
		if pruning := strings.Contains(hit.Query, "prefix="); err == nil && !pruning {
			t.Errorf("%v was refused and nobody said so", *hit)
		}
		a.cloud.failing(nil)
		a.publishes(t)
		return true
	})
}

// firsts has try fail the n-th call of a new app's first deploy and release, for
// each n until there is none, which try says with false.
func firsts(t *testing.T, try func(a *app, n int) bool) {
	t.Helper()
	c := newCloud(t)
	for n := range 200 {
		a := newApp(t, c)
		a.write(t, small("v1"))
		hit := try(a, n)
		calls := c.take()
		c.failing(nil)
		c.losing(nil)
		if hit {
			continue
		}
		for _, want := range []struct{ method, path, query string }{
			{"PUT", "/" + a.deploy.Bucket, ""}, {"PUT", "/" + a.deploy.Bucket, "publicAccessBlock"},
			{"PUT", "/" + a.deploy.Bucket, "encryption"}, {"PUT", "/" + a.deploy.Bucket, "versioning"}, {"PUT", "/" + a.deploy.Bucket, "policy"},
			{"POST", "/2020-05-31/origin-access-control", ""}, {"POST", "/2020-05-31/distribution", "WithTags"},
		} {
			if !slices.ContainsFunc(calls, func(c call) bool {
				return c.Method == want.method && c.Path == want.path && strings.TrimSuffix(c.Query, "=") == want.query
			}) {
				t.Errorf("no call was %v: %v", want, calls)
			}
		}
		return
	}
	t.Fatal("a first deploy never gets to its end")
}

// publishes deploys and releases, and fails unless the site is served by the one
// distribution that was made for it.
func (a *app) publishes(t *testing.T) {
	t.Helper()
	_, r := a.both(t)
	a.whole(t, r, "v1")
	acc, err := connect(t.Context(), a.deploy.Region, a.deploy.Endpoint, a.deploy.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	list, err := acc.cf.ListDistributions(t.Context(), &cloudfront.ListDistributionsInput{})
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, d := range list.DistributionList.Items {
		if aws.ToString(d.Comment) == acc.comment() {
			made++
		}
	}
	if made != 1 {
		t.Errorf("%d distributions were made", made)
	}
}
