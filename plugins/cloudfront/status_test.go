package cloudfront

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	pb "github.com/hashicorp/waypoint-plugin-sdk/proto/gen"
)

// TestStatus looks at a release and its deployment after what may happen to them.
func TestStatus(t *testing.T) {
	c := newCloud(t)
	for name, tc := range map[string]struct {
		after            func(t *testing.T, a *app, acc *account)
		release, deploy  pb.StatusReport_Health
		released, stored string
	}{
		"all is well": {
			func(*testing.T, *app, *account) {}, pb.StatusReport_READY, pb.StatusReport_READY, "serves deployment 01HZ000001", "1 objects below s3://",
		},
		"another one is released": {
			func(t *testing.T, a *app, _ *account) { a.both(t) }, pb.StatusReport_PARTIAL, pb.StatusReport_READY, "serves deployment 01HZ000002, not 01HZ000001", "s3://",
		},
		"switched off": {
			func(t *testing.T, _ *app, acc *account) {
				s, err := acc.get(t.Context())
				if err == nil {
					_, err = acc.disable(t.Context(), s)
				}
				if err != nil {
					t.Fatal(err)
				}
			}, pb.StatusReport_DOWN, pb.StatusReport_READY, "is switched off", "s3://",
		},
		"the distribution is gone": {
			func(t *testing.T, _ *app, acc *account) {
				if err := acc.removeDistribution(t.Context(), func(string, ...any) {}); err != nil {
					t.Fatal(err)
				}
			}, pb.StatusReport_DOWN, pb.StatusReport_READY, "is gone", "s3://",
		},
		"the files are gone": {
			func(t *testing.T, _ *app, acc *account) {
				if err := (&store{acc}).Remove(t.Context(), "manifests/"); err != nil {
					t.Fatal(err)
				}
			}, pb.StatusReport_DOWN, pb.StatusReport_DOWN, "is not in bucket", "is not in bucket",
		},
		"nothing can be asked": {
			func(_ *testing.T, a *app, _ *account) {
				a.cloud.failing(func(_ int, c call, w http.ResponseWriter) bool { refused(w, c); return true })
			}, pb.StatusReport_UNKNOWN, pb.StatusReport_UNKNOWN, "AccessDenied", "AccessDenied",
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, c)
			a.write(t, map[string]string{"index.html": "x"})
			d, r := a.both(t)
			acc, err := connect(t.Context(), d.Region, d.Endpoint, d.Bucket)
			if err != nil {
				t.Fatal(err)
			}
			defer c.failing(nil)
			tc.after(t, a, acc)
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

// TestErrorPages is about what a distribution answers for what is not there.
func TestErrorPages(t *testing.T) {
	for name, tc := range map[string]struct {
		config     ReleaseConfig
		code, page string
	}{
		"single page": {ReleaseConfig{SPA: true}, "200", "/index.html"},
		"own page":    {ReleaseConfig{NotFound: "errors/404.html"}, "404", "/errors/404.html"},
		"plain":       {ReleaseConfig{}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := &account{bucket: "acme-front", region: "eu-west-1"}
			// What somebody added by hand stays.
			c := &types.DistributionConfig{WebACLId: aws.String("a-firewall"), PriceClass: types.PriceClassPriceClass100}
			a.apply(c, "E1", originPath("01HZ", ""), &tc.config)
			if n := len(c.CustomErrorResponses.Items); n != 2 || *c.CustomErrorResponses.Quantity != 2 {
				t.Fatalf("%d answers, want one for 403 and one for 404", n)
			}
			for i, e := range c.CustomErrorResponses.Items {
				got := fmt.Sprint(aws.ToInt32(e.ErrorCode), " ", aws.ToString(e.ResponseCode), " ", aws.ToString(e.ResponsePagePath), " ", aws.ToInt64(e.ErrorCachingMinTTL))
				if want := fmt.Sprint(403+i, " ", tc.code, " ", tc.page, " 0"); got != want {
					t.Errorf("answer %q, want %q", got, want)
				}
			}
			if aws.ToString(c.WebACLId) != "a-firewall" || c.PriceClass != types.PriceClassPriceClass100 {
				t.Errorf("a release changes what is not its own: %v %v", aws.ToString(c.WebACLId), c.PriceClass)
			}
		})
	}
}
