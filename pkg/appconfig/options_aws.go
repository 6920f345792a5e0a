package appconfig

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ECRRegistry pushes the image to Elastic Container Registry.
type ECRRegistry struct {
	// Region is the registry's AWS region. Default: the runner's.
	Region string `hcl:"region,optional"`
	// Repository is the repository's name: 2 to 256 characters, lower-case
	// letters, digits, and . _ - / between them (ECR API reference,
	// CreateRepository). Default waypoint-NAME.
	Repository string `hcl:"repository,optional"`
	// Tag is the image's tag; see [DockerRegistry.Tag].
	Tag string `hcl:"tag"`
}

func (o *ECRRegistry) check(c *checker) {
	c.matches("region", o.Region, awsRegion, "an AWS region such as eu-west-1")
	if !c.dynamic("repository") && o.Repository != "" {
		if problem := ecrRepository.check(o.Repository); problem != "" {
			c.add("repository", strconv.Quote(o.Repository), "%s", problem)
		}
	}
	c.imageTag("tag", o.Tag)
}

// AMIBuild finds a machine image to run on aws-ec2. It builds nothing.
type AMIBuild struct {
	// Region is the AWS region to search in.
	Region string `hcl:"region"`
	// Owners are account ids or aliases ("self", "amazon") whose images are
	// considered. Without it anybody's image of that name may be taken.
	Owners []string `hcl:"owners,optional"`
	// Name is the image's name; * and ? are wildcards. The newest is taken.
	Name string `hcl:"name,optional"`
	// Filters are those of the EC2 call DescribeImages.
	Filters map[string][]string `hcl:"filters,optional"`
}

func (o *AMIBuild) check(c *checker) {
	c.awsRegion("region", o.Region)
	if o.Name == "" && len(o.Filters) == 0 && !c.dynamic("name") && !c.dynamic("filters") {
		c.add("name", "", "must be set, or filters: the image to run")
	}
}

// fargateCPU is what Waypoint v0.11.4 accepts on Fargate: memory in MiB to CPU
// units (builtin/aws/ecs/platform.go, fargateResources). Fargate has larger
// sizes, which this plugin refuses.
var fargateCPU = map[int][]int{
	512:  {256},
	1024: {256, 512},
	2048: {256, 512, 1024},
	3072: {512, 1024},
	4096: {512, 1024},
	5120: {1024},
	6144: {1024},
	7168: {1024},
	8192: {1024},
}

// ECSDeploy runs the app as a service of Elastic Container Service, on Fargate
// unless EC2Cluster is set, behind a load balancer.
type ECSDeploy struct {
	// Region is the AWS region.
	Region string `hcl:"region"`
	// Memory in MiB. Fargate: 512, or 1024 to 8192 in steps of 1024, except
	// that the pairing with CPU is fixed (see the Fargate task sizes).
	Memory int `hcl:"memory"`
	// CPU in units of 1/1024 of a CPU. Default: the least for the memory.
	CPU int `hcl:"cpu,optional"`
	// MemoryReservation is a soft limit in MiB, 4 to Memory.
	MemoryReservation int `hcl:"memory_reservation,optional"`
	// Count is the number of tasks. Default 1.
	Count int `hcl:"count,optional"`
	// ServicePort is the TCP port that the app listens on, told to it as
	// PORT. Default 3000.
	ServicePort int `hcl:"service_port,optional"`
	// Cluster is the cluster, made when missing. Default "waypoint".
	Cluster string `hcl:"cluster,optional"`
	// Subnets are the subnets of the tasks, in at least two zones when there
	// is a load balancer. Default: the default VPC's.
	Subnets []string `hcl:"subnets,optional"`
	// SecurityGroupIDs replace the security group that the plugin makes.
	SecurityGroupIDs []string `hcl:"security_group_ids,optional"`
	// AssignPublicIP gives tasks a public address, without which they need
	// another way to reach the registry. Default true.
	AssignPublicIP *bool `hcl:"assign_public_ip,optional"`
	// Architecture is x86_64 or arm64. Default x86_64.
	Architecture string `hcl:"architecture,optional"`
	// ExecutionRoleName, TaskRoleName and TaskRolePolicyARNs set the IAM
	// roles; role names are at most 64 characters (IAM). Default: made by
	// the plugin, ecr-NAME.
	ExecutionRoleName  string   `hcl:"execution_role_name,optional"`
	TaskRoleName       string   `hcl:"task_role_name,optional"`
	TaskRolePolicyARNs []string `hcl:"task_role_policy_arns,optional"`
	// LogGroup is the CloudWatch log group. Default "waypoint-logs".
	LogGroup string `hcl:"log_group,optional"`
	// EC2Cluster runs on the cluster's own machines instead of Fargate.
	EC2Cluster bool `hcl:"ec2_cluster,optional"`
	// DisableALB makes no load balancer.
	DisableALB bool `hcl:"disable_alb,optional"`
	// StaticEnvironment is the app's environment.
	StaticEnvironment map[string]string `hcl:"static_environment,optional"`
	// Secrets are environment names to the ARN of a Secrets Manager secret
	// or an SSM parameter.
	Secrets map[string]string `hcl:"secrets,optional"`
	// ALB sets up the load balancer.
	ALB *ECSLoadBalancer `hcl:"alb,block"`
}

// ECSLoadBalancer sets up the load balancer of an ECS app.
type ECSLoadBalancer struct {
	// Certificate is the ARN of an ACM certificate; it turns HTTPS on.
	Certificate string `hcl:"certificate,optional"`
	// ZoneID and DomainName make a Route 53 record; both or none.
	ZoneID     string `hcl:"zone_id,optional"`
	DomainName string `hcl:"domain_name,optional"`
	// IngressPort is the listener's port. Default 443 with a certificate,
	// else 80.
	IngressPort int `hcl:"ingress_port,optional"`
	// Internal keeps the load balancer off the internet.
	Internal *bool `hcl:"internal,optional"`
	// LoadBalancerARN uses an existing load balancer; nothing else but
	// Certificate, IngressPort and Subnets may be set with it.
	LoadBalancerARN string `hcl:"load_balancer_arn,optional"`
	// Subnets are the load balancer's. Default: those of the service.
	Subnets []string `hcl:"subnets,optional"`
	// SecurityGroupIDs replace the security group that the plugin makes.
	SecurityGroupIDs []string `hcl:"security_group_ids,optional"`
}

func (o *ECSDeploy) check(c *checker) {
	c.awsRegion("region", o.Region)
	c.memory(o)
	c.between("memory_reservation", o.MemoryReservation, 4, max(4, o.Memory), " MiB, and at most memory")
	// 5,000 tasks is the most that one service may have (ECS service quotas).
	c.between("count", o.Count, 1, 5000, "")
	c.port("service_port", o.ServicePort)
	c.oneOf("architecture", strings.ToUpper(o.Architecture), "X86_64", "ARM64")
	c.env("static_environment", o.StaticEnvironment)
	c.env("secrets", o.Secrets)
	for field, role := range map[string]string{"execution_role_name": o.ExecutionRoleName, "task_role_name": o.TaskRoleName} {
		if len(role) > 64 {
			c.add(field, strconv.Quote(role), "must be at most 64 characters")
		}
	}
	if a := o.ALB; a != nil {
		a.check(c)
	}
}

func (a *ECSLoadBalancer) check(c *checker) {
	c.port("alb.ingress_port", a.IngressPort)
	if (a.ZoneID == "") != (a.DomainName == "") && !c.dynamic("alb.zone_id") && !c.dynamic("alb.domain_name") {
		c.add("alb.zone_id", strconv.Quote(a.ZoneID), "zone_id and domain_name go together: set both or none")
	}
	if a.LoadBalancerARN != "" && (a.ZoneID != "" || a.DomainName != "" || a.Internal != nil || len(a.SecurityGroupIDs) > 0) {
		c.add("alb.load_balancer_arn", strconv.Quote(a.LoadBalancerARN),
			"can't be combined with zone_id, domain_name, internal or security_group_ids")
	}
}

// memory holds to the task sizes of Fargate.
func (c *checker) memory(o *ECSDeploy) {
	if c.dynamic("memory") {
		return
	}
	if o.EC2Cluster || c.dynamic("ec2_cluster") {
		if o.Memory < 4 {
			c.add("memory", strconv.Itoa(o.Memory), "must be at least 4 MiB")
		}
		return
	}
	cpus, ok := fargateCPU[o.Memory]
	if !ok {
		c.add("memory", strconv.Itoa(o.Memory), "must be one of %s MiB on Fargate", numbers(slices.Sorted(maps.Keys(fargateCPU))))
		return
	}
	if o.CPU != 0 && !slices.Contains(cpus, o.CPU) && !c.dynamic("cpu") {
		c.add("cpu", strconv.Itoa(o.CPU), "must be one of %s with %d MiB of memory on Fargate", numbers(cpus), o.Memory)
	}
}
