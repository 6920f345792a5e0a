package appconfig

import (
	"path"
	"regexp"
	"strconv"
	"strings"
)

// YarnBuild builds a static site from package.json.
type YarnBuild struct {
	// Directory holds package.json, relative to the app's folder. Default:
	// the app's folder.
	Directory string `hcl:"directory,optional"`
}

func (o *YarnBuild) check(c *checker) { c.relative("directory", o.Directory) }

// CloudFrontDeploy puts a folder of files into an S3 bucket, one folder a
// deployment.
type CloudFrontDeploy struct {
	// Region is where the bucket lies.
	Region string `hcl:"region"`
	// Bucket is the bucket's name, unique in the world; made when missing.
	// Limits as in [Target.CheckName] of aws-cloudfront.
	Bucket string `hcl:"bucket"`
	// Directory holds the built site, relative to the app's folder.
	Directory string `hcl:"directory"`
}

func (o *CloudFrontDeploy) check(c *checker) {
	c.awsRegion("region", o.Region)
	if !c.dynamic("bucket") {
		if problem := s3Bucket.check(o.Bucket); problem != "" {
			c.add("bucket", strconv.Quote(o.Bucket), "%s", problem)
		}
	}
	c.directory("directory", o.Directory)
}

// CloudFrontRelease serves the newest deployment through CloudFront.
type CloudFrontRelease struct{}

func (o *CloudFrontRelease) check(*checker) {}

// domainName is RFC 1123's host name with at least two labels.
var domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// directory refuses what is no folder inside the app. Empty is refused too.
func (c *checker) directory(field, v string) {
	c.required(field, v, `the folder of the built site, such as "dist"`)
	c.relative(field, v)
}

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
