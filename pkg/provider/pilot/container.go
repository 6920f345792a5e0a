package pilot

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// ContainerInputs are the arguments of a Container.
type ContainerInputs struct {
	Endpoint Endpoint `pulumi:"endpoint"`
	// Name is the container's name on the daemon; no other container may have it.
	Name string `pulumi:"name"`
	// Image is an image's ID (sha256:...) or its name and tag.
	Image string `pulumi:"image"`
	// Entrypoint and Command override the image's own.
	Entrypoint []string `pulumi:"entrypoint,optional"`
	Command    []string `pulumi:"command,optional"`
	// Env is the environment. It can't hold secrets: they are Files.
	Env map[string]string `pulumi:"env,optional"`
	// Labels are kept with the container.
	Labels map[string]string `pulumi:"labels,optional"`
	// User is the name or number (with group: "10001:10001") to run as.
	User string `pulumi:"user,optional"`
	// Networks are the networks to join; without any it is Docker's default bridge.
	Networks []Attachment `pulumi:"networks,optional"`
	// Mounts are volumes and the Docker socket.
	Mounts []Mount `pulumi:"mounts,optional"`
	// Ports are published on the host.
	Ports []Port `pulumi:"ports,optional"`
	// Files are copied in before the start.
	Files []File `pulumi:"files,optional"`
	// Restart is no, on-failure, always or unless-stopped, the default.
	Restart string `pulumi:"restart,optional"`
	// Healthcheck overrides the image's own.
	Healthcheck *Healthcheck `pulumi:"healthcheck,optional"`
	// ReadOnlyRootfs makes everything but mounts, tmpfs and the folders of Files read-only.
	ReadOnlyRootfs bool `pulumi:"readOnlyRootfs,optional"`
	// CapDrop and CapAdd are Linux capabilities, such as ALL or NET_BIND_SERVICE.
	CapDrop []string `pulumi:"capDrop,optional"`
	CapAdd  []string `pulumi:"capAdd,optional"`
	// SecurityOpt are options such as no-new-privileges.
	SecurityOpt []string `pulumi:"securityOpt,optional"`
	// Tmpfs are file systems in memory: path to mount options.
	Tmpfs map[string]string `pulumi:"tmpfs,optional"`
	// ExtraHosts are lines for /etc/hosts: "name:address".
	ExtraHosts []string `pulumi:"extraHosts,optional"`
	// WaitHealthy makes creation wait until the health check passes.
	WaitHealthy bool `pulumi:"waitHealthy,optional"`
	// StartTimeout bounds that wait; a duration, 2m by default.
	StartTimeout string `pulumi:"startTimeout,optional"`
	// StopTimeout is how long a stop waits before it kills; a duration of
	// whole seconds, 10s by default.
	StopTimeout string `pulumi:"stopTimeout,optional"`
}

// Attachment joins a container to a network.
type Attachment struct {
	// Name is the network's name or ID.
	Name string `pulumi:"name"`
	// Aliases are further names of the container on that network.
	Aliases []string `pulumi:"aliases,optional"`
}

// Mount puts a volume, or the Docker socket, into a container.
type Mount struct {
	// Type is volume, the default, or bind, which is for the Docker socket only.
	Type string `pulumi:"type,optional"`
	// Source is a volume's name or the socket's path; Target is the path in the container.
	Source string `pulumi:"source"`
	Target string `pulumi:"target"`
	// ReadOnly makes it so.
	ReadOnly bool `pulumi:"readOnly,optional"`
}

// Port publishes a port of a container on the host.
type Port struct {
	// Container and Host are the port numbers, 1 to 65535.
	Container int `pulumi:"container"`
	Host      int `pulumi:"host"`
	// HostIP is the address to listen on; the default is 127.0.0.1.
	HostIP string `pulumi:"hostIP,optional"`
	// Protocol is tcp, the default, or udp.
	Protocol string `pulumi:"protocol,optional"`
}

// File is a file that is copied into a container.
type File struct {
	// Path is absolute.
	Path string `pulumi:"path"`
	// Content is the file's text; it is a secret.
	Content string `pulumi:"content" provider:"secret"`
	// Mode is octal; the default is 0400.
	Mode string `pulumi:"mode,optional"`
	// UID and GID are the owner's numbers.
	UID int `pulumi:"uid,optional"`
	GID int `pulumi:"gid,optional"`
	// Live says that the program notices a change of this file by itself, so
	// new content is copied into the running container. Otherwise new content
	// replaces the container.
	Live bool `pulumi:"live,optional"`
	// Watched, for a live file, says that the program watches the file itself
	// (inotify), so that new content is written into it. Otherwise a new file
	// takes its place. The image must hold pilot-agent.
	Watched bool `pulumi:"watched,optional"`
}

// Healthcheck is how Docker finds out whether a container is well.
type Healthcheck struct {
	// Test is the command and its arguments, run without a shell.
	Test []string `pulumi:"test"`
	// Interval, Timeout and StartPeriod are durations; the defaults are 10s, 5s and 0s.
	Interval    string `pulumi:"interval,optional"`
	Timeout     string `pulumi:"timeout,optional"`
	StartPeriod string `pulumi:"startPeriod,optional"`
	// Retries is how many failures in a row make it unhealthy; 3 by default.
	Retries int `pulumi:"retries,optional"`
}

// ContainerArgs is ContainerInputs with inputs. A change of Restart, of the
// waits, of the endpoint's credentials or of a live file's content is made in
// place; any other replaces the container, the old one being removed first.
type ContainerArgs struct {
	Endpoint       EndpointArgs            `pulumi:"endpoint"`
	Name           pulumi.StringInput      `pulumi:"name"`
	Image          pulumi.StringInput      `pulumi:"image"`
	Entrypoint     pulumi.StringArrayInput `pulumi:"entrypoint"`
	Command        pulumi.StringArrayInput `pulumi:"command"`
	Env            pulumi.StringMapInput   `pulumi:"env"`
	Labels         pulumi.StringMapInput   `pulumi:"labels"`
	User           pulumi.StringInput      `pulumi:"user"`
	Networks       []AttachmentArgs        `pulumi:"networks"`
	Mounts         []MountArgs             `pulumi:"mounts"`
	Ports          []PortArgs              `pulumi:"ports"`
	Files          []FileArgs              `pulumi:"files"`
	Restart        pulumi.StringInput      `pulumi:"restart"`
	Healthcheck    *HealthcheckArgs        `pulumi:"healthcheck"`
	ReadOnlyRootfs pulumi.BoolInput        `pulumi:"readOnlyRootfs"`
	CapDrop        pulumi.StringArrayInput `pulumi:"capDrop"`
	CapAdd         pulumi.StringArrayInput `pulumi:"capAdd"`
	SecurityOpt    pulumi.StringArrayInput `pulumi:"securityOpt"`
	Tmpfs          pulumi.StringMapInput   `pulumi:"tmpfs"`
	ExtraHosts     pulumi.StringArrayInput `pulumi:"extraHosts"`
	WaitHealthy    pulumi.BoolInput        `pulumi:"waitHealthy"`
	StartTimeout   pulumi.StringInput      `pulumi:"startTimeout"`
	StopTimeout    pulumi.StringInput      `pulumi:"stopTimeout"`
}

// ElementType is the plain form.
func (ContainerArgs) ElementType() reflect.Type { return elementType[ContainerInputs]() }

// Container is a running container of a Docker daemon.
type Container struct {
	pulumi.CustomResourceState
	// Name is the container's name on the daemon. It is known in a preview.
	Name pulumi.StringOutput `pulumi:"name"`
	// ImageID is the image it was made from.
	ImageID pulumi.StringOutput `pulumi:"imageId"`
	// Addresses are its IP addresses by network name, as of its start.
	Addresses pulumi.StringMapOutput `pulumi:"addresses"`
	// Status is running when all is well; see the provider's ContainerState.
	Status pulumi.StringOutput `pulumi:"status"`
}

// NewContainer registers a container.
func NewContainer(ctx *pulumi.Context, name string, args *ContainerArgs, opts ...pulumi.ResourceOption) (*Container, error) {
	res := &Container{}
	if err := register(ctx, TypeContainer, name, args, res, opts); err != nil {
		return nil, err
	}
	return res, nil
}
