package appconfig

import "strconv"

// CloudRunDeploy runs the app as a Cloud Run service.
type CloudRunDeploy struct {
	// Project is the Google Cloud project's id.
	Project string `hcl:"project"`
	// Location is the region, such as europe-west1.
	Location string `hcl:"location"`
	// Port is the TCP port that the app listens on, told to it as PORT.
	// Default 8080.
	Port int `hcl:"port,optional"`
	// Unauthenticated lets anybody call the service. Default true.
	Unauthenticated *bool `hcl:"unauthenticated,optional"`
	// ServiceAccountName is the account that the app runs as. Default: the
	// project's compute account.
	ServiceAccountName string `hcl:"service_account_name,optional"`
	// CloudSQLInstances are connection names: PROJECT:REGION:INSTANCE.
	CloudSQLInstances []string `hcl:"cloudsql_instances,optional"`
	// StaticEnvironment is the app's environment.
	StaticEnvironment map[string]string `hcl:"static_environment,optional"`
	// Capacity is what one instance gets.
	Capacity *CloudRunCapacity `hcl:"capacity,block"`
	// AutoScaling bounds the number of instances.
	AutoScaling *CloudRunScaling `hcl:"auto_scaling,block"`
	// VPCAccess lets the app reach private addresses.
	VPCAccess *CloudRunVPC `hcl:"vpc_access,block"`
}

// CloudRunCapacity is what one instance gets. The ranges are those that
// Waypoint v0.11.4 checks (builtin/google/cloudrun/platform.go); Cloud Run
// itself offers more.
type CloudRunCapacity struct {
	// Memory in MiB: 128 to 4096, or 0 for Cloud Run's default, 512.
	Memory int `hcl:"memory"`
	// CPUCount is 1 or 2, or 0 for the default, 1.
	CPUCount int `hcl:"cpu_count"`
	// MaxRequestsPerContainer is the number of requests that an instance
	// serves at once, at most 1000 (Cloud Run quotas), or 0 for the default.
	MaxRequestsPerContainer int `hcl:"max_requests_per_container"`
	// RequestTimeout in seconds: 1 to 900, or 0 for the default, 300.
	RequestTimeout int `hcl:"request_timeout"`
}

// CloudRunScaling bounds the number of instances.
type CloudRunScaling struct {
	// Max is the most instances, or 0 for Cloud Run's default, 100.
	Max int `hcl:"max"`
}

// CloudRunVPC connects the app to a network.
type CloudRunVPC struct {
	// Connector is the name of a Serverless VPC Access connector.
	Connector string `hcl:"connector,optional"`
	// Egress says what goes through it: "all" or "private-ranges-only". The
	// plugin refuses the block without it.
	Egress string `hcl:"egress"`
}

func (o *CloudRunDeploy) check(c *checker) {
	c.gcpProject("project", o.Project)
	c.gcpRegion("location", o.Location)
	c.port("port", o.Port)
	c.env("static_environment", o.StaticEnvironment)
	if p := o.Capacity; p != nil {
		c.between("capacity.memory", p.Memory, 128, 4096, " MiB")
		c.between("capacity.cpu_count", p.CPUCount, 1, 2, "")
		c.between("capacity.max_requests_per_container", p.MaxRequestsPerContainer, 1, 1000, "")
		c.between("capacity.request_timeout", p.RequestTimeout, 1, 900, " seconds")
	}
	if s := o.AutoScaling; s != nil {
		c.between("auto_scaling.max", s.Max, 1, 1000, " instances")
	}
	if v := o.VPCAccess; v != nil {
		c.required("vpc_access.egress", v.Egress, "all or private-ranges-only")
		c.oneOf("vpc_access.egress", v.Egress, "all", "private-ranges-only")
	}
}

func (c *checker) gcpProject(field, v string) {
	c.required(field, v, "a Google Cloud project id")
	c.matches(field, v, gcpProject, "a Google Cloud project id: 6 to 30 lower-case letters, digits and hyphens, starting with a letter")
}

func (c *checker) gcpRegion(field, v string) {
	c.required(field, v, "a Google Cloud region such as europe-west1")
	c.matches(field, v, gcpRegion, "a Google Cloud region such as europe-west1")
}

// CloudRunRelease sends all traffic to the newest revision.
type CloudRunRelease struct{}

func (o *CloudRunRelease) check(*checker) {}

// CloudCDNDeploy puts a built site into a Cloud Storage bucket.
type CloudCDNDeploy struct {
	// Project is the Google Cloud project's id.
	Project string `hcl:"project"`
	// Region is where the bucket lies, such as europe-west1.
	Region string `hcl:"region"`
	// Bucket is the bucket's name, unique in the world; made when missing. 3
	// to 63 lower-case letters, digits, - and _, or up to 222 with dots
	// (Cloud Storage documentation, bucket names).
	Bucket string `hcl:"bucket"`
	// Directory is the folder to publish, relative to the app's folder.
	// Default: what the build made.
	Directory string `hcl:"directory,optional"`
	// Index is the page of a folder. Default "index.html".
	Index string `hcl:"index,optional"`
	// NotFound is the page for what is not there. Default: Index, as
	// single-page apps want it.
	NotFound string `hcl:"not_found,optional"`
	// Parallel is how many requests run at the same time. Default 32.
	Parallel int `hcl:"parallel,optional"`
	// Endpoint is an API to use instead of Google's, such as an emulator's.
	Endpoint string `hcl:"endpoint,optional"`
}

func (o *CloudCDNDeploy) check(c *checker) {
	c.gcpProject("project", o.Project)
	c.gcpRegion("region", o.Region)
	if !c.dynamic("bucket") {
		if problem := gcsBucket.check(o.Bucket); problem != "" {
			c.add("bucket", strconv.Quote(o.Bucket), "%s", problem)
		}
	}
	c.relative("directory", o.Directory)
	c.relative("index", o.Index)
	c.relative("not_found", o.NotFound)
	c.upload(o.Parallel, o.Endpoint)
}

// CloudCDNRelease serves the newest deployment through an HTTPS load balancer
// with Cloud CDN.
type CloudCDNRelease struct {
	// Domain is the name to serve and to get a certificate for. Its DNS must
	// be pointed at the address that the release prints.
	Domain string `hcl:"domain"`
	// Keep is how many deployments stay in the bucket at most. Default 10.
	Keep int `hcl:"keep,optional"`
}

func (o *CloudCDNRelease) check(c *checker) {
	c.required("domain", o.Domain, "the domain name to serve, such as www.example.com")
	c.matches("domain", o.Domain, domainName, "a domain name such as www.example.com")
	c.keep(o.Keep)
}
