package appconfig

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
)

// nameRule is what one system takes as a name.
type nameRule struct {
	// what is named, and by whom: "an ECS load balancer".
	what       string
	min, max   int
	characters *regexp.Regexp
	// want describes characters.
	want string
	// also checks what neither length nor characters say.
	also func(string) string
}

// check returns what is wrong with name, or "".
func (r nameRule) check(name string) string {
	if n := len(name); n < r.min || n > r.max {
		return fmt.Sprintf("must be %d to %d characters, for %s; it has %d", r.min, r.max, r.what, n)
	}
	if !r.characters.MatchString(name) {
		return fmt.Sprintf("must be %s, for %s", r.want, r.what)
	}
	if r.also != nil {
		return r.also(name)
	}
	return ""
}

const (
	lowerWant = "lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen"
	ulidChars = 26 // Waypoint ends the names of what it makes with a ULID
)

var lower = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)

var (
	// plainName is what every name of a project or an app keeps to. Waypoint
	// takes letters, digits, _ and - of any length (pkg/server/ptypes/ref.go of
	// v0.11.4, validatePathToken). Pilot's client of the server takes at most 63
	// characters, of which the first is a letter or digit (CheckName of
	// pkg/server/client), or a deploy would refuse the file.
	plainName = nameRule{
		what: "the server", min: 1, max: 63,
		characters: regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`),
		want:       "letters, digits, _ and -, starting with a letter or digit",
	}

	// dockerImage: the builder names the image waypoint.local/NAME, and a
	// reference's path takes this form, 255 characters in all
	// (github.com/distribution/reference). The container NAME-ULID follows
	// from it (moby: [a-zA-Z0-9][a-zA-Z0-9_.-]+). So Docker's limit is wider than
	// plainName's; its characters are not.
	dockerImage = nameRule{
		what: "a Docker image", min: 1, max: 255 - len("waypoint.local/") - 1 - ulidChars,
		characters: regexp.MustCompile(`^[a-z0-9]+((_|__|-+)[a-z0-9]+)*$`),
		want:       "lower-case letters and digits, with -, _ or __ between them",
	}

	// ecsService: the plugin names the load balancer waypoint-ecs-NAME and
	// does not shorten it (builtin/aws/ecs/platform.go); ELB takes at most 32
	// letters, digits and hyphens (ELB API reference, CreateLoadBalancer). A
	// task family and a service may be 255 long, so this is the tightest.
	ecsService = nameRule{
		what: "an ECS service's load balancer", min: 1, max: 32 - len("waypoint-ecs-"),
		characters: lower, want: lowerWant,
	}

	// ecsAlone is for an ECS service without a load balancer of its own: the
	// IAM role NAME-task-role is at most 64 characters (IAM quotas), and the
	// names NAME-ULID of services and target groups are cut at 32
	// (builtin/aws/ecs/platform.go) and have to keep the ULID's ten
	// characters of time, or two deployments collide.
	ecsAlone = nameRule{
		what: "an ECS service", min: 1, max: 32 - 1 - 10,
		characters: lower, want: lowerWant,
	}

	// lambdaFunction: the target group NAME-ULID is cut at 32
	// (builtin/aws/lambda/platform.go) and has to keep the ULID's ten
	// characters of time, or two deployments collide. The function itself may
	// be 64 long (Lambda API reference, CreateFunction).
	lambdaFunction = nameRule{
		what: "a Lambda function's target group", min: 1, max: 32 - 1 - 10,
		characters: lower, want: lowerWant,
	}

	// ec2Group: the target group is NAME- and the last 31-len(NAME)
	// characters of a ULID (builtin/aws/ec2/platform.go), so a name shorter
	// than 5 asks for more than there are, and one of 31 ends with a hyphen,
	// which ELB refuses.
	ec2Group = nameRule{
		what: "an EC2 target group", min: 31 - ulidChars, max: 30,
		characters: lower, want: lowerWant,
	}

	// cloudRunService: Cloud Run documentation, "Services": fewer than 50
	// characters. The service is named NAME (builtin/google/cloudrun).
	cloudRunService = nameRule{
		what: "a Cloud Run service", min: 1, max: 49,
		characters: lower, want: lowerWant,
	}

	// kubernetesService: the Service is named NAME and a Service's name is an
	// RFC 1035 label; the label app=NAME-vN is at most 63 characters
	// (Kubernetes, "Object Names and IDs", "Labels"), where N may reach 9999.
	kubernetesService = nameRule{
		what: "a Kubernetes Service", min: 1, max: 63 - len("-v9999"),
		characters: lower, want: lowerWant,
	}

	// dnsLabel: RFC 1123 label, as Kubernetes takes for a namespace.
	dnsLabel = nameRule{
		what: "a DNS label (RFC 1123)", min: 1, max: 63,
		characters: regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`),
		want:       "lower-case letters, digits and hyphens, not starting or ending with a hyphen",
	}

	// ecrRepository: ECR API reference, CreateRepository.
	ecrRepository = nameRule{
		what: "an ECR repository", min: 2, max: 256,
		characters: regexp.MustCompile(`^([a-z0-9]+([._-][a-z0-9]+)*/)*[a-z0-9]+([._-][a-z0-9]+)*$`),
		want:       "lower-case letters and digits, with single . _ - or / between them",
	}

	// loadBalancer: ELB API reference, CreateLoadBalancer.
	loadBalancer = nameRule{
		what: "a load balancer", min: 1, max: 32,
		characters: regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$`),
		want:       "letters, digits and hyphens, not starting or ending with a hyphen",
		also: func(s string) string {
			if strings.HasPrefix(s, "internal-") {
				return `must not start with "internal-", which AWS keeps for itself`
			}
			return ""
		},
	}

	// s3Bucket: Amazon S3 user guide, "General purpose bucket naming rules".
	// Dots are allowed there, but not here: CloudFront reaches the bucket by
	// TLS, whose wildcard certificate covers one label.
	s3Bucket = nameRule{
		what: "an S3 bucket", min: 3, max: 63,
		characters: regexp.MustCompile(`^[a-z0-9][a-z0-9-]*[a-z0-9]$`),
		want:       "lower-case letters, digits and hyphens, not starting or ending with a hyphen",
		also: func(s string) string {
			for _, p := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
				if strings.HasPrefix(s, p) {
					return fmt.Sprintf("must not start with %q, which S3 keeps for itself", p)
				}
			}
			for _, p := range []string{"-s3alias", "--ol-s3", "--x-s3", "--table-s3"} {
				if strings.HasSuffix(s, p) {
					return fmt.Sprintf("must not end with %q, which S3 keeps for itself", p)
				}
			}
			return ""
		},
	}

	// gcsBucket: Cloud Storage documentation, "About Cloud Storage buckets",
	// bucket name requirements. A name with dots is 222 characters at most,
	// each part 63.
	gcsBucket = nameRule{
		what: "a Cloud Storage bucket", min: 3, max: 222,
		characters: regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]*[a-z0-9]$`),
		want:       "lower-case letters, digits, -, _ and ., starting and ending with a letter or digit",
		also: func(s string) string {
			for _, part := range strings.Split(s, ".") {
				if part == "" || len(part) > 63 {
					return "must have 1 to 63 characters between dots, for a Cloud Storage bucket"
				}
			}
			if strings.HasPrefix(s, "goog") || strings.Contains(s, "google") || strings.Contains(s, "g00gle") {
				return `must not start with "goog" or contain "google", which Cloud Storage refuses`
			}
			if _, err := netip.ParseAddr(s); err == nil {
				return "must not be an IP address"
			}
			return ""
		},
	}
)

// CheckProjectName returns an error when the server would refuse the name of a
// project: 1 to 63 letters, digits, _ and -, of which the first is a letter or digit.
func CheckProjectName(name string) error {
	if problem := plainName.check(name); problem != "" {
		return &Error{Field: "project", Value: fmt.Sprintf("%q", name), Problem: problem}
	}
	return nil
}
