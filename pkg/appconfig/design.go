package appconfig

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"
)

func designDocker(d *designer) {
	// What is built on the endpoint runs on the endpoint, so nothing is pushed.
	// The name of its own keeps apps of two projects apart, and the tag lets a
	// rollback find the image that it deployed.
	d.app.Registry = &Stage{
		Use: "docker", Options: &DockerRegistry{Image: LocalImage(d.spec.Project, d.spec.Name), Local: true},
		Expressions: map[string]string{"tag": DefaultTag},
	}
	d.app.Deploy.Options = &DockerDeploy{ServicePort: d.port}
}

// LocalImage is the name, without tag, of the images of an app on the docker
// target. No registry has it: .local is nobody's domain
// (RFC 6762).
func LocalImage(project, app string) string {
	name := "pilot.local/"
	if p := identifier(project); p != "" {
		name += p + "/"
	}
	return name + identifier(app)
}

func designECS(d *designer) {
	d.ecr()
	d.app.Deploy.Options = &ECSDeploy{
		Region: d.awsRegion(), Memory: 512, ServicePort: d.port, Subnets: d.platform.AppSubnets,
	}
}

func designEC2(d *designer) {
	o := &EC2Deploy{
		Region: d.awsRegion(), InstanceType: "t3.small", ServicePort: d.port,
		Count: &EC2Count{Desired: 1, Min: 1, Max: 2},
	}
	if len(d.platform.AppSubnets) > 0 {
		o.Subnet = d.platform.AppSubnets[0]
	}
	d.app.Deploy.Options = o
	d.app.Release = &Stage{Use: "aws-alb", Options: &ALBRelease{Subnets: d.platform.AppSubnets}}
}

func designLambda(d *designer) {
	d.ecr()
	d.app.Deploy.Options = &LambdaDeploy{Region: d.awsRegion(), Memory: 512, Timeout: 60}
	d.app.Release = &Stage{Use: "lambda-function-url", Options: &FunctionURLRelease{AuthType: "NONE"}}
}

func designCloudFront(d *designer) {
	d.app.Deploy.Options = &CloudFrontDeploy{
		Region: d.awsRegion(),
		Bucket: bucketName(d.platform.prefix(), d.spec.Project, d.spec.Name, d.platform.account()),
	}
	d.app.Release = &Stage{Use: "pilot-cloudfront", Options: &CloudFrontRelease{}}
}

func designCloudRun(d *designer) {
	d.registry()
	o := &CloudRunDeploy{
		Project: d.googleProject(), Location: d.googleRegion(), Port: d.port,
		Capacity: &CloudRunCapacity{Memory: 512, CPUCount: 1, MaxRequestsPerContainer: 80, RequestTimeout: 300},
		// Two instances bound the bill of an app that nobody sized yet.
		AutoScaling: &CloudRunScaling{Max: 2},
	}
	if d.platform.VPCConnector != "" {
		o.VPCAccess = &CloudRunVPC{Connector: d.platform.VPCConnector, Egress: "private-ranges-only"}
	}
	d.app.Deploy.Options = o
	d.app.Release = &Stage{Use: "google-cloud-run", Options: &CloudRunRelease{}}
}

func designCloudCDN(d *designer) {
	_, id, _ := strings.Cut(d.platform.Project, ":") // of a domain-scoped project
	if id == "" {
		id = d.platform.Project
	}
	d.app.Deploy.Options = &CloudCDNDeploy{
		Project: d.googleProject(), Region: d.googleRegion(),
		Bucket: bucketName(d.platform.prefix(), d.spec.Project, d.spec.Name, id),
	}
	domain := d.spec.Domain
	if domain == "" {
		d.missing.app = d.spec.Name
		d.missing.add("domain", "", "target %s needs the domain name to serve, such as www.example.com", d.spec.Target)
	}
	d.app.Release = &Stage{Use: "pilot-cloud-cdn", Options: &CloudCDNRelease{Domain: domain}}
}

func designKubernetes(d *designer) {
	d.registry()
	d.app.Deploy.Options = &KubernetesDeploy{ServicePort: d.port}
	d.app.Release = &Stage{Use: "kubernetes", Options: &KubernetesRelease{LoadBalancer: true, Port: 80}}
}

var ecrAccount = regexp.MustCompile(`^([0-9]{12})\.dkr\.ecr\.`)

// account returns the AWS account's number, which an ECR registry's name
// starts with.
func (p Platform) account() string {
	if m := ecrAccount.FindStringSubmatch(p.RegistryURL); p.AccountID == "" && m != nil {
		return m[1]
	}
	return p.AccountID
}

// prefix is BucketPrefix as a part of a name.
func (p Platform) prefix() string { return strings.TrimRight(p.BucketPrefix, "-") }

var notIdentifier = regexp.MustCompile(`[^a-z0-9]+`)

// identifier makes a name of lower-case letters, digits and single hyphens.
func identifier(s string) string {
	return strings.Trim(notIdentifier.ReplaceAllString(strings.ToLower(s), "-"), "-")
}

// bucketName joins parts to a name that S3 and Cloud Storage take. Bucket names
// are unique in the world, so the last part is the account's or the Google
// project's. Where letters had to be changed or cut, a hash of the parts keeps
// two names apart that would be the same otherwise.
func bucketName(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	plain := strings.Join(kept, "-")
	name := identifier(plain)
	if name == plain && len(name) <= 63 && len(name) >= 3 {
		return name
	}
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(plain)))[:8]
	if len(name) > 63-9 {
		name = strings.TrimRight(name[:63-9], "-")
	}
	return strings.TrimLeft(name+"-"+sum, "-")
}
