package gcp

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/infra"
	components "github.com/pilot-framework/pilot/pkg/infra/gcp"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/pkg/server/cloudinit"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// machineHost is the machine's address within its subnet. Google Cloud keeps
// the first two and the last two for itself.
const machineHost = 10

// Program is the inline program: network, firewall, identity, database,
// machine, Docker endpoint, and then what stands above it.
func (p *Platform) Program() pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		name := stacks.PlatformName(ctx.Project(), ctx.Stack())
		labels := stacks.Labels(ctx.Project(), ctx.Stack(), p.Tags)

		network, err := components.NewNetwork(ctx, "network", &components.NetworkArgs{
			Name: name, Project: p.Project, Region: p.Region,
			MachineCIDR: p.Network.Machine, DatabaseCIDR: p.Network.Database, AppCIDR: p.Network.Apps, Labels: labels,
		})
		if err != nil {
			return err
		}
		if _, err := components.NewFirewall(ctx, "firewall", &components.FirewallArgs{
			Name: name, Project: p.Project, NetworkID: network.NetworkID,
			NetworkCIDRs:  []string{p.Network.Machine, p.Network.Apps},
			OperatorCIDRs: p.OperatorCIDRs, AllowPublic: p.AllowPublic, SSHCIDRs: p.SSH.CIDRs,
		}); err != nil {
			return err
		}
		identity, err := components.NewIdentity(ctx, "identity", &components.IdentityArgs{
			Name: name, Project: p.Project, Targets: p.Targets, Labels: labels,
		})
		if err != nil {
			return err
		}
		password, err := pilot.NewPassword(ctx, "database-password", nil, pulumi.Parent(identity))
		if err != nil {
			return err
		}
		database, err := components.NewDatabase(ctx, "database", &components.DatabaseArgs{
			Name: name, Project: p.Project, Region: p.Region, Network: network.Peering,
			Tier: p.Database.Class, Version: p.Database.Version,
			StorageGB: p.Database.StorageGB, MaxStorageGB: p.Database.MaxStorageGB,
			DatabaseName: p.Database.Name, User: p.Database.User, Password: password.Result,
			BackupDays: p.Database.BackupDays, MultiZone: p.Database.MultiZone, Protect: p.Protect, Labels: labels,
		})
		if err != nil {
			return err
		}
		registry, err := components.NewRegistry(ctx, "registry", &components.RegistryArgs{
			Name: name, Project: p.Project, Region: p.Region,
			Writer: identity.DeployAccount, Reader: identity.AppAccount, Protect: p.Protect, Labels: labels,
		})
		if err != nil {
			return err
		}

		private := stacks.HostAddress(p.Network.Machine, machineHost)
		endpoint, err := stacks.NewDockerEndpoint(ctx, "endpoint", &stacks.EndpointArgs{
			Name: name, Addresses: pulumi.StringArray{network.PublicIP, pulumi.String(private)},
		}, pulumi.Parent(identity))
		if err != nil {
			return err
		}
		machine, err := components.NewMachine(ctx, "machine", &components.MachineArgs{
			Name: name, Project: p.Project, Region: p.Region, Zone: p.Zone,
			Type: p.Machine.Type, Image: p.Machine.Image, DiskGB: p.Machine.DiskGB,
			SubnetID: network.SubnetID, PublicIP: network.PublicIP, PrivateIP: private,
			ServiceAccount: identity.MachineAccount,
			UserData:       identity.SecretID.ApplyT(infra.Guard(p.userData)).(pulumi.StringOutput),
			SecretID:       identity.SecretID, SecretValue: endpoint.Secret(), Protect: p.Protect, Labels: labels,
		})
		if err != nil {
			return err
		}
		endpoint.At(machine.PublicIP, machine.PrivateIP)
		endpoint.On(machine.Instance, machine.InstanceID)
		endpoint.Database = stacks.DatabaseEndpoint{
			Host: database.Host, Port: database.Port,
			Name: database.DatabaseName, User: database.User, Password: database.Password,
		}
		endpoint.Identity = &server.Identity{
			Variables: map[string]string{"GCE_METADATA_HOST": deployTokens, "GOOGLE_CLOUD_PROJECT": p.Project},
			Agent: []pulumi.StringInput{
				pulumi.String("gcp-identity"), pulumi.String("-listen"), pulumi.String(deployTokens), pulumi.String("-account"), identity.DeployAccount,
			},
			AgentPort: deployTokensPort,
		}
		endpoint.Export(ctx)
		ctx.Export(outputProject, pulumi.String(p.Project))
		ctx.Export(outputRegion, pulumi.String(p.Region))
		ctx.Export(outputZone, machine.Zone)
		ctx.Export(outputNetworkID, network.NetworkID)
		ctx.Export(outputConnectorID, network.ConnectorID)
		ctx.Export(outputInstanceID, machine.InstanceID)
		ctx.Export(outputInstanceName, pulumi.String(name))
		ctx.Export(outputRegistryURL, registry.URL)
		ctx.Export(outputDeployAccount, identity.DeployAccount)
		ctx.Export(outputAppAccount, identity.AppAccount)
		ctx.Export(outputBucketPrefix, pulumi.String(name+"-"))
		if p.Above == nil || p.Simulated {
			return nil
		}
		return p.Above(ctx, endpoint)
	}
}

// deployTokens is where the agent on the machine answers as the metadata service
// does, with tokens of the deploy account.
const (
	deployTokensPort = 9704
	deployTokens     = "127.0.0.1:9704"
)

// userData is the machine's first boot, once its secret has a name.
func (p *Platform) userData(secret string) (string, error) {
	data, err := cloudinit.Config{
		Secret:  cloudinit.Secret{Store: cloudinit.GCPSecretManager, ID: secret},
		SSHKeys: p.SSH.Keys,
	}.UserData()
	if err != nil {
		return "", fmt.Errorf("user-data: %w", err)
	}
	return data, nil
}
