package appconfig

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Validate returns an error for everything in the app that Waypoint or the
// target would refuse.
func (a App) Validate() error {
	c := &checker{app: a.Name, where: a.where}
	a.check(c, nil)
	return c.err()
}

// check collects what is wrong with the app. declared are the plugins that the
// file declares itself.
func (a App) check(c *checker, declared []string) {
	c.name(a)
	if a.Path != "" {
		c.relative("path", a.Path)
	}
	c.labels(a.Labels)
	c.config(a.Config)

	c.stage(stageBuild, &a.Build, declared)
	c.stage(stageRegistry, a.Registry, declared)
	c.stage(stageDeploy, &a.Deploy, declared)
	c.stage(stageRelease, a.Release, declared)
	c.prefix, c.skip = "", nil
	c.fit(a)
}

// name holds the app's name to the rules of everything that is named after it.
func (c *checker) name(a App) {
	rules := []nameRule{plainName}
	t, known := TargetByPlugin(a.Deploy.Use)
	if o, ok := a.Deploy.Options.(*ECSDeploy); ok && (o.DisableALB || o.ALB != nil && o.ALB.LoadBalancerARN != "") {
		t.name = ecsAlone
	}
	if known {
		rules = append(rules, t.name)
	}
	if a.Build.Use == "docker" || a.Build.Use == "pack" {
		rules = append(rules, dockerImage)
	}
	for _, r := range rules {
		if problem := r.check(a.Name); problem != "" {
			c.add("name", strconv.Quote(a.Name), "%s", problem)
			return
		}
	}
}

// stage checks the plugin and its options.
func (c *checker) stage(kind stageKind, s *Stage, declared []string) {
	c.prefix, c.skip = string(kind), nil
	if s == nil {
		return
	}
	c.skip = s.Expressions
	p, typed := plugins[kind][s.Use]
	switch {
	case s.Use == "" && c.read && c.where[string(kind)].Filename == "":
		return // the file lacks the whole block, which the reader said
	case s.Use == "":
		c.add("use", "", "must be set: the plugin that does this")
		return
	case !typed && !slices.Contains(untyped[kind], s.Use) && !slices.Contains(declared, s.Use):
		names := append(sortedKeys(plugins[kind]), untyped[kind]...)
		c.add("use", strconv.Quote(s.Use), "%s", unknown(s.Use, names))
		return
	case !typed:
		return
	}
	if s.Options == nil {
		s.Options = p.make()
	}
	if got, want := fmt.Sprintf("%T", s.Options), fmt.Sprintf("%T", p.make()); got != want {
		c.add("use", strconv.Quote(s.Use), "needs options of type %s, not %s", want, got)
		return
	}
	for _, name := range sortedKeys(s.Expressions) {
		c.expression(p, name, s.Expressions[name])
	}
	c.strings(s.Options)
	s.Options.check(c)
}

// fit checks that the stages go together.
func (c *checker) fit(a App) {
	t, known := TargetByPlugin(a.Deploy.Use)
	if !known {
		return
	}
	kind := a.BuildKind()
	if _, ours := buildUse[kind]; ours && !slices.Contains(t.Builds, kind) {
		c.add("build.use", strconv.Quote(a.Build.Use), "target %s takes %s", t.Name, strings.Join(t.Builds, " or "))
	}
	if r := a.Registry; r != nil && t.Name == "google-cloud-run" {
		o, ok := r.Options.(*DockerRegistry)
		if ok && o.Image != "" && r.Expressions["image"] == "" && !googleRegistry.MatchString(o.Image) {
			c.add("registry.image", strconv.Quote(o.Image), "Cloud Run takes images from REGION-docker.pkg.dev or gcr.io only")
		}
	}
	if r := a.Release; r != nil {
		if _, typed := plugins[stageRelease][r.Use]; typed && !slices.Contains(releases[t.use], r.Use) {
			c.add("release.use", strconv.Quote(r.Use), "can't release what %s deployed; it takes %s", t.use, releasesOf(t.use))
		}
	}
}

// googleRegistry is what builtin/google/cloudrun/validation.go accepts.
var googleRegistry = regexp.MustCompile(`^((us\.|eu\.|asia\.)?gcr\.io/|[a-z0-9-]+-docker\.pkg\.dev/)`)

// releases are the release plugins that take a deploy plugin's deployments.
var releases = map[string][]string{
	"aws-ec2":          {"aws-alb"},
	"aws-lambda":       {"aws-alb", "lambda-function-url"},
	"google-cloud-run": {"google-cloud-run"},
	"pilot-cloudfront": {"pilot-cloudfront"},
	"pilot-cloud-cdn":  {"pilot-cloud-cdn"},
	"kubernetes":       {"kubernetes"},
}

func releasesOf(use string) string {
	if len(releases[use]) == 0 {
		return "none"
	}
	return strings.Join(releases[use], " or ")
}

// hostname is Waypoint's rule for the part of a label's key before the slash
// (internal/config/validate.go, after RFC 952).
var hostname = regexp.MustCompile(`^[a-zA-Z]([a-zA-Z0-9\-]+[\.]?)*[a-zA-Z0-9]$`)

// labels holds to internal/config/validate.go, ValidateLabels.
func (c *checker) labels(labels map[string]string) {
	for _, k := range sortedKeys(labels) {
		field := "labels." + k
		host, _, _ := strings.Cut(k, "/")
		switch {
		case len(k) > 255 || len(labels[k]) > 255:
			c.add(field, strconv.Quote(labels[k]), "key and value must be at most 255 characters each")
		case strings.HasPrefix(k, "waypoint/"):
			c.add(field, "", `must not start with "waypoint/", which Waypoint keeps for itself`)
		case !hostname.MatchString(host):
			c.add(field, "", "must be a host name of at least 2 characters, such as team or example.com/team")
		}
		c.text(field, labels[k])
	}
}

func (c *checker) config(cfg Config) {
	c.env("config.env", cfg.Env)
	for group, m := range map[string]map[string]string{"env": cfg.Env, "internal": cfg.Internal, "file": cfg.Files} {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			c.text("config."+group, k)
			c.text("config."+group+"."+k, m[k])
		}
	}
	for _, k := range sortedKeys(cfg.Expressions) {
		group, _, ok := strings.Cut(k, ".")
		if !ok || !slices.Contains([]string{"env", "internal", "file"}, group) {
			c.add("config", strconv.Quote(k), "must be env.NAME, internal.NAME or file.PATH")
			continue
		}
		if problem := expressionProblem(cfg.Expressions[k]); problem != "" {
			c.add("config."+k, strconv.Quote(cfg.Expressions[k]), "%s", problem)
		}
	}
}
