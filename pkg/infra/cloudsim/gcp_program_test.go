package cloudsim

import (
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/artifactregistry"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/servicenetworking"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/sql"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/vpcaccess"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// gcpSpec is what the tests change about gcpProgram.
type gcpSpec struct {
	machineType string
	image       string
	dbName      string
	permissions []string
}

func newGCPSpec() *gcpSpec {
	return &gcpSpec{
		machineType: "e2-medium", image: "ubuntu-os-cloud/ubuntu-2404-lts-amd64", dbName: "acme",
		permissions: []string{"run.services.get", "run.services.list"},
	}
}

func (s *gcpSpec) program(ctx *pulumi.Context) error {
	var services []pulumi.Resource
	for _, name := range []string{"compute", "sqladmin", "servicenetworking", "vpcaccess", "iam", "artifactregistry"} {
		service, err := projects.NewService(ctx, name, &projects.ServiceArgs{
			Service: pulumi.String(name + ".googleapis.com"), DisableOnDestroy: pulumi.Bool(false),
		})
		if err != nil {
			return err
		}
		services = append(services, service)
	}
	on := pulumi.DependsOn(services)
	network, err := compute.NewNetwork(ctx, "network", &compute.NetworkArgs{Name: pulumi.String("acme"), AutoCreateSubnetworks: pulumi.Bool(false)}, on)
	if err != nil {
		return err
	}
	subnet, err := compute.NewSubnetwork(ctx, "subnet", &compute.SubnetworkArgs{
		Name: pulumi.String("acme"), Network: network.ID(), IpCidrRange: pulumi.String("10.1.0.0/20"), PrivateIpGoogleAccess: pulumi.Bool(true),
	})
	if err != nil {
		return err
	}
	if _, err := compute.NewFirewall(ctx, "docker", &compute.FirewallArgs{
		Network: network.SelfLink, SourceRanges: pulumi.StringArray{pulumi.String("203.0.113.7/32")},
		TargetTags: pulumi.StringArray{pulumi.String("acme")},
		Allows:     compute.FirewallAllowArray{compute.FirewallAllowArgs{Protocol: pulumi.String("tcp"), Ports: pulumi.StringArray{pulumi.String("2376")}}},
	}); err != nil {
		return err
	}
	router, err := compute.NewRouter(ctx, "router", &compute.RouterArgs{Network: network.ID()})
	if err != nil {
		return err
	}
	if _, err := compute.NewRouterNat(ctx, "nat", &compute.RouterNatArgs{
		Router: router.Name, NatIpAllocateOption: pulumi.String("AUTO_ONLY"), SourceSubnetworkIpRangesToNat: pulumi.String("ALL_SUBNETWORKS_ALL_IP_RANGES"),
	}); err != nil {
		return err
	}
	if _, err := vpcaccess.NewConnector(ctx, "access", &vpcaccess.ConnectorArgs{
		Name: pulumi.String("acme"), Network: network.Name, IpCidrRange: pulumi.String("10.8.0.0/28"),
	}); err != nil {
		return err
	}
	if err := s.database(ctx, network); err != nil {
		return err
	}
	return s.machine(ctx, subnet, on)
}

func (s *gcpSpec) database(ctx *pulumi.Context, network *compute.Network) error {
	reserved, err := compute.NewGlobalAddress(ctx, "peering", &compute.GlobalAddressArgs{
		Network: network.ID(), Purpose: pulumi.String("VPC_PEERING"), AddressType: pulumi.String("INTERNAL"), PrefixLength: pulumi.Int(16),
	})
	if err != nil {
		return err
	}
	peering, err := servicenetworking.NewConnection(ctx, "peering", &servicenetworking.ConnectionArgs{
		Network: network.ID(), Service: pulumi.String("servicenetworking.googleapis.com"), ReservedPeeringRanges: pulumi.StringArray{reserved.Name},
	})
	if err != nil {
		return err
	}
	db, err := sql.NewDatabaseInstance(ctx, "database", &sql.DatabaseInstanceArgs{
		Name: pulumi.String(s.dbName), DatabaseVersion: pulumi.String("POSTGRES_16"), DeletionProtection: pulumi.Bool(false),
		Settings: sql.DatabaseInstanceSettingsArgs{
			Tier:            pulumi.String("db-f1-micro"),
			IpConfiguration: sql.DatabaseInstanceSettingsIpConfigurationArgs{Ipv4Enabled: pulumi.Bool(false), PrivateNetwork: network.SelfLink},
		},
	}, pulumi.DependsOn([]pulumi.Resource{peering}))
	if err != nil {
		return err
	}
	if _, err := sql.NewUser(ctx, "pilot", &sql.UserArgs{Instance: db.Name, Name: pulumi.String("pilot"), Password: pulumi.String("in-the-clear-1")}); err != nil {
		return err
	}
	ctx.Export("dbHost", db.PrivateIpAddress)
	ctx.Export("connection", db.ConnectionName)
	return nil
}

func (s *gcpSpec) machine(ctx *pulumi.Context, subnet *compute.Subnetwork, on pulumi.ResourceOption) error {
	account, err := serviceaccount.NewAccount(ctx, "machine", &serviceaccount.AccountArgs{AccountId: pulumi.String("acme-machine")}, on)
	if err != nil {
		return err
	}
	role, err := projects.NewIAMCustomRole(ctx, "deploy", &projects.IAMCustomRoleArgs{
		RoleId: pulumi.String("acmeDeploy"), Title: pulumi.String("Deploys"), Permissions: pulumi.ToStringArray(s.permissions),
	}, on)
	if err != nil {
		return err
	}
	if _, err := projects.NewIAMMember(ctx, "deploy", &projects.IAMMemberArgs{Project: pulumi.String("acme-prod"), Role: role.ID(), Member: account.Member}); err != nil {
		return err
	}
	registry, err := artifactregistry.NewRepository(ctx, "images", &artifactregistry.RepositoryArgs{
		RepositoryId: pulumi.String("acme"), Location: pulumi.String("europe-west1"), Format: pulumi.String("DOCKER"),
	}, on)
	if err != nil {
		return err
	}
	if _, err := artifactregistry.NewRepositoryIamMember(ctx, "images", &artifactregistry.RepositoryIamMemberArgs{
		Repository: registry.Name, Location: registry.Location, Role: pulumi.String("roles/artifactregistry.writer"), Member: account.Member,
	}); err != nil {
		return err
	}
	address, err := compute.NewAddress(ctx, "machine", &compute.AddressArgs{}, on)
	if err != nil {
		return err
	}
	machine, err := compute.NewInstance(ctx, "machine", &compute.InstanceArgs{
		Name: pulumi.String("acme"), MachineType: pulumi.String(s.machineType), AllowStoppingForUpdate: pulumi.Bool(true),
		BootDisk: compute.InstanceBootDiskArgs{InitializeParams: compute.InstanceBootDiskInitializeParamsArgs{
			Image: pulumi.String(s.image), Size: pulumi.Int(40), Type: pulumi.String("pd-balanced"),
		}},
		NetworkInterfaces: compute.InstanceNetworkInterfaceArray{compute.InstanceNetworkInterfaceArgs{
			Subnetwork:    subnet.ID(),
			AccessConfigs: compute.InstanceNetworkInterfaceAccessConfigArray{compute.InstanceNetworkInterfaceAccessConfigArgs{NatIp: address.Address}},
		}},
		ServiceAccount: compute.InstanceServiceAccountArgs{Email: account.Email, Scopes: pulumi.ToStringArray([]string{"https://www.googleapis.com/auth/cloud-platform"})},
		Tags:           pulumi.ToStringArray([]string{"acme"}), Labels: pulumi.StringMap{"stack": pulumi.String("test")},
	})
	if err != nil {
		return err
	}
	ctx.Export("instance", machine.SelfLink)
	ctx.Export("privateIp", machine.NetworkInterfaces.Index(pulumi.Int(0)).NetworkIp())
	return nil
}
