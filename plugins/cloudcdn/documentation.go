package cloudcdn

import (
	"github.com/hashicorp/waypoint-plugin-sdk/docs"

	"github.com/pilot-framework/pilot/plugins/site"
)

// Documentation is what waypoint docs shows about the deploy stanza.
func (p *Platform) Documentation() (*docs.Documentation, error) {
	return site.Document(&DeployConfig{}, p.DeployFunc(), "pilot.site.Folder", "pilot.cloudcdn.Deployment",
		"Puts a static site into a Cloud Storage bucket, each deployment in a folder of its own. Only files that no earlier deployment has are uploaded.",
		`
deploy {
  use "pilot-cloud-cdn" {
    project = "acme-prod"
    region  = "europe-west1"
    bucket  = "acme-shop-front"
  }
}
`, [][2]string{
			{"project", "the id of the Google Cloud project"},
			{"region", "the location that the bucket lies in"},
			{"bucket", "the bucket's name, unique in the world: made when it is not there"},
			{"directory", "the folder to publish, relative to the app's; the folder that the build made when it is not set"},
			{"index", "the page of a folder, index.html when it is not set"},
			{"not_found", "the page for what is not there; the start page with status 200 when it is not set, for a single-page app"},
			{"parallel", "how many requests run at the same time, 32 when it is not set"},
			{"endpoint", "an API to use instead of Google's, such as an emulator's"},
		})
}

// Documentation is what waypoint docs shows about the release stanza.
func (r *Releaser) Documentation() (*docs.Documentation, error) {
	return site.Document(&ReleaseConfig{}, r.ReleaseFunc(), "pilot.cloudcdn.Deployment", "pilot.cloudcdn.Release",
		"Serves a deployment through an HTTPS load balancer with Cloud CDN. The switch is one change, so a release is all or nothing and a rollback is another release.",
		`
release {
  use "pilot-cloud-cdn" {
    domain = "www.example.com"
  }
}
`, [][2]string{
			{"domain", "the name to serve and to get a certificate for; its DNS must be pointed at the address that the release prints"},
			{"keep", "how many deployments stay in the bucket at most, 10 when it is not set"},
		})
}
