package appconfig

import (
	"strconv"

	"github.com/docker/go-units"
)

// DockerBuild builds a Dockerfile on the platform's Docker endpoint.
type DockerBuild struct {
	// Dockerfile is its path, relative to the app's folder. Default
	// "Dockerfile".
	Dockerfile string `hcl:"dockerfile,optional"`
	// Context is the build context, relative to the app's folder. Default:
	// the app's folder.
	Context string `hcl:"context,optional"`
	// Target is the stage of the Dockerfile to stop at. Default: the last.
	Target string `hcl:"target,optional"`
	// BuildKit builds with BuildKit, which the endpoint must offer.
	BuildKit bool `hcl:"buildkit,optional"`
	// NoCache rebuilds every layer.
	NoCache bool `hcl:"no_cache,optional"`
	// BuildArgs are the Dockerfile's ARG values.
	BuildArgs map[string]string `hcl:"build_args,optional"`
	// DisableEntrypoint keeps Waypoint's entrypoint out of the image. [NewApp]
	// sets it: the entrypoint is not part of Pilot's server image.
	DisableEntrypoint bool `hcl:"disable_entrypoint,optional"`
}

func (o *DockerBuild) check(c *checker) {
	c.relative("dockerfile", o.Dockerfile)
	c.env("build_args", o.BuildArgs)
}

// DefaultBuilder is the builder image of pack builds when none is named. It is
// the one that its maker, Heroku, recommends: Ubuntu 24.04, for Go, Java,
// Node.js, PHP, Python, Ruby, Scala and .NET, on x86-64 and arm64. The default
// of 2021, heroku/buildpacks:18, is end of life, and Waypoint's own,
// heroku/buildpacks:20, is deprecated. Paketo's builder-jammy-base stands on
// Ubuntu 22.04, which is supported two years less.
//
// The plugin must speak a Platform API of Buildpacks that the builder's
// lifecycle offers. Waypoint v0.11.4's own pack plugin (pack v0.20.0) speaks 0.3
// to 0.6 (its internal/build/lifecycle_executor.go); lifecycles since 0.18 of 2023
// (github.com/buildpacks/lifecycle/pull/1191), and so all builders maintained today,
// offer 0.7 and later. So a build fails with "unable to find a supported Platform
// API version" until Builder names an image with an older lifecycle, and a
// Dockerfile is what [Detection.BuildFor] and the guide propose; see [Dockerfile].
const DefaultBuilder = "heroku/builder:24"

// PackBuild builds with Cloud Native Buildpacks: no Dockerfile is needed.
type PackBuild struct {
	// Builder is the builder image. Default: Waypoint's, which is
	// deprecated; [NewApp] sets [DefaultBuilder].
	Builder string `hcl:"builder,optional"`
	// Buildpacks are used instead of those that the builder detects.
	Buildpacks []string `hcl:"buildpacks,optional"`
	// ProcessType is the process of the Procfile or buildpack to run.
	// Default "web".
	ProcessType string `hcl:"process_type,optional"`
	// StaticEnvironment is given to the build.
	StaticEnvironment map[string]string `hcl:"static_environment,optional"`
	// Ignore are patterns, as in .gitignore, of files to leave out.
	Ignore []string `hcl:"ignore,optional"`
	// DisableEntrypoint is as in [DockerBuild].
	DisableEntrypoint bool `hcl:"disable_entrypoint,optional"`
}

func (o *PackBuild) check(c *checker) {
	c.env("static_environment", o.StaticEnvironment)
}

// DockerRegistry pushes the image to a registry that speaks Docker's protocol,
// such as Artifact Registry.
type DockerRegistry struct {
	// Image is the repository without tag, such as
	// europe-west1-docker.pkg.dev/acme/apps/web. At most 255 characters
	// (distribution/reference).
	Image string `hcl:"image"`
	// Tag is the tag. Each build needs its own, or a rollback finds the
	// newer image under the old name.
	Tag string `hcl:"tag"`
	// Local keeps the image in the Docker daemon that built it.
	Local bool `hcl:"local,optional"`
	// Insecure allows a registry without TLS.
	Insecure bool `hcl:"insecure,optional"`
	// Username and Password log in. A password belongs in an expression,
	// such as var.registry_password, not in the file.
	Username string `hcl:"username,optional"`
	Password string `hcl:"password,optional"`
	// EncodedAuth is base64 of Docker's auth object, used instead.
	EncodedAuth string `hcl:"encoded_auth,optional"`
}

func (o *DockerRegistry) check(c *checker) {
	c.required("image", o.Image, "the image's repository, without tag")
	c.matches("image", o.Image, imageName, "an image repository in lower case, without tag, such as registry.example.com/team/web")
	if len(o.Image) > 255 {
		c.add("image", strconv.Quote(o.Image), "must be at most 255 characters")
	}
	c.imageTag("tag", o.Tag)
}

// DockerDeploy runs a container on the platform's Docker endpoint.
type DockerDeploy struct {
	// ServicePort is the TCP port that the app listens on, 1 to 65535, told
	// to it as PORT. Default 3000.
	ServicePort int `hcl:"service_port,optional"`
	// ExtraPorts are published besides.
	ExtraPorts []int `hcl:"extra_ports,optional"`
	// Command replaces the image's command.
	Command []string `hcl:"command,optional"`
	// StaticEnvironment is the container's environment.
	StaticEnvironment map[string]string `hcl:"static_environment,optional"`
	// Binds are volumes: SOURCE:FOLDER[:OPTIONS].
	Binds []string `hcl:"binds,optional"`
	// Networks are the networks to join. Default "waypoint".
	Networks []string `hcl:"networks,optional"`
	// Labels are put on the container.
	Labels map[string]string `hcl:"labels,optional"`
	// Resources are "cpu", in shares, and "memory", in bytes or as 512MB and
	// the like. The plugin needs both or none.
	Resources map[string]string `hcl:"resources,optional"`
	// ForcePull pulls the image even when the endpoint has it.
	ForcePull bool `hcl:"force_pull,optional"`
}

func (o *DockerDeploy) check(c *checker) {
	c.port("service_port", o.ServicePort)
	for _, p := range o.ExtraPorts {
		if p < 1 || p > 65535 {
			c.add("extra_ports", strconv.Itoa(p), "must be 1 to 65535")
		}
	}
	c.env("static_environment", o.StaticEnvironment)
	c.dockerResources(o.Resources)
}

// dockerResources holds to what builtin/docker/platform.go parses: a whole
// number of shares and a size, both, else the deployment fails.
func (c *checker) dockerResources(r map[string]string) {
	if len(r) == 0 || c.dynamic("resources") {
		return
	}
	for _, k := range sortedKeys(r) {
		if k != "cpu" && k != "memory" {
			c.add("resources", strconv.Quote(k), "unknown; known are cpu, memory")
		}
	}
	if _, err := strconv.ParseInt(r["cpu"], 10, 64); err != nil {
		c.add("resources.cpu", strconv.Quote(r["cpu"]), "must be a whole number of shares, such as 512")
	}
	if _, err := units.FromHumanSize(r["memory"]); err != nil {
		c.add("resources.memory", strconv.Quote(r["memory"]), "must be a size such as 512MB")
	}
}
