package local

import (
	"context"
	"io"

	"github.com/pilot-framework/pilot/pkg/engine/plugins"
	"github.com/pilot-framework/pilot/pkg/infra"
	parts "github.com/pilot-framework/pilot/pkg/infra/local"
	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/pkg/server/image"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Providers is Pilot's own provider: this target needs no other.
func (p *Platform) Providers() []infra.Provider {
	return []infra.Provider{server.Provider(map[string]provider.ImageWriter{
		server.ImageBuilder:  writer(p.serverImage),
		parts.GatewayBuilder: writer(p.gatewayImage),
	})}
}

// Plugins are none.
func (p *Platform) Plugins() ([]plugins.Plugin, error) { return nil, nil }

func (p *Platform) serverImage() (*image.Image, error)  { return image.Server(image.Options{}) }
func (p *Platform) gatewayImage() (*image.Image, error) { return image.Gateway(image.Options{}) }

func writer(assemble func() (*image.Image, error)) provider.ImageWriter {
	return func(_ context.Context, w io.Writer) error {
		img, err := assemble()
		if err != nil {
			return err
		}
		_, err = img.WriteTo(w)
		return err
	}
}

// Program is network, firewall, identity, database, machine, server: the same
// parts in the same order as on a cloud.
func (p *Platform) Program() pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		name, labels := "pilot-"+ctx.Stack(), map[string]string{parts.LabelStack: ctx.Stack()}
		network, err := parts.NewNetwork(ctx, "network", &parts.NetworkArgs{Name: name, DockerHost: p.DockerHost, Labels: labels})
		if err != nil {
			return err
		}
		firewall, err := parts.NewFirewall(ctx, "firewall", p.firewall(ctx.Stack()))
		if err != nil {
			return err
		}
		identity, err := parts.NewIdentity(ctx, "identity", &parts.IdentityArgs{Name: name})
		if err != nil {
			return err
		}
		password, err := pilot.NewPassword(ctx, "database-password", nil)
		if err != nil {
			return err
		}
		database, err := parts.NewDatabase(ctx, "database", &parts.DatabaseArgs{
			Name: name + "-db", Endpoint: pilot.EndpointArgs{Host: pulumi.String(p.DockerHost)}, Network: network.Name, Labels: labels,
			Image: p.Database.Image, DatabaseName: p.Database.Name, User: p.Database.User, Password: password.Result,
			Address: firewall.Address, Port: p.Ports.Database,
		})
		if err != nil {
			return err
		}
		gateway, err := p.gatewayImage()
		if err != nil {
			return err
		}
		machine, err := parts.NewMachine(ctx, "machine", &parts.MachineArgs{
			Name: name, DockerHost: p.DockerHost, Network: network.Name, Identity: identity, Labels: labels,
			Image:   parts.GatewayImage{Reference: gateway.Reference(), Digest: gateway.Digest()},
			Address: firewall.Address, Port: p.Ports.Docker,
		})
		if err != nil {
			return err
		}
		srv, err := p.server(ctx, name, labels, network, identity, machine)
		if err != nil {
			return err
		}
		p.export(ctx, identity, database, machine, srv)
		return nil
	}
}

// server puts the Pilot server on the machine's endpoint.
func (p *Platform) server(ctx *pulumi.Context, name string, labels map[string]string, network *parts.Network, identity *parts.Identity, machine *parts.Machine) (*server.Server, error) {
	what := server.Image{Reference: p.ServerImage}
	if what.Reference == "" {
		img, err := p.serverImage()
		if err != nil {
			return nil, err
		}
		what = server.Image{Reference: img.Reference(), Digest: img.Digest()}
	} else {
		agent, err := p.gatewayImage()
		if err != nil {
			return nil, err
		}
		what.Agent = &server.Agent{Reference: agent.Reference(), Digest: agent.Digest(), Builder: parts.GatewayBuilder}
	}
	return server.New(ctx, "server", &server.Args{
		Endpoint:    machine.Endpoint,
		Prefix:      name,
		Labels:      labels,
		Network:     network.Name,
		Authority:   identity.Authority,
		Image:       what,
		PublicHost:  pulumi.String(parts.Loopback),
		BindAddress: parts.Loopback,
		Ports:       server.Ports{API: p.Ports.Server, UI: p.Ports.UI, Source: p.Ports.Source},
		Runners: server.Runners{
			Count: p.Runners, DockerHost: machine.RunnerHost, DockerCA: identity.Authority.TrustPEM,
			Cert: identity.Runner.CertPEM, Key: identity.Runner.KeyPEM,
		},
	})
}

func (p *Platform) export(ctx *pulumi.Context, identity *parts.Identity, database *parts.Database, machine *parts.Machine, srv *server.Server) {
	endpoint(ctx, machine.Endpoint)
	ctx.Export(stacks.OutputServerAddress, srv.Address)
	ctx.Export(stacks.OutputServerAdvertised, srv.Advertised)
	ctx.Export(stacks.OutputServerCA, identity.Authority.TrustPEM)
	ctx.Export(stacks.OutputServerToken, srv.Token)
	ctx.Export(stacks.OutputUIURL, srv.UI)
	ctx.Export(stacks.OutputSourceURL, srv.Source)
	ctx.Export(stacks.OutputRunnerSourceURL, srv.RunnerSource)
	ctx.Export(stacks.OutputDBHost, database.Host)
	ctx.Export(stacks.OutputDBPort, database.Port)
	ctx.Export(stacks.OutputDBName, database.DatabaseName)
	ctx.Export(stacks.OutputDBUser, database.User)
	ctx.Export(stacks.OutputDBPassword, database.Password)
}

func endpoint(ctx *pulumi.Context, e pilot.EndpointArgs) {
	ctx.Export(stacks.OutputDockerHost, e.Host)
	ctx.Export(stacks.OutputDockerCA, e.CA)
	ctx.Export(stacks.OutputDockerCert, e.Cert)
	ctx.Export(stacks.OutputDockerKey, e.Key)
}

// firewall is the plan of all ports that the platform publishes.
func (p *Platform) firewall(stack string) *parts.FirewallArgs {
	return &parts.FirewallArgs{
		Stack: stack, DockerHost: p.DockerHost,
		Publications: []parts.Publication{
			{Setting: "ports.docker", Port: p.Ports.Docker, Purpose: "Docker endpoint"},
			{Setting: "ports.server", Port: p.Ports.Server, Purpose: "server"},
			{Setting: "ports.ui", Port: p.Ports.UI, Purpose: "web interface"},
			{Setting: "ports.source", Port: p.Ports.Source, Purpose: "source receiver"},
			{Setting: "ports.database", Port: p.Ports.Database, Purpose: "database"},
		},
	}
}
