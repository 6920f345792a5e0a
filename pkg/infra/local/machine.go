package local

import (
	"fmt"
	"strings"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const gatewayPort = 2376

// GatewayBuilder is the name under which the provider must know how to write
// the gateway's image (provider.WithImages).
const GatewayBuilder = "gateway"

// MachineArgs are the arguments of a Machine.
type MachineArgs struct {
	Common
	// DockerHost is the Engine's socket.
	DockerHost string
	// Network is the Docker network to join.
	Network pulumi.StringInput
	// Identity holds the authority and the operator's certificate.
	Identity *Identity
	// ImageReference and ImageDigest identify the gateway's image.
	ImageReference, ImageDigest string
	// BindAddress and Port are where it is published.
	BindAddress string
	Port        int
}

// Machine is a Docker endpoint behind mutual TLS: a gateway container, the only
// one that holds the socket.
type Machine struct {
	pulumi.ResourceState
	// Endpoint is the endpoint with the operator's credentials.
	Endpoint pilot.EndpointArgs
	// Host is the endpoint's address, RunnerHost the same as runners reach it.
	Host, RunnerHost pulumi.StringOutput
}

// NewMachine registers a Machine.
func NewMachine(ctx *pulumi.Context, name string, args *MachineArgs, opts ...pulumi.ResourceOption) (*Machine, error) {
	m := &Machine{}
	if err := ctx.RegisterComponentResource("pilot:local:Machine", name, m, opts...); err != nil {
		return nil, err
	}
	under := pulumi.Parent(m)
	role := args.name("gateway")
	img, err := pilot.NewImage(ctx, name+"-gateway-image", &pilot.ImageArgs{
		Endpoint: socket(args.DockerHost), Name: pulumi.String(args.ImageReference),
		Builder: pulumi.String(GatewayBuilder), Digest: pulumi.String(args.ImageDigest),
	}, under)
	if err != nil {
		return nil, err
	}
	cert, err := pilot.NewCertificate(ctx, name+"-gateway-certificate", &pilot.CertificateArgs{
		CACert:      args.Identity.Authority.CertPEM,
		CAKey:       args.Identity.Authority.KeyPEM,
		CommonName:  pulumi.String(role),
		Role:        pulumi.String("gateway"),
		Server:      pulumi.Bool(true),
		DNSNames:    pulumi.ToStringArray([]string{role, "localhost"}),
		IPAddresses: pulumi.ToStringArray([]string{args.BindAddress}),
	}, under)
	if err != nil {
		return nil, err
	}
	gateway, err := pilot.NewContainer(ctx, name+"-gateway", gatewayContainer(args, role, img, cert), under)
	if err != nil {
		return nil, err
	}
	m.RunnerHost = pulumi.Sprintf("tcp://%s:%d", gateway.Name, gatewayPort)
	// The name is an output of the container, so whatever uses the endpoint
	// waits for the gateway.
	m.Host = gateway.Name.ApplyT(func(string) string {
		return fmt.Sprintf("tcp://%s:%d", args.BindAddress, args.Port)
	}).(pulumi.StringOutput)
	m.Endpoint = pilot.EndpointArgs{
		Host: m.Host, CA: args.Identity.Authority.CertPEM,
		Cert: args.Identity.Operator.CertPEM, Key: args.Identity.Operator.KeyPEM,
		Fallback: pulumi.String(args.DockerHost),
	}
	return m, ctx.RegisterResourceOutputs(m, pulumi.Map{"host": m.Host, "runnerHost": m.RunnerHost})
}

func gatewayContainer(args *MachineArgs, role string, img *pilot.Image, cert *pilot.Certificate) *pilot.ContainerArgs {
	const dir = "/etc/pilot/"
	file := func(name string, content pulumi.StringInput, mode string) pilot.FileArgs {
		return pilot.FileArgs{
			Path: pulumi.String(dir + name), Content: content, Mode: pulumi.String(mode), Live: pulumi.Bool(true),
		}
	}
	const inside = "/var/run/docker.sock"
	return &pilot.ContainerArgs{
		Endpoint: socket(args.DockerHost),
		Name:     pulumi.String(role),
		Image:    img.ImageID,
		Labels:   args.labels("gateway"),
		Command: pulumi.ToStringArray([]string{
			"pilot-agent", "gateway", "-listen", fmt.Sprintf(":%d", gatewayPort),
			"-ca", dir + "ca.pem", "-cert", dir + "cert.pem", "-key", dir + "key.pem", "-socket", inside,
		}),
		// The socket belongs to root.
		User:     pulumi.String("0"),
		Networks: []pilot.AttachmentArgs{{Name: args.Network}},
		Mounts: []pilot.MountArgs{{
			Type: pulumi.String("bind"), Source: pulumi.String(strings.TrimPrefix(args.DockerHost, "unix://")), Target: pulumi.String(inside),
		}},
		Ports: []pilot.PortArgs{{
			Container: pulumi.Int(gatewayPort), Host: pulumi.Int(args.Port), HostIP: pulumi.String(args.BindAddress),
		}},
		Files: []pilot.FileArgs{
			file("ca.pem", args.Identity.Authority.CertPEM, "0444"),
			file("cert.pem", cert.CertPEM, "0444"),
			file("key.pem", cert.KeyPEM, "0400"),
		},
		CapDrop:     pulumi.ToStringArray([]string{"ALL"}),
		SecurityOpt: pulumi.ToStringArray([]string{"no-new-privileges"}),
		Healthcheck: &pilot.HealthcheckArgs{
			Test: pulumi.ToStringArray([]string{
				"pilot-agent", "healthcheck", "tls", "-ca", dir + "ca.pem", "-server-name", "localhost", fmt.Sprintf("127.0.0.1:%d", gatewayPort),
			}),
			Interval: pulumi.String("5s"), Timeout: pulumi.String("5s"), StartPeriod: pulumi.String("2s"), Retries: pulumi.Int(6),
		},
		WaitHealthy: pulumi.Bool(true),
	}
}
