package aws

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Canonical's account, which publishes Ubuntu's images.
// Source: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/
const canonical = "099720109477"

// LatestImage as MachineArgs.Image follows the newest image.
const LatestImage = "latest"

// MachineArgs describe the machine that runs the platform.
type MachineArgs struct {
	// Name is the machine's name.
	Name string
	// Type is the instance type, such as t3.medium.
	Type string
	// Image is an AMI's id. Empty means the newest Ubuntu 24.04 at the time of
	// the machine's creation, which then stays. LatestImage means the newest at
	// every apply: the machine is replaced when Ubuntu publishes another.
	Image string
	// Architecture is amd64, the default, or arm64. It must fit Type.
	Architecture string
	// DiskGB is the disk's size in GiB. Default 40.
	DiskGB int
	// SubnetID, SecurityGroupID and AllocationID are its place in the network.
	SubnetID, SecurityGroupID, AllocationID pulumi.StringInput
	// PrivateIP, where set, is its address in the subnet.
	PrivateIP string
	// InstanceProfile is the machine's role.
	InstanceProfile pulumi.StringInput
	// UserData is the cloud-config of its first boot. It must hold no secret. A
	// later change waits for the next machine: it neither stops nor replaces
	// one, on which it would do nothing.
	UserData pulumi.StringInput
	// SecretARN is the secret that its Docker endpoint reads at each start, and
	// SecretValue what goes into it.
	SecretARN, SecretValue pulumi.StringInput
	// Protect refuses deletion, and with it replacement.
	Protect bool
	// Tags go on everything.
	Tags map[string]string
}

// Machine is one EC2 instance with an encrypted disk, version 2 of the
// metadata service within one hop, and an Elastic IP.
type Machine struct {
	pulumi.ResourceState

	// Instance is the machine itself. What stands on it goes with it, so give
	// that the option pulumi.DeletedWith(Instance): a machine that is replaced
	// need not answer first.
	Instance pulumi.Resource

	// InstanceID is the instance's id and PrivateIP its address in the VPC.
	InstanceID pulumi.IDOutput
	PrivateIP  pulumi.StringOutput
	// PublicIP is the Elastic IP. It is known only when the instance has it.
	PublicIP pulumi.StringOutput
}

// NewMachine starts the machine, after its secret is in place.
func NewMachine(ctx *pulumi.Context, name string, args *MachineArgs, opts ...pulumi.ResourceOption) (*Machine, error) {
	m := &Machine{}
	if err := ctx.RegisterComponentResource("pilot:aws:Machine", name, m, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(m)
	image, err := machineImage(ctx, args, parent)
	if err != nil {
		return nil, fmt.Errorf("machine %s: %w", name, err)
	}
	secret, err := secretsmanager.NewSecretVersion(ctx, name+"-endpoint", &secretsmanager.SecretVersionArgs{
		SecretId: args.SecretARN, SecretString: pulumi.ToSecret(args.SecretValue.ToStringOutput()).(pulumi.StringOutput),
	}, parent)
	if err != nil {
		return nil, err
	}
	instance := &ec2.InstanceArgs{
		Ami: pulumi.String(image), InstanceType: pulumi.String(args.Type),
		SubnetId: args.SubnetID, VpcSecurityGroupIds: pulumi.StringArray{args.SecurityGroupID},
		IamInstanceProfile: args.InstanceProfile, UserData: args.UserData.ToStringOutput(),
		EbsOptimized: pulumi.Bool(true),
		MetadataOptions: &ec2.InstanceMetadataOptionsArgs{
			HttpEndpoint: pulumi.String("enabled"), HttpTokens: pulumi.String("required"),
			// One hop: a container on the bridge network cannot reach it.
			HttpPutResponseHopLimit: pulumi.Int(1),
		},
		RootBlockDevice: &ec2.InstanceRootBlockDeviceArgs{
			VolumeType: pulumi.String("gp3"), VolumeSize: pulumi.Int(orElse(args.DiskGB, 40)),
			Encrypted: pulumi.Bool(true), DeleteOnTermination: pulumi.Bool(true),
			Tags: tagged(args.Tags, args.Name),
		},
		DisableApiTermination: pulumi.Bool(args.Protect),
		Tags:                  tagged(args.Tags, args.Name),
	}
	if args.PrivateIP != "" {
		instance.PrivateIp = pulumi.String(args.PrivateIP)
	}
	// EC2 stops a machine to change its user-data, which cloud-init then does not
	// run again.
	keep := []string{"userData"}
	if args.Image == "" {
		keep = append(keep, "ami")
	}
	machine, err := ec2.NewInstance(ctx, name+"-instance", instance,
		parent, pulumi.DependsOn([]pulumi.Resource{secret}), pulumi.Protect(args.Protect), pulumi.IgnoreChanges(keep),
		// Its address cannot be held by two machines.
		pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return nil, err
	}
	address, err := ec2.NewEipAssociation(ctx, name+"-address", &ec2.EipAssociationArgs{
		AllocationId: args.AllocationID, InstanceId: machine.ID(),
	}, parent)
	if err != nil {
		return nil, err
	}
	m.Instance = machine
	m.InstanceID, m.PrivateIP, m.PublicIP = machine.ID(), machine.PrivateIp, address.PublicIp
	return m, ctx.RegisterResourceOutputs(m, pulumi.Map{
		"instanceId": m.InstanceID, "privateIp": m.PrivateIP, "publicIp": m.PublicIP,
	})
}

func machineImage(ctx *pulumi.Context, args *MachineArgs, option pulumi.InvokeOption) (string, error) {
	if args.Image != "" && args.Image != LatestImage {
		return args.Image, nil
	}
	newest := true
	found, err := ec2.LookupAmi(ctx, &ec2.LookupAmiArgs{
		MostRecent: &newest, Owners: []string{canonical},
		Filters: []ec2.GetAmiFilter{
			{Name: "name", Values: []string{
				"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-" + orElse(args.Architecture, "amd64") + "-server-*",
			}},
			{Name: "virtualization-type", Values: []string{"hvm"}},
		},
	}, option)
	if err != nil {
		return "", fmt.Errorf("look up the image of Ubuntu 24.04: %w", err)
	}
	return found.Id, nil
}
