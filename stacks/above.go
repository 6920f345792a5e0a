package stacks

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/pkg/server/image"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The ports of the Pilot server on a machine of its own.
const (
	PortServer = 9701
	PortUI     = 9702
	PortSource = 9703
)

// The labels of all that stands on a Docker endpoint.
const (
	LabelStack = "io.pilot.stack"
	LabelRole  = "io.pilot.role"
)

// PilotServerArgs describe the Pilot server on a machine's Docker endpoint.
type PilotServerArgs struct {
	// Runners is how many there are, at least 1.
	Runners int
	// Image, where set, is pulled instead of loading our own server image.
	Image string
	// BootTimeout bounds the wait for the machine's first boot; a duration,
	// 15m by default.
	BootTimeout string
	// Socket is the daemon's own socket on its machine; /var/run/docker.sock by
	// default.
	Socket string
}

// PilotServer puts the Pilot server on a machine, once its daemon answers. The
// server's ports are open on the machine: the cloud's firewall says who may
// reach them. Programs that use it need the provider with ServerImages.
func PilotServer(args PilotServerArgs) Above {
	return func(ctx *pulumi.Context, e *DockerEndpoint) error {
		agent, err := image.Gateway(image.Options{})
		if err != nil {
			return err
		}
		what, err := serverImage(args.Image)
		if err != nil {
			return err
		}
		place := e.with()
		daemon, err := pilot.NewDaemon(ctx, "docker", &pilot.DaemonArgs{
			Endpoint: e.endpoint(e.Host), ServerCert: e.daemonCert, ClientCA: e.Authority.ClientTrustPEM, Agent: pulumi.String(agent.Reference()),
			Socket: optional(args.Socket), BootTimeout: optional(args.BootTimeout),
		}, place...)
		if err != nil {
			return err
		}
		endpoint := e.endpoint(daemon.Host)
		name, labels := "pilot-"+ctx.Stack(), map[string]string{LabelStack: ctx.Stack()}
		network, err := pilot.NewNetwork(ctx, "server-network", &pilot.NetworkArgs{
			Endpoint: endpoint, Name: pulumi.String(name),
			Labels: pulumi.ToStringMap(map[string]string{LabelStack: ctx.Stack(), LabelRole: "network"}),
		}, place...)
		if err != nil {
			return err
		}
		runner, err := pilot.NewCertificate(ctx, "runner-certificate", &pilot.CertificateArgs{
			CACert: e.Authority.ClientCertPEM, CAKey: e.Authority.ClientKeyPEM, CommonName: pulumi.String(e.Name + "-runner"),
			Role: pulumi.String("runner"), Client: pulumi.Bool(true),
		}, pulumi.Parent(e))
		if err != nil {
			return err
		}
		srv, err := server.New(ctx, "server", &server.Args{
			Endpoint: endpoint, Prefix: name, Labels: labels, Network: network.Name, Authority: e.Authority, Image: what,
			PublicHost: e.PublicIP, BindAddress: "0.0.0.0", Ports: server.Ports{API: PortServer, UI: PortUI, Source: PortSource},
			Runners: server.Runners{
				Count: max(args.Runners, 1), DockerHost: pulumi.Sprintf("tcp://%s:2376", e.PrivateIP),
				DockerCA: e.CA, Cert: runner.CertPEM, Key: runner.KeyPEM, Identity: e.Identity,
			},
		}, e.gone()...)
		if err != nil {
			return err
		}
		ctx.Export(OutputServerAddress, srv.Address)
		ctx.Export(OutputServerAdvertised, srv.Advertised)
		ctx.Export(OutputServerCA, e.CA)
		ctx.Export(OutputServerToken, srv.Token)
		ctx.Export(OutputUIURL, srv.UI)
		ctx.Export(OutputSourceURL, srv.Source)
		ctx.Export(OutputRunnerSourceURL, srv.RunnerSource)
		return nil
	}
}

// Whole reads a whole number from a flag.
func Whole(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%q is no whole number", text)
	}
	return n, nil
}

// CompleteServer fills in the defaults of a spec's fields about the server, and
// tells what is wrong with them.
func CompleteServer(runners *int, bootTimeout *string) error {
	if *runners == 0 {
		*runners = 1
	}
	if *runners < 1 || *runners > 20 {
		return fmt.Errorf("runners %d: want 1 to 20", *runners)
	}
	if *bootTimeout == "" {
		*bootTimeout = "15m"
	}
	if d, err := time.ParseDuration(*bootTimeout); err != nil || d < time.Minute || d > 2*time.Hour {
		return fmt.Errorf("boot_timeout %q: want a duration from 1m to 2h, such as 15m", *bootTimeout)
	}
	return nil
}

func optional(text string) pulumi.StringInput {
	if text == "" {
		return nil
	}
	return pulumi.String(text)
}

// endpoint is the daemon at host as the operator reaches it.
func (e *DockerEndpoint) endpoint(host pulumi.StringInput) pilot.EndpointArgs {
	args := pilot.EndpointArgs{Host: host, CA: e.CA, Cert: e.Cert, Key: e.Key}
	if e.Machine != nil {
		args.Daemon = e.Instance
	}
	return args
}

// gone says that what is on the machine goes with it: a machine that is to be
// deleted need not answer first.
func (e *DockerEndpoint) gone() []pulumi.ResourceOption {
	if e.Machine == nil {
		return nil
	}
	with := pulumi.DeletedWith(e.Machine)
	return []pulumi.ResourceOption{with, pulumi.Transformations([]pulumi.ResourceTransformation{
		func(a *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
			return &pulumi.ResourceTransformationResult{Props: a.Props, Opts: append(a.Opts, with)}
		},
	})}
}

// with is gone for what needs the machine to be there, with its secret in place.
func (e *DockerEndpoint) with() []pulumi.ResourceOption {
	if e.Machine == nil {
		return nil
	}
	return append(e.gone(), pulumi.DependsOn([]pulumi.Resource{e.Machine}))
}

// ServerImages are the images that PilotServer loads onto the machine, as the
// provider wants them.
func ServerImages() map[string]provider.ImageWriter {
	return map[string]provider.ImageWriter{
		server.ImageBuilder:   imageWriter(func() (*image.Image, error) { return image.Server(image.Options{}) }),
		provider.AgentBuilder: imageWriter(func() (*image.Image, error) { return image.Gateway(image.Options{}) }),
	}
}

func imageWriter(assemble func() (*image.Image, error)) provider.ImageWriter {
	return func(_ context.Context, w io.Writer) error {
		img, err := assemble()
		if err != nil {
			return err
		}
		_, err = img.WriteTo(w)
		return err
	}
}

// serverImage is what is to be pulled, or our own.
func serverImage(reference string) (server.Image, error) {
	if reference != "" {
		agent, err := image.Gateway(image.Options{})
		if err != nil {
			return server.Image{}, err
		}
		return server.Image{Reference: reference, Agent: &server.Agent{
			Reference: agent.Reference(), Digest: agent.Digest(), Builder: provider.AgentBuilder,
		}}, nil
	}
	img, err := image.Server(image.Options{})
	if err != nil {
		return server.Image{}, err
	}
	return server.Image{Reference: img.Reference(), Digest: img.Digest()}, nil
}
