package cloudcdn

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// DeployConfig is the deploy stanza. Its options are those of
// appconfig.CloudCDNDeploy.
type DeployConfig struct {
	// Project is the Google Cloud project's id.
	Project string `hcl:"project"`
	// Region is where the bucket lies.
	Region string `hcl:"region"`
	// Bucket is the bucket's name, unique in the world; made when missing.
	Bucket string `hcl:"bucket"`
	// Directory is the folder to publish, relative to the app's. Default: what
	// the build made.
	Directory string `hcl:"directory,optional"`
	// Index is the page of a folder. Default index.html.
	Index string `hcl:"index,optional"`
	// NotFound is the page for what is not there. Default: Index with status
	// 200, as single-page apps want it.
	NotFound string `hcl:"not_found,optional"`
	// Parallel is how many requests run at the same time. Default 32.
	Parallel int `hcl:"parallel,optional"`
	// Endpoint is an API to use instead of Google's, such as an emulator's.
	Endpoint string `hcl:"endpoint,optional"`
}

// ReleaseConfig is the release stanza. Its options are those of
// appconfig.CloudCDNRelease.
type ReleaseConfig struct {
	// Domain is the name to serve and to get a certificate for.
	Domain string `hcl:"domain"`
	// Keep is how many deployments stay in the bucket at most. Default 10.
	Keep int `hcl:"keep,optional"`
}

// defaultKeep leaves room for rollbacks where Waypoint is told not to prune.
const defaultKeep = 10

var (
	projectID  = regexp.MustCompile(`^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	regionName = regexp.MustCompile(`^[a-zA-Z]+[0-9]*(-[a-zA-Z]+[0-9]+)?$`)
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$`)
	domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

func (c *DeployConfig) check() error {
	var errs []error
	if !projectID.MatchString(c.Project) {
		errs = append(errs, fmt.Errorf("project %q must be the id of a Google Cloud project", c.Project))
	}
	if !regionName.MatchString(c.Region) {
		errs = append(errs, fmt.Errorf("region %q must be a location such as europe-west1", c.Region))
	}
	if !bucketName.MatchString(c.Bucket) {
		errs = append(errs, fmt.Errorf("bucket %q must be 3 to 63 lower-case letters, digits, - and _, or up to 222 with dots", c.Bucket))
	}
	if c.Directory != "" && !filepath.IsLocal(c.Directory) {
		errs = append(errs, fmt.Errorf("directory %q must be a folder below the app's own, such as \"build\"", c.Directory))
	}
	for field, v := range map[string]string{"index": c.Index, "not_found": c.NotFound} {
		if v != "" && (!filepath.IsLocal(v) || strings.Contains(v, `\`)) {
			errs = append(errs, fmt.Errorf("%s %q must be a path below the folder, with forward slashes", field, v))
		}
	}
	if c.Parallel < 0 || c.Parallel > 256 {
		errs = append(errs, fmt.Errorf("parallel %d must be 1 to 256", c.Parallel))
	}
	if c.Endpoint != "" && !strings.HasPrefix(c.Endpoint, "http://") && !strings.HasPrefix(c.Endpoint, "https://") {
		errs = append(errs, fmt.Errorf("endpoint %q must start with http:// or https://", c.Endpoint))
	}
	return errors.Join(errs...)
}

func (c *DeployConfig) index() string {
	if c.Index == "" {
		return "index.html"
	}
	return c.Index
}

func (c *ReleaseConfig) check() error {
	var errs []error
	if !domainName.MatchString(c.Domain) {
		errs = append(errs, fmt.Errorf("domain %q must be the domain name to serve, such as www.example.com: the certificate is made for it", c.Domain))
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
