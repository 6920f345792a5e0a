package appconfig

import (
	"fmt"
	"slices"
)

// Target is a kind of place that apps are deployed to.
type Target struct {
	// Name is what --target takes, such as "aws-ecs".
	Name string
	// Cloud is whose it is: "local", "aws", "gcp" or "kubernetes".
	Cloud string
	// Static is true when the target serves files and runs no program.
	Static bool
	// Summary is one line for a list of targets.
	Summary string
	// Builds are the build kinds whose artifact the target takes, the
	// default first.
	Builds []string

	use    string // label of the deploy plugin
	name   nameRule
	design func(*designer)
}

var targets = []Target{
	{
		Name: "docker", Cloud: "local", use: "docker",
		Summary: "a container on the platform's own Docker",
		Builds:  []string{"docker", "pack"}, name: dockerImage, design: designDocker,
	},
	{
		Name: "aws-ecs", Cloud: "aws", use: "aws-ecs",
		Summary: "a service on AWS Fargate behind a load balancer",
		Builds:  []string{"docker", "pack"}, name: ecsService, design: designECS,
	},
	{
		Name: "aws-ec2", Cloud: "aws", use: "aws-ec2",
		Summary: "machines of an AWS auto-scaling group, from a machine image",
		Builds:  []string{"aws-ami"}, name: ec2Group, design: designEC2,
	},
	{
		Name: "aws-lambda", Cloud: "aws", use: "aws-lambda",
		Summary: "an AWS Lambda function, from a container image",
		Builds:  []string{"docker", "pack"}, name: lambdaFunction, design: designLambda,
	},
	{
		Name: "aws-cloudfront", Cloud: "aws", use: "pilot-cloudfront", Static: true,
		Summary: "a static site on AWS CloudFront",
		Builds:  []string{"yarn"}, name: plainName, design: designCloudFront,
	},
	{
		Name: "google-cloud-run", Cloud: "gcp", use: "google-cloud-run",
		Summary: "a service on Google Cloud Run",
		Builds:  []string{"docker", "pack"}, name: cloudRunService, design: designCloudRun,
	},
	{
		Name: "google-cloud-cdn", Cloud: "gcp", use: "pilot-cloud-cdn", Static: true,
		Summary: "a static site on Google Cloud CDN",
		Builds:  []string{"yarn"}, name: plainName, design: designCloudCDN,
	},
	{
		Name: "kubernetes", Cloud: "kubernetes", use: "kubernetes",
		Summary: "a deployment on a Kubernetes cluster",
		Builds:  []string{"docker", "pack"}, name: kubernetesService, design: designKubernetes,
	},
}

// buildUse maps a build kind to the label of its plugin.
var buildUse = map[string]string{
	"docker":  "docker",
	"pack":    "pack",
	"yarn":    "pilot-yarn",
	"aws-ami": "aws-ami",
}

// Targets returns every target.
func Targets() []Target {
	all := slices.Clone(targets)
	for i := range all {
		all[i].Builds = slices.Clone(all[i].Builds)
	}
	return all
}

// TargetByName returns the target of that name. The error proposes the nearest
// name.
func TargetByName(name string) (Target, error) {
	for _, t := range Targets() {
		if t.Name == name {
			return t, nil
		}
	}
	names := make([]string, 0, len(targets))
	for _, t := range targets {
		names = append(names, t.Name)
	}
	return Target{}, &Error{Field: "target", Value: fmt.Sprintf("%q", name), Problem: unknown(name, names)}
}

// BuildKinds returns the names of every build kind: "docker" builds a
// Dockerfile, "pack" uses Cloud Native Buildpacks, "yarn" builds a static site,
// "aws-ami" finds a machine image.
func BuildKinds() []string { return sortedKeys(buildUse) }

// CheckName returns an error when an app of that name can't run on the target.
// The limits, and where they come from, are beside each rule in names.go; the
// tightest of them are:
//
//	docker             63  lower case          the server; distribution/reference
//	aws-ecs            19  DNS-like            ELB, load balancer waypoint-ecs-NAME
//	aws-ec2          5-30  DNS-like            ELB, target group
//	aws-lambda         21  DNS-like            ELB, target group NAME-ULID
//	aws-cloudfront     63  letters, digits, _- the server; the bucket has its own name
//	google-cloud-run   49  DNS-like            Cloud Run
//	google-cloud-cdn   63  letters, digits, _- the server; the bucket has its own name
//	kubernetes         57  DNS-like            Service name, label NAME-vN
func (t Target) CheckName(name string) error {
	problem := plainName.check(name)
	if problem == "" {
		problem = t.name.check(name)
	}
	if problem == "" {
		return nil
	}
	return &Error{Field: "name", Value: fmt.Sprintf("%q", name), Problem: fmt.Sprintf("on target %s %s", t.Name, problem)}
}

// Target returns the name of the target that the app is deployed to, or the
// label of its deploy plugin when that is none of [Targets].
func (a App) Target() string {
	if t, ok := TargetByPlugin(a.Deploy.Use); ok {
		return t.Name
	}
	return a.Deploy.Use
}

// BuildKind returns the app's build kind, or the label of its build plugin when
// that is none of [BuildKinds].
func (a App) BuildKind() string {
	for _, kind := range BuildKinds() {
		if buildUse[kind] == a.Build.Use {
			return kind
		}
	}
	return a.Build.Use
}

// TargetByPlugin returns the target whose deploy plugin has that label, such as
// "pilot-cloudfront".
func TargetByPlugin(use string) (Target, bool) {
	i := slices.IndexFunc(targets, func(t Target) bool { return t.use == use })
	if i < 0 {
		return Target{}, false
	}
	return targets[i], true
}
