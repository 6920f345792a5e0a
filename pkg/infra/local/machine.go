package local

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// GatewayBuilder is the name under which the provider must know how to write
// the gateway's image (provider.WithImages).
const GatewayBuilder = "gateway"

// GatewayImage says what the gateway runs: our own image, assembled by the
// builder "gateway", or one that is pulled.
type GatewayImage struct {
	// Reference is the image's name and tag.
	Reference string
	// Digest is the content of our own image. Where it is empty, Reference is pulled.
	Digest string
}

// MachineArgs describe the endpoint on this machine.
type MachineArgs struct {
	// Name is the platform's, such as pilot-local; the gateway's container is
	// called GatewayName of it.
	Name string
	// DockerHost is the Engine's own socket, such as unix:///var/run/docker.sock.
	// Only the gateway gets it.
	DockerHost string
	// Network is the Docker network to join.
	Network pulumi.StringInput
	// Identity holds the certificates.
	Identity *Identity
	// Image is what the gateway runs.
	Image GatewayImage
	// Address and Port are where the endpoint is published. Default 127.0.0.1:2376.
	Address pulumi.StringInput
	Port    int
	// Labels go on everything.
	Labels map[string]string
}

// Machine is this machine as the clouds' machines are: a Docker daemon behind
// mutual TLS. A small gateway container takes TLS in and passes it on to the
// Engine's socket.
type Machine struct {
	pulumi.ResourceState

	// Endpoint is the daemon as the operator reaches it.
	Endpoint pilot.EndpointArgs
	// Host, CA, Cert and Key are the endpoint's parts as outputs.
	Host, CA, Cert, Key pulumi.StringOutput
	// RunnerHost is the daemon as containers on the network reach it.
	RunnerHost pulumi.StringOutput
}

const (
	gatewayPort   = 2376
	gatewayFolder = "/etc/pilot"
	gatewayAgent  = "/usr/bin/pilot-agent"
	innerSocket   = "/var/run/docker.sock"
)

// NewMachine starts the gateway and waits until Docker answers through it.
func NewMachine(ctx *pulumi.Context, name string, args *MachineArgs, opts ...pulumi.ResourceOption) (*Machine, error) {
	path, ok := strings.CutPrefix(args.DockerHost, "unix://")
	if !ok || path == "" {
		return nil, fmt.Errorf("machine %s: DockerHost %q: want a socket of this machine, such as unix://%s", name, args.DockerHost, innerSocket)
	}
	m := &Machine{}
	if err := ctx.RegisterComponentResource("pilot:local:Machine", name, m, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(m)
	request := &pilot.ImageArgs{Endpoint: socket(args.DockerHost), Name: pulumi.String(args.Image.Reference)}
	if args.Image.Digest == "" {
		request.Pull = pulumi.Bool(true)
	} else {
		request.Builder, request.Digest = pulumi.String(GatewayBuilder), pulumi.String(args.Image.Digest)
	}
	image, err := pilot.NewImage(ctx, name+"-image", request, parent)
	if err != nil {
		return nil, err
	}
	if args.Address == nil {
		args.Address = pulumi.String(Loopback)
	}
	port := orElse(args.Port, gatewayPort)
	gateway, err := pilot.NewContainer(ctx, name+"-gateway", gatewayContainer(args, path, image.ImageID, port), parent)
	if err != nil {
		return nil, err
	}
	// Known in a preview, and still something that waits for the gateway.
	m.Host = pulumi.All(gateway.Name, args.Address).ApplyT(infra.Guard(func(v []any) string {
		return fmt.Sprintf("tcp://%s:%d", v[1], port)
	})).(pulumi.StringOutput)
	m.RunnerHost = pulumi.Sprintf("tcp://%s:%d", gateway.Name, gatewayPort)
	m.CA = args.Identity.Authority.TrustPEM
	m.Cert, m.Key = args.Identity.Operator.CertPEM, args.Identity.Operator.KeyPEM
	m.Endpoint = pilot.EndpointArgs{
		Host: m.Host, CA: m.CA, Cert: m.Cert, Key: m.Key,
		// So that a stack whose gateway was removed by hand can be destroyed.
		Fallback: pulumi.String(args.DockerHost),
	}
	return m, ctx.RegisterResourceOutputs(m, pulumi.Map{
		"host": m.Host, "ca": m.CA, "cert": m.Cert, "key": m.Key, "runnerHost": m.RunnerHost,
	})
}

// gatewayContainer holds the Engine's socket and nothing else: a read-only
// root, no capabilities, no further privileges.
func gatewayContainer(args *MachineArgs, socketPath string, image pulumi.StringInput, port int) *pilot.ContainerArgs {
	file := func(name string, content pulumi.StringInput) pilot.FileArgs {
		return pilot.FileArgs{
			Path: pulumi.String(gatewayFolder + "/" + name), Content: content, Mode: pulumi.String("0400"),
			// The gateway reads changed files again, so that certificates rotate
			// under open connections.
			Live: pulumi.Bool(true),
		}
	}
	tls := []string{"-ca", gatewayFolder + "/ca.pem", "-cert", gatewayFolder + "/cert.pem", "-key", gatewayFolder + "/key.pem"}
	command := append([]string{gatewayAgent, "gateway", "-listen", fmt.Sprintf(":%d", gatewayPort), "-socket", innerSocket}, tls...)
	health := append([]string{gatewayAgent, "healthcheck", "http", "-server-name", "localhost"}, tls...)
	health = append(health, fmt.Sprintf("https://%s:%d/_ping", Loopback, gatewayPort))
	return &pilot.ContainerArgs{
		Endpoint: socket(args.DockerHost),
		Name:     pulumi.String(GatewayName(args.Name)),
		Image:    image,
		Command:  pulumi.ToStringArray(command),
		Labels:   labelled(args.Labels, "gateway"),
		Networks: []pilot.AttachmentArgs{{Name: args.Network}},
		Mounts: []pilot.MountArgs{{
			Type: pulumi.String("bind"), Source: pulumi.String(socketPath), Target: pulumi.String(innerSocket),
		}},
		Ports: []pilot.PortArgs{{
			Container: pulumi.Int(gatewayPort), Host: pulumi.Int(port), HostIP: args.Address,
		}},
		Files: []pilot.FileArgs{
			// Who is let in: the clients that the authority signed. The health
			// check trusts by it, and shows, the gateway's own certificate.
			file("ca.pem", pulumi.Sprintf("%s%s", args.Identity.Authority.ClientTrustPEM, args.Identity.Gateway.CertPEM)),
			file("cert.pem", args.Identity.Gateway.CertPEM),
			file("key.pem", args.Identity.Gateway.KeyPEM),
		},
		ReadOnlyRootfs: pulumi.Bool(true),
		CapDrop:        pulumi.ToStringArray([]string{"ALL"}),
		SecurityOpt:    pulumi.ToStringArray([]string{"no-new-privileges"}),
		Healthcheck: &pilot.HealthcheckArgs{
			Test:     pulumi.ToStringArray(health),
			Interval: pulumi.String("5s"), Timeout: pulumi.String("5s"), StartPeriod: pulumi.String("2s"), Retries: pulumi.Int(6),
		},
		WaitHealthy: pulumi.Bool(true), StartTimeout: pulumi.String("1m"),
	}
}
