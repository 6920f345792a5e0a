package appconfig

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/distribution/reference"
)

// YarnBuild builds a static site from package.json, with the package manager
// that its lock file is of. Without a package.json it publishes files as they are.
type YarnBuild struct {
	// Directory holds package.json, relative to the app's folder. Default:
	// the app's folder.
	Directory string `hcl:"directory,optional"`
	// Output is the folder that the build makes, relative to Directory.
	// Default: the one of build, dist and out that the build has made. Where
	// nothing is built it must be set: "." publishes all of Directory.
	Output string `hcl:"output,optional"`
	// Image is the image to build in. Default "node:22".
	Image string `hcl:"image,optional"`
	// Env are environment variables of the install and of the build.
	Env map[string]string `hcl:"env,optional"`
	// InstallCommand and BuildCommand are shell commands instead of the
	// package manager's installation and the script "build" of package.json.
	InstallCommand string `hcl:"install_command,optional"`
	BuildCommand   string `hcl:"build_command,optional"`
}

func (o *YarnBuild) check(c *checker) {
	c.relative("directory", o.Directory)
	c.relative("output", o.Output)
	if _, err := reference.ParseNormalizedNamed(o.Image); o.Image != "" && err != nil && !c.dynamic("image") {
		c.add("image", strconv.Quote(o.Image), "must be an image, such as node:22")
	}
	for _, name := range sortedKeys(o.Env) {
		// A shell runs the build, and can't export names with . or -.
		if strings.ContainsAny(name, ".-") {
			c.add("env", strconv.Quote(name), "must be letters, digits and _")
		}
	}
	c.env("env", o.Env)
}

// CloudFrontDeploy puts a built site into an S3 bucket.
type CloudFrontDeploy struct {
	// Region is where the bucket lies.
	Region string `hcl:"region"`
	// Bucket is the bucket's name, unique in the world; made when missing. 3
	// to 63 lower-case letters, digits and hyphens (Amazon S3 user guide).
	Bucket string `hcl:"bucket"`
	// Directory is the folder to publish, relative to the app's folder.
	// Default: what the build made.
	Directory string `hcl:"directory,optional"`
	// Parallel is how many requests run at the same time. Default 32.
	Parallel int `hcl:"parallel,optional"`
	// Endpoint is an API to use instead of Amazon's, such as an emulator's.
	Endpoint string `hcl:"endpoint,optional"`
}

func (o *CloudFrontDeploy) check(c *checker) {
	c.awsRegion("region", o.Region)
	if !c.dynamic("bucket") {
		if problem := s3Bucket.check(o.Bucket); problem != "" {
			c.add("bucket", strconv.Quote(o.Bucket), "%s", problem)
		}
	}
	c.relative("directory", o.Directory)
	c.upload(o.Parallel, o.Endpoint)
}

// upload checks what all plugins for static sites take for their uploads.
func (c *checker) upload(parallel int, endpoint string) {
	c.between("parallel", parallel, 1, 256, "")
	c.matches("endpoint", endpoint, webAddress, "an address that starts with http:// or https://")
}

// keep checks how many deployments stay: the released one and one to go back to
// at least.
func (c *checker) keep(n int) { c.between("keep", n, 2, 1000, " deployments") }

// CloudFrontRelease serves the newest deployment through CloudFront.
type CloudFrontRelease struct {
	// Root is the folder of the deployment that is served as /. Default: all
	// of it.
	Root string `hcl:"root,optional"`
	// SPA answers with index.html and status 200 for what is not there, so
	// that a single-page app can do its own routing.
	SPA bool `hcl:"spa,optional"`
	// NotFound is the page for what is not there, such as 404.html. Default:
	// CloudFront's own. It excludes SPA.
	NotFound string `hcl:"not_found,optional"`
	// Aliases are own domain names, whose DNS points at the distribution. They
	// need a Certificate.
	Aliases []string `hcl:"aliases,optional"`
	// Certificate is the ARN of an ACM certificate in us-east-1, where
	// CloudFront looks, that covers the aliases.
	Certificate string `hcl:"certificate,optional"`
	// Keep is how many deployments stay in the bucket at most. Default 10.
	Keep int `hcl:"keep,optional"`
}

func (o *CloudFrontRelease) check(c *checker) {
	c.relative("root", o.Root)
	c.relative("not_found", o.NotFound)
	if o.SPA && o.NotFound != "" && !c.dynamic("not_found") {
		c.add("not_found", strconv.Quote(o.NotFound), "must not be set with spa, which answers for every address")
	}
	for _, alias := range o.Aliases {
		c.matches("aliases", strings.TrimPrefix(alias, "*."), domainName, "a domain name such as www.example.com")
	}
	if len(o.Aliases) > 0 {
		c.required("certificate", o.Certificate, "the ARN of an ACM certificate in us-east-1 that covers the aliases")
	}
	c.matches("certificate", o.Certificate, cloudFrontCertificate, "the ARN of an ACM certificate in us-east-1, which is where CloudFront looks")
	c.keep(o.Keep)
}

var (
	webAddress = regexp.MustCompile(`^https?://[^/ ]+`)
	// CloudFront takes certificates of us-east-1 alone (CloudFront developer
	// guide, requirements for certificates).
	cloudFrontCertificate = regexp.MustCompile(`^arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/[A-Za-z0-9-]+$`)
)

// domainName is RFC 1123's host name with at least two labels.
var domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// relative refuses a path that leaves the folder it starts from. Empty is
// allowed.
func (c *checker) relative(field, v string) {
	if v == "" || c.dynamic(field) {
		return
	}
	if problem := relativeProblem(v); problem != "" {
		c.add(field, strconv.Quote(v), "%s", problem)
	}
}

// relativeProblem says why v is not a path below the folder it starts from.
// Waypoint refuses an app's path that leaves the project's folder
// (internal/config/validate.go). 4096 bytes is Linux's PATH_MAX.
func relativeProblem(v string) string {
	switch {
	case path.IsAbs(v) || (len(v) > 1 && v[1] == ':'):
		return "must be relative to the folder of waypoint.hcl"
	case strings.ContainsRune(v, '\\'):
		return "must use forward slashes"
	case len(v) > 4096:
		return "must be at most 4096 bytes"
	}
	for _, r := range v {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return "must be printable UTF-8 text"
		}
	}
	if p := path.Clean(v); p == ".." || strings.HasPrefix(p, "../") {
		return "must not leave the project's folder"
	}
	return ""
}
