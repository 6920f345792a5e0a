package cloudfront

import (
	"net/http"
	"strings"
	"testing"
)

// Two apps look for a bucket of one name at the same time, and both find none. Who
// makes it second must not publish into it.
func TestTwoAppsMakeOneBucket(t *testing.T) {
	for region, says := range map[string]func(http.ResponseWriter, call){
		"eu-west-1": answer(409, "BucketAlreadyOwnedByYou"),
		// For old clients: as if the bucket had been made.
		"us-east-1": func(w http.ResponseWriter, _ call) { w.WriteHeader(http.StatusOK) },
	} {
		t.Run(region, func(t *testing.T) {
			c := newCloud(t)
			first := newApp(t, c)
			first.deploy.Region = region
			first.write(t, small("first"))
			second := newApp(t, c)
			second.job.App, second.deploy = "other", first.deploy
			second.write(t, small("second"))
			d, r := first.both(t)

			missing := 0
			race := func(_ int, call call, w http.ResponseWriter) bool {
				bucket := call.Path == "/"+first.deploy.Bucket
				switch {
				// The second time S3 has not heard of it yet.
				case bucket && call.Method == http.MethodHead && missing < 2:
					missing++
					w.WriteHeader(http.StatusNotFound)
				case bucket && call.Method == http.MethodPut && call.Query == "":
					says(w, call)
				default:
					return false
				}
				return true
			}
			c.failing(race)
			if _, err := second.up(); err == nil || !strings.Contains(err.Error(), "holds the site of acme/front/default") {
				t.Errorf("the second app: error %v", err)
			}
			for _, call := range c.take() {
				if call.Method == http.MethodPut && call.status != 0 {
					t.Errorf("the second app changed the first one's bucket: %v", call)
				}
			}
			// Whose own request was retried gets on.
			missing = 0
			c.failing(race)
			d2, err := first.up()
			c.failing(nil)
			if err != nil || d2.Id == d.Id {
				t.Errorf("the first app again: %v %v", d2, err)
			}
			first.serves(t, r, "/index.html", "first")
		})
	}
}
