package cloudcdn

import (
	"strings"
	"testing"

	pb "github.com/hashicorp/waypoint-plugin-sdk/proto/gen"
)

// TestStatus looks at a release and its deployment after what may happen to them.
func TestStatus(t *testing.T) {
	for name, tc := range map[string]struct {
		after            func(t *testing.T, a *app, c *cloud)
		release, deploy  pb.StatusReport_Health
		released, stored string
	}{
		"all is well": {
			func(*testing.T, *app, *cloud) {}, pb.StatusReport_READY, pb.StatusReport_READY, "https://www.example.com serves deployment", "1 objects below gs://",
		},
		"another one is released": {
			func(t *testing.T, a *app, _ *cloud) { a.both(t) }, pb.StatusReport_PARTIAL, pb.StatusReport_READY, "serves deployment", "gs://",
		},
		"switched off": {
			func(t *testing.T, _ *app, c *cloud) {
				if err := c.switchOff(t.Context()); err != nil {
					t.Fatal(err)
				}
			}, pb.StatusReport_DOWN, pb.StatusReport_READY, "is switched off", "gs://",
		},
		"the load balancer is gone": {
			func(t *testing.T, _ *app, c *cloud) {
				if err := c.removeBalancer(t.Context(), func(string, ...any) {}); err != nil {
					t.Fatal(err)
				}
			}, pb.StatusReport_DOWN, pb.StatusReport_READY, "is gone", "gs://",
		},
		"the files are gone": {
			func(t *testing.T, _ *app, c *cloud) {
				if err := (&store{c}).Remove(t.Context(), "manifests/"); err != nil {
					t.Fatal(err)
				}
			}, pb.StatusReport_DOWN, pb.StatusReport_DOWN, "is not in bucket", "is not in bucket",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newSimulation(t)
			a := newApp(t, g)
			a.write(t, map[string]string{"index.html": "x"})
			d, r := a.both(t)
			c, err := connect(t.Context(), d.Project, d.Endpoint, d.Bucket)
			if err != nil {
				t.Fatal(err)
			}
			g.engine.parts["sslCertificates/"+c.certificateName("www.example.com")]["managed"].(map[string]any)["status"] = active
			tc.after(t, a, c)
			got, err := a.releaser().status(t.Context(), r)
			if err != nil || got.Health != tc.release || !strings.Contains(got.HealthMessage, tc.released) {
				t.Errorf("the release is %v (%v), want %v and %q", got, err, tc.release, tc.released)
			}
			got, err = a.platform().status(t.Context(), d)
			if err != nil || got.Health != tc.deploy || !strings.Contains(got.HealthMessage, tc.stored) || len(got.Resources) != 1 {
				t.Errorf("the deployment is %v (%v), want %v and %q", got, err, tc.deploy, tc.stored)
			}
		})
	}
}
