package gcp

import (
	"fmt"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/compute"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/secretmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// LatestImage as MachineArgs.Image follows the newest image.
const LatestImage = "latest"

// scopeForSecrets is the only OAuth scope that Secret Manager accepts from a
// machine. Its name is wide, but a scope only narrows: what the machine may do
// is what its service account was granted, which is to read one secret and to
// ask for a token of the deploy account.
// Source: https://cloud.google.com/secret-manager/docs/accessing-the-api
const scopeForSecrets = "https://www.googleapis.com/auth/cloud-platform"

// MachineArgs describe the machine that runs the platform.
type MachineArgs struct {
	// Name is the machine's name. It carries the network tag MachineTag(Name).
	Name string
	// Project and Region are where it is.
	Project, Region string
	// Zone is a zone of Region. Empty means the first that is up at the time of
	// the machine's creation; it then stays.
	Zone string
	// Type is the machine type, such as e2-medium.
	Type string
	// Image is an image's full name. Empty means the newest Ubuntu 24.04 at the
	// time of the machine's creation, which then stays. LatestImage means the
	// newest at every apply: the machine is replaced when there is another.
	Image string
	// Architecture is amd64, the default, or arm64. It must fit Type.
	Architecture string
	// DiskGB is the disk's size in GB. Default 40.
	DiskGB int
	// SubnetID and PublicIP are its place in the network.
	SubnetID, PublicIP pulumi.StringInput
	// PrivateIP, where set, is its address in the subnet.
	PrivateIP string
	// ServiceAccount is the e-mail address of the account that it runs as.
	ServiceAccount pulumi.StringInput
	// UserData is the cloud-config of its first boot. It must hold no secret. A
	// later change waits for the next machine: on one that has booted it would
	// do nothing.
	UserData pulumi.StringInput
	// SecretID is the secret that its Docker endpoint reads at each start, and
	// SecretValue what goes into it.
	SecretID, SecretValue pulumi.StringInput
	// Protect refuses deletion, and with it replacement.
	Protect bool
	// Labels go on everything that can carry them.
	Labels map[string]string
}

// Machine is one shielded VM with OS Login and a static address.
type Machine struct {
	pulumi.ResourceState

	// Instance is the machine itself. What stands on it goes with it, so give
	// that the option pulumi.DeletedWith(Instance): a machine that is replaced
	// need not answer first.
	Instance pulumi.Resource

	// InstanceID is the instance's id and PrivateIP its address in the network.
	InstanceID, PrivateIP pulumi.StringOutput
	// PublicIP is the static address. It is known only when the instance has it.
	PublicIP pulumi.StringOutput
	// Zone is where the instance is.
	Zone pulumi.StringOutput
}

// NewMachine starts the machine, after its secret is in place.
func NewMachine(ctx *pulumi.Context, name string, args *MachineArgs, opts ...pulumi.ResourceOption) (*Machine, error) {
	m := &Machine{}
	if err := ctx.RegisterComponentResource("pilot:gcp:Machine", name, m, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(m)
	// cloud-init does not run changed user-data on a machine that has booted.
	keep := []string{`metadata["user-data"]`}
	if args.Image == "" {
		keep = append(keep, "bootDisk.initializeParams.image")
	}
	zone := args.Zone
	if zone == "" {
		keep = append(keep, "zone")
		found, err := compute.GetZones(ctx, &compute.GetZonesArgs{Project: &args.Project, Region: &args.Region}, parent)
		if err != nil {
			return nil, fmt.Errorf("machine %s: look up the zones of %s: %w", name, args.Region, err)
		}
		if len(found.Names) == 0 {
			return nil, fmt.Errorf("machine %s: region %s has no zone that is up: choose another region", name, args.Region)
		}
		zone = found.Names[0]
	}
	image, err := machineImage(ctx, args, parent)
	if err != nil {
		return nil, fmt.Errorf("machine %s: %w", name, err)
	}
	secret, err := secretmanager.NewSecretVersion(ctx, name+"-endpoint", &secretmanager.SecretVersionArgs{
		Secret: args.SecretID, SecretData: pulumi.ToSecret(args.SecretValue.ToStringOutput()).(pulumi.StringOutput),
	}, parent)
	if err != nil {
		return nil, err
	}
	nic := &compute.InstanceNetworkInterfaceArgs{
		Subnetwork: args.SubnetID.ToStringOutput(),
		AccessConfigs: compute.InstanceNetworkInterfaceAccessConfigArray{
			&compute.InstanceNetworkInterfaceAccessConfigArgs{NatIp: args.PublicIP.ToStringOutput(), NetworkTier: pulumi.String("PREMIUM")},
		},
	}
	if args.PrivateIP != "" {
		nic.NetworkIp = pulumi.String(args.PrivateIP)
	}
	machine, err := compute.NewInstance(ctx, name+"-instance", &compute.InstanceArgs{
		Name: pulumi.String(args.Name), Project: pulumi.String(args.Project), Zone: pulumi.String(zone),
		MachineType: pulumi.String(args.Type), AllowStoppingForUpdate: pulumi.Bool(true),
		BootDisk: &compute.InstanceBootDiskArgs{
			AutoDelete: pulumi.Bool(true),
			InitializeParams: &compute.InstanceBootDiskInitializeParamsArgs{
				Image: pulumi.String(image), Size: pulumi.Int(orElse(args.DiskGB, 40)), Type: pulumi.String("pd-balanced"),
				Labels: labels(args.Labels),
			},
		},
		NetworkInterfaces: compute.InstanceNetworkInterfaceArray{nic},
		ServiceAccount: &compute.InstanceServiceAccountArgs{
			Email: args.ServiceAccount.ToStringOutput(), Scopes: pulumi.StringArray{pulumi.String(scopeForSecrets)},
		},
		ShieldedInstanceConfig: &compute.InstanceShieldedInstanceConfigArgs{
			EnableSecureBoot: pulumi.Bool(true), EnableVtpm: pulumi.Bool(true), EnableIntegrityMonitoring: pulumi.Bool(true),
		},
		Metadata: pulumi.StringMap{
			"user-data":              args.UserData,
			"enable-oslogin":         pulumi.String("TRUE"),
			"block-project-ssh-keys": pulumi.String("TRUE"),
		},
		Tags:               pulumi.StringArray{pulumi.String(MachineTag(args.Name))},
		DeletionProtection: pulumi.Bool(args.Protect),
		Labels:             labels(args.Labels),
	}, parent, pulumi.DependsOn([]pulumi.Resource{secret}), pulumi.Protect(args.Protect), pulumi.IgnoreChanges(keep),
		// Its addresses and name cannot be held by two machines.
		pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return nil, err
	}
	m.Instance = machine
	m.InstanceID, m.Zone = machine.InstanceId, machine.Zone
	m.PrivateIP = machine.NetworkInterfaces.Index(pulumi.Int(0)).NetworkIp().Elem()
	m.PublicIP = machine.NetworkInterfaces.Index(pulumi.Int(0)).AccessConfigs().Index(pulumi.Int(0)).NatIp().Elem()
	return m, ctx.RegisterResourceOutputs(m, pulumi.Map{
		"instanceId": m.InstanceID, "privateIp": m.PrivateIP, "publicIp": m.PublicIP,
	})
}

func machineImage(ctx *pulumi.Context, args *MachineArgs, option pulumi.InvokeOption) (string, error) {
	if args.Image != "" && args.Image != LatestImage {
		return args.Image, nil
	}
	family, project := "ubuntu-2404-lts-"+orElse(args.Architecture, "amd64"), "ubuntu-os-cloud"
	found, err := compute.LookupImage(ctx, &compute.LookupImageArgs{Family: &family, Project: &project}, option)
	if err != nil {
		return "", fmt.Errorf("look up the image of Ubuntu 24.04: %w", err)
	}
	return found.SelfLink, nil
}
