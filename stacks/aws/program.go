package aws

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/infra"
	components "github.com/pilot-framework/pilot/pkg/infra/aws"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/pkg/server/cloudinit"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// machineHost is the machine's address within its subnet. AWS keeps the first
// four and the last for itself.
const machineHost = 10

// Program is the inline program: network, firewall, identity, database,
// machine, Docker endpoint, and then what stands above it.
func (p *Platform) Program() pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		name := stacks.PlatformName(ctx.Project(), ctx.Stack())
		tags := stacks.Labels(ctx.Project(), ctx.Stack(), p.Tags)

		network, err := components.NewNetwork(ctx, "network", &components.NetworkArgs{
			Name: name, CIDR: p.Network.CIDR, PublicCIDR: p.Network.Machine,
			DatabaseCIDRs: p.Network.Database, AppCIDRs: p.Network.Apps, Zones: p.Network.Zones, Tags: tags,
		})
		if err != nil {
			return err
		}
		firewall, err := components.NewFirewall(ctx, "firewall", &components.FirewallArgs{
			Name: name, VPCID: network.VPCID, NetworkCIDR: p.Network.CIDR,
			OperatorCIDRs: p.OperatorCIDRs, AllowPublic: p.AllowPublic, SSHCIDRs: p.SSH.CIDRs,
			AppPorts: p.Network.AppPorts, Tags: tags,
		})
		if err != nil {
			return err
		}
		identity, err := components.NewIdentity(ctx, "identity", &components.IdentityArgs{
			Name: name, Targets: p.Targets, VPCID: network.VPCID, RecoveryDays: recoveryDays(p.Protect), Tags: tags,
		})
		if err != nil {
			return err
		}
		password, err := pilot.NewPassword(ctx, "database-password", nil, pulumi.Parent(identity))
		if err != nil {
			return err
		}
		database, err := components.NewDatabase(ctx, "database", &components.DatabaseArgs{
			Name: name, SubnetIDs: network.DatabaseSubnetIDs, SecurityGroupID: firewall.DatabaseGroupID,
			Class: p.Database.Class, Version: p.Database.Version,
			StorageGB: p.Database.StorageGB, MaxStorageGB: p.Database.MaxStorageGB,
			DatabaseName: p.Database.Name, User: p.Database.User, Password: password.Result,
			BackupDays: p.Database.BackupDays, MultiZone: p.Database.MultiZone, Protect: p.Protect, Tags: tags,
		})
		if err != nil {
			return err
		}
		registry, err := components.NewRegistry(ctx, "registry", &components.RegistryArgs{
			Name: name, Protect: p.Protect, Tags: tags,
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
			Name: name, Type: p.Machine.Type, Image: p.Machine.Image, DiskGB: p.Machine.DiskGB,
			SubnetID: network.PublicSubnetID, SecurityGroupID: firewall.MachineGroupID, AllocationID: network.AllocationID,
			PrivateIP: private, InstanceProfile: identity.InstanceProfile,
			UserData:  identity.SecretARN.ApplyT(infra.Guard(p.userData)).(pulumi.StringOutput),
			SecretARN: identity.SecretARN, SecretValue: endpoint.Secret(), Protect: p.Protect, Tags: tags,
		})
		if err != nil {
			return err
		}
		endpoint.At(machine.PublicIP, machine.PrivateIP)
		endpoint.On(machine.Instance, machine.InstanceID.ToStringOutput())
		endpoint.Database = stacks.DatabaseEndpoint{
			Host: database.Host, Port: database.Port,
			Name: database.DatabaseName, User: database.User, Password: database.Password,
		}
		endpoint.Identity = &server.Identity{
			Variables: map[string]string{"AWS_CONFIG_FILE": server.ConfigFile("aws-config")},
			Files:     map[string]pulumi.StringInput{"aws-config": pulumi.Sprintf(deployConfig, p.Region, identity.DeployRoleARN)},
		}
		endpoint.Export(ctx)
		ctx.Export(outputRegion, pulumi.String(p.Region))
		ctx.Export(outputVPCID, network.VPCID)
		ctx.Export(outputAppSubnetIDs, network.AppSubnetIDs)
		ctx.Export(outputAppGroupID, firewall.AppGroupID)
		ctx.Export(outputInstanceID, machine.InstanceID)
		ctx.Export(outputRegistryURL, registry.URL)
		ctx.Export(outputDeployRole, identity.DeployRoleARN)
		ctx.Export(outputBucketPrefix, pulumi.String(name+"-"))
		if p.Above == nil || p.Simulated {
			return nil
		}
		return p.Above(ctx, endpoint)
	}
}

// deployConfig is in the form that all AWS SDKs read: the machine's role is good
// for taking on the deploy role.
const deployConfig = `[default]
region = %s
role_arn = %s
role_session_name = pilot-runner
credential_source = Ec2InstanceMetadata
`

// userData is the machine's first boot, once its secret has a name.
func (p *Platform) userData(secret string) (string, error) {
	data, err := cloudinit.Config{
		Secret:  cloudinit.Secret{Store: cloudinit.AWSSecretsManager, ID: secret, Region: p.Region},
		SSHKeys: p.SSH.Keys,
	}.UserData()
	if err != nil {
		return "", fmt.Errorf("user-data: %w", err)
	}
	return data, nil
}

// recoveryDays keeps the secret of a protected platform for a week after its
// deletion. Of any other its name is free at once.
func recoveryDays(protect bool) int {
	if protect {
		return 7
	}
	return 0
}
