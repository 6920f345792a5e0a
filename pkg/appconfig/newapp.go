package appconfig

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Platform is what the defaults of a fresh app come from: outputs of the
// platform that the app will run on. A field that the platform has not is
// empty.
type Platform struct {
	// Region is the cloud's region, such as eu-west-1 or europe-west1.
	Region string
	// Project is the Google Cloud project's id.
	Project string
	// AccountID is the AWS account's number. Default: taken from RegistryURL.
	AccountID string
	// AppSubnets are the ids of the subnets that apps run in, on AWS.
	AppSubnets []string
	// RegistryURL is where images are stored, without scheme: an ECR registry
	// with or without a prefix, or an Artifact Registry repository.
	RegistryURL string
	// VPCConnector is the name of the Serverless VPC Access connector, on
	// Google Cloud.
	VPCConnector string
	// BucketPrefix begins the name of every bucket that the platform may make.
	BucketPrefix string
}

// Spec says what a fresh app is to be.
type Spec struct {
	// Project is the project that the app is added to; see [File.Project].
	Project string
	// Name is the app's name.
	Name string
	// Target is the name of a [Target].
	Target string
	// Build is a build kind. Default: the target's first.
	Build string
	// Path is the app's folder, relative to waypoint.hcl.
	Path string
	// Port is the TCP port that the app listens on. Default [DefaultPort].
	Port int
	// Directory is the folder of a built static site, relative to Path.
	// Default: the build finds it.
	Directory string
	// Domain is the name that google-cloud-cdn serves.
	Domain string
}

// DefaultPort is the TCP port of an app that names none: Waypoint's own
// default, and that of most Node.js frameworks. The app is told it as PORT.
const DefaultPort = 3000

// DefaultTag is the expression for an image's tag: the commit's hash, so that
// each build has its own and a rollback finds the image it deployed. Waypoint's
// gitrefpretty() would be shorter to read, but gives a Git tag's name where there
// is one, and that may hold a slash.
const DefaultTag = "gitrefhash()"

// NewApp returns an app with everything filled in. The error names each thing
// that is wrong in the spec or missing from the platform.
func NewApp(spec Spec, platform Platform) (App, error) {
	target, err := TargetByName(spec.Target)
	if err != nil {
		return App{}, err
	}
	kind := spec.Build
	if kind == "" {
		kind = target.Builds[0]
	}
	if _, ok := buildUse[kind]; !ok {
		return App{}, &Error{App: spec.Name, Field: "build", Value: fmt.Sprintf("%q", kind), Problem: unknown(kind, BuildKinds())}
	}
	if !slices.Contains(target.Builds, kind) {
		return App{}, &Error{
			App: spec.Name, Field: "build", Value: fmt.Sprintf("%q", kind),
			Problem: fmt.Sprintf("target %s takes %s", target.Name, strings.Join(target.Builds, " or ")),
		}
	}
	d := &designer{spec: spec, platform: platform, app: App{Name: spec.Name, Path: cleanPath(spec.Path)}}
	d.port = spec.Port
	if d.port == 0 {
		d.port = DefaultPort
	}
	d.app.Build = Stage{Use: buildUse[kind], Options: d.build(kind)}
	d.app.Deploy.Use = target.use
	target.design(d)
	if d.missing.errs != nil {
		return App{}, d.missing.err()
	}
	return d.app, d.app.Validate()
}

// cleanPath returns "" for the project's own folder, and keeps a path that is
// not relative as it is, for Validate to refuse.
func cleanPath(p string) string {
	if p == "" || relativeProblem(p) != "" {
		return p
	}
	if p = path.Clean(p); p == "." {
		return ""
	}
	return p
}

// designer fills in an app for one target.
type designer struct {
	spec     Spec
	platform Platform
	app      App
	port     int
	missing  checker
}

// need returns value, and records that the platform lacks it when empty.
func (d *designer) need(field, value, what string) string {
	if value == "" {
		d.missing.app = d.spec.Name
		d.missing.add(field, "", "target %s needs %s, and the platform has none", d.spec.Target, what)
	}
	return value
}

func (d *designer) awsRegion() string {
	return d.need("region", d.platform.Region, "a region, such as eu-west-1")
}

func (d *designer) googleProject() string {
	return d.need("project", d.platform.Project, "a Google Cloud project id")
}

func (d *designer) googleRegion() string {
	return d.need("region", d.platform.Region, "a region, such as europe-west1")
}

func (d *designer) build(kind string) Options {
	switch kind {
	case "docker":
		return &DockerBuild{DisableEntrypoint: true}
	case "pack":
		return &PackBuild{Builder: DefaultBuilder, DisableEntrypoint: true}
	case "yarn":
		return &YarnBuild{Output: d.spec.Directory}
	default:
		return &AMIBuild{Region: d.platform.Region, Owners: []string{"self"}, Name: d.spec.Name + "-*"}
	}
}

// ecr stores images in the platform's ECR registry, under PROJECT/NAME when the
// platform sets no prefix.
func (d *designer) ecr() {
	_, prefix, _ := strings.Cut(d.platform.RegistryURL, "/")
	if prefix == "" {
		prefix = identifier(d.spec.Project)
	}
	d.app.Registry = &Stage{
		Use:         "aws-ecr",
		Options:     &ECRRegistry{Region: d.platform.Region, Repository: strings.TrimPrefix(prefix+"/"+d.spec.Name, "/")},
		Expressions: map[string]string{"tag": DefaultTag},
	}
}

// registry stores images in the platform's registry, with Docker's protocol.
func (d *designer) registry() {
	url := d.need("registry", strings.TrimSuffix(d.platform.RegistryURL, "/"), "a registry for images")
	d.app.Registry = &Stage{
		Use:         "docker",
		Options:     &DockerRegistry{Image: url + "/" + d.spec.Name},
		Expressions: map[string]string{"tag": DefaultTag},
	}
}
