package server

import (
	"fmt"
	"maps"
	"net"
	"strconv"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Ports on which the server's parts listen inside their containers.
const (
	portAPI    = 9701
	portUI     = 9702
	portSource = 9703
)

// Args are the arguments of a Server.
type Args struct {
	// Endpoint is the Docker daemon to run on, as the caller reaches it.
	Endpoint pilot.EndpointArgs
	// Prefix begins the name of every object, such as pilot-local.
	Prefix string
	// Labels are put on every object.
	Labels map[string]string
	// Network is the name of the Docker network to join.
	Network pulumi.StringInput
	// Authority signs the server's certificates, and is the only one that
	// clients trust.
	Authority *pilot.CertificateAuthority
	// Image says what to run.
	Image Image
	// PublicHost is the name or address under which people reach the server;
	// it is put into the certificates.
	PublicHost pulumi.StringInput
	// BindAddress is the address of the machine on which the ports are
	// published: 127.0.0.1 keeps them on the machine.
	BindAddress string
	// Ports are published on BindAddress.
	Ports Ports
	// Runners says how many there are and how they reach Docker.
	Runners Runners
}

// Ports are the published ports.
type Ports struct {
	// API, UI and Source are the server's API, its web interface and the
	// source receiver.
	API, UI, Source int
}

// Runners describes the runners.
type Runners struct {
	// Count is how many there are, at least 1.
	Count int
	// DockerHost is the endpoint as a runner reaches it, such as
	// tcp://pilot-local-gateway:2376.
	DockerHost pulumi.StringInput
	// DockerCA, Cert and Key are the PEM of the endpoint's authority and of the
	// runners' own client certificate.
	DockerCA, Cert, Key pulumi.StringInput
	// Identity, where set, has deploys use the identity of the machine.
	Identity *Identity
}

// Identity is how deploys use the identity of a cloud's machine. The metadata
// service refuses containers with a network of their own, apps among them, so
// runners with an identity are on the machine's.
type Identity struct {
	// Variables are environment variables of the runners.
	Variables map[string]string
	// Files are the runners' files, by their names below /etc/pilot.
	Files map[string]pulumi.StringInput
	// Agent is the command of our agent that hands the identity out on the
	// machine's loopback, without the agent's name; nil where none is needed.
	Agent []pulumi.StringInput
	// AgentPort is the port that Agent listens on.
	AgentPort int
}

// Server is a running Pilot server.
type Server struct {
	pulumi.ResourceState
	// Address is host:port of the API.
	Address pulumi.StringOutput
	// UI is the web interface's URL.
	UI pulumi.StringOutput
	// Advertised is host:port of the API as runners and apps know it.
	Advertised pulumi.StringOutput
	// Source is the source receiver's URL, RunnerSource the same as the
	// runners reach it.
	Source, RunnerSource pulumi.StringOutput
	// Token is the first token, a secret with all rights.
	Token pulumi.StringOutput
}

// New registers a server and what belongs to it.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Server, error) {
	s := &Server{}
	if err := ctx.RegisterComponentResource("pilot:server:Server", name, s, opts...); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: name, args: args, under: pulumi.Parent(s)}
	if err := b.image(); err != nil {
		return nil, err
	}
	if err := b.server(); err != nil {
		return nil, err
	}
	if err := b.source(); err != nil {
		return nil, err
	}
	if err := b.identity(); err != nil {
		return nil, err
	}
	for i := range args.Runners.Count {
		if err := b.runner(i + 1); err != nil {
			return nil, err
		}
	}
	at := func(form string, port int) pulumi.StringOutput {
		return pulumi.Sprintf(form, args.PublicHost, port)
	}
	s.Address = b.address
	s.UI = at("https://%s:%d", args.Ports.UI)
	s.Source = at("https://%s:%d", args.Ports.Source)
	s.RunnerSource = pulumi.Sprintf("https://%s:%d", b.containerName("source"), portSource)
	if args.Runners.Identity != nil {
		s.RunnerSource = pulumi.Sprintf("https://%s", loopback(args.Ports.Source))
	}
	s.Advertised = pulumi.String(b.advertised()).ToStringOutput()
	s.Token = b.token
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{
		"address": s.Address, "ui": s.UI, "source": s.Source, "runnerSource": s.RunnerSource, "token": s.Token,
	})
}

// builder makes a server's parts one after the other; each uses what the ones
// before it left behind.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  *Args
	under pulumi.ResourceOption

	imageRef  pulumi.StringOutput
	agentRef  pulumi.StringOutput
	address   pulumi.StringOutput
	token     pulumi.StringOutput
	container *pilot.Container
}

// advertised is the server's address on the Docker network.
func (b *builder) advertised() string {
	return net.JoinHostPort(b.containerName("server"), strconv.Itoa(portAPI))
}

func (b *builder) containerName(role string) string { return b.args.Prefix + "-" + role }

func (b *builder) labels(role string) pulumi.StringMap {
	all := maps.Clone(b.args.Labels)
	if all == nil {
		all = map[string]string{}
	}
	all["io.pilot.role"] = role
	return pulumi.ToStringMap(all)
}

func (b *builder) volume(role string) (*pilot.Volume, error) {
	return pilot.NewVolume(b.ctx, b.name+"-"+role+"-data", &pilot.VolumeArgs{
		Endpoint: b.args.Endpoint,
		Name:     pulumi.String(b.containerName(role)),
		Labels:   b.labels(role),
	}, b.under)
}

// certificate issues a server certificate that is good for the container's own
// name, for people, and for its health check.
func (b *builder) certificate(role string) (*pilot.Certificate, error) {
	dns, ips := hostNames(b.args.PublicHost)
	return pilot.NewCertificate(b.ctx, b.name+"-"+role+"-certificate", &pilot.CertificateArgs{
		CACert:      b.args.Authority.CertPEM,
		CAKey:       b.args.Authority.KeyPEM,
		CommonName:  pulumi.String(b.containerName(role)),
		Role:        pulumi.String("server"),
		Server:      pulumi.Bool(true),
		DNSNames:    prepend(dns, b.containerName(role), "localhost"),
		IPAddresses: ips,
	}, b.under)
}

// hostNames sorts a host into the two kinds of certificate names, next to the
// loopback address that health checks use.
func hostNames(host pulumi.StringInput) (dns, ips pulumi.StringArrayOutput) {
	dns = host.ToStringOutput().ApplyT(infra.Guard(func(h string) []string {
		if net.ParseIP(h) == nil && h != "localhost" {
			return []string{h}
		}
		return nil
	})).(pulumi.StringArrayOutput)
	ips = host.ToStringOutput().ApplyT(infra.Guard(func(h string) []string {
		list := []string{"127.0.0.1"}
		if ip := net.ParseIP(h); ip != nil && h != list[0] {
			list = append(list, h)
		}
		return list
	})).(pulumi.StringArrayOutput)
	return dns, ips
}

func prepend(rest pulumi.StringArrayOutput, first ...string) pulumi.StringArrayOutput {
	return rest.ApplyT(infra.Guard(func(r []string) []string { return append(first[:len(first):len(first)], r...) })).(pulumi.StringArrayOutput)
}

func (b *builder) publish(container, host int) []pilot.PortArgs {
	return []pilot.PortArgs{{
		Container: pulumi.Int(container), Host: pulumi.Int(host), HostIP: pulumi.String(b.args.BindAddress),
	}}
}

// start registers a container with what all of them have in common: no
// capabilities, no new privileges, a health check that creation waits for.
func (b *builder) start(role string, c *pilot.ContainerArgs, command, health []string, opts ...pulumi.ResourceOption) (*pilot.Container, error) {
	c.Endpoint = b.args.Endpoint
	c.Name = pulumi.String(b.containerName(role))
	c.Image = b.imageRef
	c.Labels = b.labels(role)
	if c.Networks == nil {
		c.Networks = []pilot.AttachmentArgs{{Name: b.args.Network}}
	}
	c.CapDrop = pulumi.ToStringArray([]string{"ALL"})
	c.SecurityOpt = pulumi.ToStringArray([]string{"no-new-privileges"})
	if command != nil {
		c.Command = pulumi.ToStringArray(command)
	}
	test := append([]string{agent, "healthcheck"}, health...)
	if b.args.Image.stock() {
		test = b.bare(role, c, command, test)
	}
	c.WaitHealthy = pulumi.Bool(true)
	c.Healthcheck = &pilot.HealthcheckArgs{
		Test:     pulumi.ToStringArray(test),
		Interval: pulumi.String("5s"), Timeout: pulumi.String("5s"), StartPeriod: pulumi.String("2s"), Retries: pulumi.Int(6),
	}
	return pilot.NewContainer(b.ctx, b.name+"-"+role, c, append(opts, b.under)...)
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func runnerName(i int) string { return fmt.Sprintf("runner-%d", i) }
