package cloudcdn

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
    use "pilot-cloud-cdn" {
      project  = "acme-prod"
      region   = "europe-west1"
      bucket   = "acme-front"
      endpoint = %q
    }
  }
  release {
    use "pilot-cloud-cdn" {
      domain = "www.example.com"
    }
  }
}
`

// Ten times up with Waypoint's own pruning, a rollback and the end of the app,
// through a real server, a real runner and the plugin's binary.
func TestInRealWaypoint(t *testing.T) {
	g := newSimulation(t)
	a := newApp(t, g)
	g.engine.polls = 1 // the binary waits as long as it does for Google
	real := sitetest.Start(t, "pilot-cloud-cdn")
	real.Write(t, map[string]string{"waypoint.hcl": fmt.Sprintf(appFile, g.url), "public/logo.svg": "<svg/>"})
	var deployments []string
	for i := 1; i <= 10; i++ {
		want := fmt.Sprint("v", i)
		real.Write(t, map[string]string{"public/index.html": want})
		g.take()
		result, shown, err := real.UpNow(t)
		if err != nil {
			t.Fatalf("up %d: %v\n%s", i, err, shown)
		}
		deployments = append(deployments, result.DeploymentID)
		a.serves(t, "/", want)
		a.serves(t, "/logo.svg", "<svg/>")
		if result.URL != "https://www.example.com" || !strings.Contains(shown, "203.0.113.10") {
			t.Errorf("release at %q shows no address:\n%s", result.URL, shown)
		}
		if sent, copied := uploads(g.take()); i > 1 && (sent != 1 || copied != 1) {
			t.Errorf("up %d sent %d and copied %d", i, sent, copied)
		}
	}
	if _, shown, err := real.ReleaseNow(t, deployments[8]); err != nil {
		t.Fatalf("release of an earlier deployment: %v\n%s", err, shown)
	}
	a.serves(t, "/", "v9")
	if _, shown, err := real.RedeployNow(t, deployments[9]); err != nil {
		t.Fatalf("deploy of an earlier build: %v\n%s", err, shown)
	}
	if _, shown, err := real.ReleaseNow(t, ""); err != nil {
		t.Fatalf("release: %v\n%s", err, shown)
	}
	a.serves(t, "/", "v10")
	if shown, err := real.DestroyNow(t); err != nil {
		t.Fatalf("destroy: %v\n%s", err, shown)
	}
	a.nothingLeft(t)
}
