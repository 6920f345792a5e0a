package cloudfront

import (
	"github.com/hashicorp/waypoint-plugin-sdk/docs"

	"github.com/pilot-framework/pilot/plugins/site"
)

// Documentation is what waypoint docs shows about the deploy stanza.
func (p *Platform) Documentation() (*docs.Documentation, error) {
	return site.Document(&DeployConfig{}, p.DeployFunc(), "pilot.site.Folder", "pilot.cloudfront.Deployment",
		"Puts a static site into a private S3 bucket, each deployment in a folder of its own. Only files that no earlier deployment has are uploaded.",
		`
deploy {
  use "pilot-cloudfront" {
    region = "eu-west-1"
    bucket = "acme-shop-front"
  }
}
`, [][2]string{
			{"region", "the AWS region that the bucket lies in"},
			{"bucket", "the bucket's name, unique in the world: made when it is not there"},
			{"directory", "the folder to publish, relative to the app's; the folder that the build made when it is not set"},
			{"parallel", "how many requests run at the same time, 32 when it is not set"},
			{"endpoint", "an API to use instead of Amazon's, such as an emulator's"},
		})
}

// Documentation is what waypoint docs shows about the release stanza.
func (r *Releaser) Documentation() (*docs.Documentation, error) {
	return site.Document(&ReleaseConfig{}, r.ReleaseFunc(), "pilot.cloudfront.Deployment", "pilot.cloudfront.Release",
		"Serves a deployment through Amazon CloudFront. The switch is one change, so a release is all or nothing and a rollback is another release.",
		`
release {
  use "pilot-cloudfront" {
    spa         = true
    aliases     = ["www.example.com"]
    certificate = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d"
  }
}
`, [][2]string{
			{"root", "the folder of the deployment that is served as /"},
			{"spa", "answer with index.html for what is not there, for a single-page app"},
			{"not_found", "the page for what is not there, such as 404.html"},
			{"aliases", "own domain names; they need a certificate"},
			{"certificate", "the ARN of an ACM certificate in us-east-1 that covers the aliases"},
			{"keep", "how many deployments stay in the bucket at most, 10 when it is not set"},
		})
}
