package cloudfront

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// DeployConfig is the deploy stanza. Its options are those of
// appconfig.CloudFrontDeploy.
type DeployConfig struct {
	// Region is where the bucket lies.
	Region string `hcl:"region"`
	// Bucket is the bucket's name, unique in the world; made when missing.
	Bucket string `hcl:"bucket"`
	// Directory is the folder to publish, relative to the app's. Default: what
	// the build made.
	Directory string `hcl:"directory,optional"`
	// Parallel is how many requests run at the same time. Default 32.
	Parallel int `hcl:"parallel,optional"`
	// Endpoint is an API to use instead of Amazon's, such as an emulator's.
	Endpoint string `hcl:"endpoint,optional"`
}

// ReleaseConfig is the release stanza. Its options are those of
// appconfig.CloudFrontRelease.
type ReleaseConfig struct {
	// Root is the folder of the deployment that is served as /. Default: all.
	Root string `hcl:"root,optional"`
	// SPA answers with index.html and status 200 for what is not there, so that
	// a single-page app can do its own routing.
	SPA bool `hcl:"spa,optional"`
	// NotFound is the page for what is not there, such as 404.html.
	NotFound string `hcl:"not_found,optional"`
	// Aliases are own domain names, which need a Certificate.
	Aliases []string `hcl:"aliases,optional"`
	// Certificate is the ARN of an ACM certificate in us-east-1.
	Certificate string `hcl:"certificate,optional"`
	// Keep is how many deployments stay in the bucket at most. Default 10.
	Keep int `hcl:"keep,optional"`
}

// defaultKeep leaves room for rollbacks where Waypoint is told not to prune.
const defaultKeep = 10

var (
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)
	regionName = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`)
	aliasName  = regexp.MustCompile(`^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
	// CloudFront takes certificates of us-east-1 alone (CloudFront developer
	// guide, requirements for certificates).
	certificateARN = regexp.MustCompile(`^arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/[A-Za-z0-9-]+$`)
)

// check says what is wrong. A dot in a bucket's name breaks its TLS certificate.
func (c *DeployConfig) check() error {
	var errs []error
	if !regionName.MatchString(c.Region) {
		errs = append(errs, fmt.Errorf("region %q must be an AWS region such as eu-west-1", c.Region))
	}
	if !bucketName.MatchString(c.Bucket) {
		errs = append(errs, fmt.Errorf("bucket %q must be 3 to 63 lower-case letters, digits and hyphens", c.Bucket))
	}
	if c.Directory != "" && !filepath.IsLocal(c.Directory) {
		errs = append(errs, fmt.Errorf("directory %q must be a folder below the app's own, such as \"build\"", c.Directory))
	}
	if c.Parallel < 0 || c.Parallel > 256 {
		errs = append(errs, fmt.Errorf("parallel %d must be 1 to 256", c.Parallel))
	}
	if c.Endpoint != "" && !strings.HasPrefix(c.Endpoint, "http://") && !strings.HasPrefix(c.Endpoint, "https://") {
		errs = append(errs, fmt.Errorf("endpoint %q must start with http:// or https://", c.Endpoint))
	}
	return errors.Join(errs...)
}

func (c *ReleaseConfig) check() error {
	var errs []error
	for field, v := range map[string]string{"root": c.Root, "not_found": c.NotFound} {
		if v != "" && (!filepath.IsLocal(v) || strings.Contains(v, `\`)) {
			errs = append(errs, fmt.Errorf("%s %q must be a path below the deployment, with forward slashes", field, v))
		}
	}
	if c.SPA && c.NotFound != "" {
		errs = append(errs, fmt.Errorf("spa and not_found %q exclude each other: a single-page app answers for every address", c.NotFound))
	}
	for _, a := range c.Aliases {
		if !aliasName.MatchString(a) {
			errs = append(errs, fmt.Errorf("aliases: %q must be a domain name such as www.example.com", a))
		}
	}
	switch {
	case len(c.Aliases) > 0 && c.Certificate == "":
		errs = append(errs, fmt.Errorf("aliases %s need a certificate: set certificate to the ARN of an ACM certificate in us-east-1 that covers them", strings.Join(c.Aliases, ", ")))
	case c.Certificate != "" && !certificateARN.MatchString(c.Certificate):
		errs = append(errs, fmt.Errorf("certificate %q must be the ARN of an ACM certificate in us-east-1, which is where CloudFront looks", c.Certificate))
	}
	if c.Keep < 0 || c.Keep == 1 {
		errs = append(errs, fmt.Errorf("keep %d must be at least 2: the released deployment and one to go back to", c.Keep))
	}
	return errors.Join(errs...)
}

func (c *ReleaseConfig) keep() int {
	if c.Keep == 0 {
		return defaultKeep
	}
	return c.Keep
}
