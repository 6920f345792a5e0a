package appconfig

import "strconv"

// EC2Deploy runs a machine image in an auto-scaling group.
type EC2Deploy struct {
	// Region is the AWS region.
	Region string `hcl:"region"`
	// InstanceType is the machine's, such as t3.small.
	InstanceType string `hcl:"instance_type"`
	// ServicePort is the TCP port that the app listens on.
	ServicePort int `hcl:"service_port"`
	// ExtraPorts are opened besides.
	ExtraPorts []int `hcl:"extra_ports,optional"`
	// Key is the name of an SSH key pair. Default: none.
	Key string `hcl:"key,optional"`
	// SecurityGroups replace the one that the plugin makes.
	SecurityGroups []string `hcl:"security_groups,optional"`
	// Subnet is the subnet of the machines. Default: one of the default VPC.
	Subnet string `hcl:"subnet,optional"`
	// Count is the size of the group. Default 1.
	Count *EC2Count `hcl:"count,block"`
}

// EC2Count is the size of an auto-scaling group: Min <= Desired <= Max.
type EC2Count struct {
	Desired int `hcl:"desired,optional"`
	Min     int `hcl:"min,optional"`
	Max     int `hcl:"max,optional"`
}

func (o *EC2Deploy) check(c *checker) {
	c.awsRegion("region", o.Region)
	c.required("instance_type", o.InstanceType, "a machine type such as t3.small")
	if !c.dynamic("service_port") && (o.ServicePort < 1 || o.ServicePort > 65535) {
		c.add("service_port", strconv.Itoa(o.ServicePort), "must be 1 to 65535")
	}
	for _, p := range o.ExtraPorts {
		if p < 1 || p > 65535 {
			c.add("extra_ports", strconv.Itoa(p), "must be 1 to 65535")
		}
	}
	if n := o.Count; n != nil && !c.dynamic("count.desired") && !c.dynamic("count.min") && !c.dynamic("count.max") {
		if n.Min < 0 || n.Min > n.Desired || n.Desired > n.Max {
			c.add("count", strconv.Itoa(n.Desired), "must be min <= desired <= max, with min %d and max %d", n.Min, n.Max)
		}
	}
}

// ALBRelease points an application load balancer at the newest deployment of
// aws-ec2 or aws-lambda.
type ALBRelease struct {
	// Name is the load balancer's: at most 32 letters, digits and hyphens
	// (ELB API reference, CreateLoadBalancer). Default waypoint-NAME.
	Name string `hcl:"name,optional"`
	// Port is the listener's. Default 443 with a certificate, else 80.
	Port int `hcl:"port,optional"`
	// Subnets are at least two, in different zones. Default: the default
	// VPC's.
	Subnets []string `hcl:"subnets,optional"`
	// Certificate is the ARN of an ACM certificate; it turns HTTPS on.
	Certificate string `hcl:"certificate,optional"`
	// ZoneID and DomainName make a Route 53 record.
	ZoneID     string `hcl:"zone_id,optional"`
	DomainName string `hcl:"domain_name,optional"`
	// ListenerARN uses an existing listener.
	ListenerARN string `hcl:"listener_arn,optional"`
	// SecurityGroupIDs replace the one that the plugin makes.
	SecurityGroupIDs []string `hcl:"security_group_ids,optional"`
}

func (o *ALBRelease) check(c *checker) {
	if o.Name != "" && !c.dynamic("name") {
		if problem := loadBalancer.check(o.Name); problem != "" {
			c.add("name", strconv.Quote(o.Name), "%s", problem)
		}
	}
	c.port("port", o.Port)
	if len(o.Subnets) == 1 {
		c.add("subnets", strconv.Quote(o.Subnets[0]), "must be at least two, in different zones")
	}
}

// LambdaDeploy runs a container image as a function.
type LambdaDeploy struct {
	// Region is the AWS region.
	Region string `hcl:"region"`
	// Memory in MiB, 128 to 10240 (Lambda API reference, CreateFunction).
	// Default 256.
	Memory int `hcl:"memory,optional"`
	// Timeout in seconds, 1 to 900 (Lambda API reference). Default 60.
	Timeout int `hcl:"timeout,optional"`
	// StorageMB is the size of /tmp in MiB, 512 to 10240. Default 512.
	StorageMB int `hcl:"storagemb,optional"`
	// Architecture is x86_64 or arm64. Default x86_64.
	Architecture string `hcl:"architecture,optional"`
	// IAMRole is the ARN of the role. Default: made, lambda-NAME.
	IAMRole string `hcl:"iam_role,optional"`
	// StaticEnvironment is the function's environment.
	StaticEnvironment map[string]string `hcl:"static_environment,optional"`
}

func (o *LambdaDeploy) check(c *checker) {
	c.awsRegion("region", o.Region)
	c.between("memory", o.Memory, 128, 10240, " MiB")
	c.between("timeout", o.Timeout, 1, 900, " seconds")
	c.between("storagemb", o.StorageMB, 512, 10240, " MiB")
	c.oneOf("architecture", o.Architecture, "x86_64", "arm64")
	c.env("static_environment", o.StaticEnvironment)
}

// FunctionURLRelease gives a function an https address of its own.
type FunctionURLRelease struct {
	// AuthType is "NONE" (anybody) or "AWS_IAM" (signed requests). Default
	// "NONE".
	AuthType string `hcl:"auth_type,optional"`
	// Principal is who may call it, with AWS_IAM. Default "*".
	Principal string `hcl:"principal,optional"`
}

func (o *FunctionURLRelease) check(c *checker) {
	c.oneOf("auth_type", o.AuthType, "NONE", "AWS_IAM")
	if o.Principal != "" && o.AuthType == "NONE" {
		c.add("principal", strconv.Quote(o.Principal), `needs auth_type "AWS_IAM"`)
	}
}
