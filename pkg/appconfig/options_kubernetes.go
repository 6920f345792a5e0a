package appconfig

import (
	"regexp"
	"strconv"
)

// KubernetesDeploy runs the app as a Deployment of a Kubernetes cluster.
type KubernetesDeploy struct {
	// Namespace is where it runs. Default "default".
	Namespace string `hcl:"namespace,optional"`
	// Context and Kubeconfig say which cluster. Default: the one that the
	// runner runs in.
	Context    string `hcl:"context,optional"`
	Kubeconfig string `hcl:"kubeconfig,optional"`
	// Replicas is the number of pods. Default 1.
	Replicas int `hcl:"replicas,optional"`
	// ServicePort is the TCP port that the app listens on, told to it as
	// PORT. Default 3000.
	ServicePort int `hcl:"service_port,optional"`
	// ProbePath is requested to see whether the app is up. Default: a TCP
	// connection is enough.
	ProbePath string `hcl:"probe_path,optional"`
	// ImageSecret is the Secret to pull the image with.
	ImageSecret string `hcl:"image_secret,optional"`
	// ServiceAccount is the account that the pods run as.
	ServiceAccount string `hcl:"service_account,optional"`
	// Labels and Annotations are put on the pods.
	Labels      map[string]string `hcl:"labels,optional"`
	Annotations map[string]string `hcl:"annotations,optional"`
	// StaticEnvironment is the app's environment.
	StaticEnvironment map[string]string `hcl:"static_environment,optional"`
	// CPU and Memory are what one pod asks for and may use.
	CPU    *KubernetesResource `hcl:"cpu,block"`
	Memory *KubernetesResource `hcl:"memory,block"`
	// Autoscale sets the number of pods by their load.
	Autoscale *KubernetesAutoscale `hcl:"autoscale,block"`
}

// KubernetesResource is a Kubernetes quantity: 250m or 2 for CPU, 128Mi for
// memory.
type KubernetesResource struct {
	Request string `hcl:"request,optional"`
	Limit   string `hcl:"limit,optional"`
}

// KubernetesAutoscale sets the number of pods by their load.
type KubernetesAutoscale struct {
	MinReplicas int `hcl:"min_replicas,optional"`
	MaxReplicas int `hcl:"max_replicas,optional"`
	// CPUPercent is the load of the pods' CPU request to aim at.
	CPUPercent int `hcl:"cpu_percent,optional"`
}

var probePath = regexp.MustCompile(`^/`)

// quantity is the grammar of a Kubernetes resource.Quantity, unsigned.
var quantity = regexp.MustCompile(`^([0-9]+(\.[0-9]*)?|\.[0-9]+)(m|[kMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$`)

func (o *KubernetesDeploy) check(c *checker) {
	c.namespace(o.Namespace)
	c.between("replicas", o.Replicas, 1, 1<<31-1, "")
	c.port("service_port", o.ServicePort)
	c.matches("probe_path", o.ProbePath, probePath, "a path that starts with /")
	c.env("static_environment", o.StaticEnvironment)
	for _, r := range []struct {
		field string
		res   *KubernetesResource
	}{{"cpu", o.CPU}, {"memory", o.Memory}} {
		if r.res != nil {
			c.matches(r.field+".request", r.res.Request, quantity, "a quantity such as 250m or 128Mi")
			c.matches(r.field+".limit", r.res.Limit, quantity, "a quantity such as 250m or 128Mi")
		}
	}
	if a := o.Autoscale; a != nil {
		c.between("autoscale.min_replicas", a.MinReplicas, 1, 1<<31-1, "")
		c.between("autoscale.max_replicas", a.MaxReplicas, max(1, a.MinReplicas), 1<<31-1, ", and at least min_replicas")
		c.between("autoscale.cpu_percent", a.CPUPercent, 1, 1<<31-1, "")
	}
}

// KubernetesRelease makes a Service for the newest Deployment.
type KubernetesRelease struct {
	// LoadBalancer asks the cluster for a public address.
	LoadBalancer bool `hcl:"load_balancer,optional"`
	// Port is the Service's port. Default 80 with LoadBalancer.
	Port int `hcl:"port,optional"`
	// NodePort opens this port, 30000 to 32767 unless the cluster says
	// otherwise, on each node; not with LoadBalancer.
	NodePort int `hcl:"node_port,optional"`
	// Namespace must be the deployment's.
	Namespace string `hcl:"namespace,optional"`
	// Context and Kubeconfig are as in [KubernetesDeploy].
	Context    string `hcl:"context,optional"`
	Kubeconfig string `hcl:"kubeconfig,optional"`
	// Annotations are put on the Service.
	Annotations map[string]string `hcl:"annotations,optional"`
}

func (o *KubernetesRelease) check(c *checker) {
	c.port("port", o.Port)
	c.port("node_port", o.NodePort)
	if o.LoadBalancer && o.NodePort != 0 {
		c.add("node_port", strconv.Itoa(o.NodePort), "can't be combined with load_balancer")
	}
	c.namespace(o.Namespace)
}

func (c *checker) namespace(name string) {
	if name == "" || c.dynamic("namespace") {
		return
	}
	if problem := dnsLabel.check(name); problem != "" {
		c.add("namespace", strconv.Quote(name), "%s", problem)
	}
}
