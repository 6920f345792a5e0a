package cloudfront

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/plugins/site/sitetest"
)

const appFile = `project = "acme"

app "front" {
  build {
    use "pilot-yarn" {
      output = "public"
    }
  }
  deploy {
    use "pilot-cloudfront" {
      region   = "eu-west-1"
      bucket   = %q
      endpoint = %q
    }
  }
  release {
    use "pilot-cloudfront" {
      spa = true%s
    }
  }
}
`

// Ten times up with Waypoint's own pruning, a rollback and the end of the app,
// through a real server, a real runner and the plugin's binary.
func TestInRealWaypoint(t *testing.T) {
	c := newCloud(t)
	a := newApp(t, c)
	real := sitetest.Start(t, "pilot-cloudfront",
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true")
	real.Write(t, map[string]string{"waypoint.hcl": fmt.Sprintf(appFile, a.deploy.Bucket, c.url, ""), "public/logo.svg": "<svg/>"})
	acc, err := connect(t.Context(), "eu-west-1", c.url, a.deploy.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	serves := func(want string) {
		t.Helper()
		d, err := acc.find(t.Context())
		if d == nil || err != nil {
			t.Fatalf("no distribution: %v", err)
		}
		a.serves(t, &Release{DistributionId: *d.Id}, "/index.html", want)
		a.serves(t, &Release{DistributionId: *d.Id}, "/logo.svg", "<svg/>")
	}
	var deployments []string
	for i := 1; i <= 10; i++ {
		want := fmt.Sprint("v", i)
		real.Write(t, map[string]string{"public/index.html": want})
		c.take()
		result, shown, err := real.UpNow(t)
		if err != nil {
			t.Fatalf("up %d: %v\n%s", i, err, shown)
		}
		deployments = append(deployments, result.DeploymentID)
		serves(want)
		if !strings.Contains(result.URL, ".cloudfront.net") {
			t.Errorf("release URL %q", result.URL)
		}
		if sent, copied := uploads(c.take()); i > 1 && (len(sent) != 1 || len(copied) != 1) {
			t.Errorf("up %d sent %v and copied %v", i, sent, copied)
		}
	}
	folders, err := (&store{acc}).Folders(t.Context(), "releases/")
	if err != nil || len(folders) != 2 {
		t.Errorf("%v are in the bucket, want 2: %v", folders, err)
	}
	if _, shown, err := real.ReleaseNow(t, deployments[8]); err != nil {
		t.Fatalf("release of an earlier deployment: %v\n%s", err, shown)
	}
	serves("v9")
	// The build of an earlier deployment once more: its folder is long gone, but the
	// bucket has all of it.
	if _, shown, err := real.RedeployNow(t, deployments[9]); err != nil {
		t.Fatalf("deploy of an earlier build: %v\n%s", err, shown)
	} else if !strings.Contains(shown, "0 uploaded (0 B), 2 unchanged") {
		t.Errorf("deploy of an earlier build shows\n%s", shown)
	}
	if _, shown, err := real.ReleaseNow(t, ""); err != nil {
		t.Fatalf("release: %v\n%s", err, shown)
	}
	serves("v10")

	real.Write(t, map[string]string{"waypoint.hcl": fmt.Sprintf(appFile, a.deploy.Bucket, c.url, "\n      aliases = [\"www.example.com\"]")})
	if _, _, err := real.UpNow(t); err == nil || !strings.Contains(err.Error(), "need a certificate") {
		t.Errorf("aliases without a certificate: %v", err)
	}
	serves("v10")
	real.Write(t, map[string]string{"waypoint.hcl": fmt.Sprintf(appFile, a.deploy.Bucket, c.url, "")})
	if shown, err := real.DestroyNow(t); err != nil {
		t.Fatalf("destroy: %v\n%s", err, shown)
	}
	a.nothingLeft(t)
}
