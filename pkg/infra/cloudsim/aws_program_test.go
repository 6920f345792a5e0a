package cloudsim

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// awsSpec is what the tests change about awsProgram.
type awsSpec struct {
	instanceType string
	imageDate    string
	password     string
	groupName    string
	skipSnapshot bool
	recovery     int
}

func newAWSSpec() *awsSpec {
	return &awsSpec{instanceType: "t3.medium", imageDate: "20250821", password: "correct-horse-battery", groupName: "machine", skipSnapshot: true}
}

// program is a small platform: network, firewall, role, database, machine.
func (s *awsSpec) program(ctx *pulumi.Context) error {
	zones, err := aws.GetAvailabilityZones(ctx, &aws.GetAvailabilityZonesArgs{State: pulumi.StringRef("available")})
	if err != nil {
		return err
	}
	network, err := ec2.NewVpc(ctx, "network", &ec2.VpcArgs{
		CidrBlock: pulumi.String("10.1.0.0/16"), EnableDnsHostnames: pulumi.Bool(true), Tags: pulumi.StringMap{"Name": pulumi.String("acme")},
	})
	if err != nil {
		return err
	}
	gateway, err := ec2.NewInternetGateway(ctx, "gateway", &ec2.InternetGatewayArgs{VpcId: network.ID()})
	if err != nil {
		return err
	}
	table, err := ec2.NewRouteTable(ctx, "public", &ec2.RouteTableArgs{VpcId: network.ID()})
	if err != nil {
		return err
	}
	if _, err := ec2.NewRoute(ctx, "out", &ec2.RouteArgs{
		RouteTableId: table.ID(), DestinationCidrBlock: pulumi.String("0.0.0.0/0"), GatewayId: gateway.ID(),
	}); err != nil {
		return err
	}
	var subnets []*ec2.Subnet
	for i, cidr := range []string{"10.1.0.0/24", "10.1.1.0/24", "10.1.2.0/24"} {
		subnet, err := ec2.NewSubnet(ctx, "subnet"+cidr[5:6], &ec2.SubnetArgs{
			VpcId: network.ID(), CidrBlock: pulumi.String(cidr), AvailabilityZone: pulumi.String(zones.Names[i%2]),
		})
		if err != nil {
			return err
		}
		subnets = append(subnets, subnet)
	}
	if _, err := ec2.NewRouteTableAssociation(ctx, "public", &ec2.RouteTableAssociationArgs{SubnetId: subnets[0].ID(), RouteTableId: table.ID()}); err != nil {
		return err
	}
	machineGroup, err := ec2.NewSecurityGroup(ctx, "machine", &ec2.SecurityGroupArgs{
		Name: pulumi.String(s.groupName), Description: pulumi.String("The machine"), VpcId: network.ID(),
	})
	if err != nil {
		return err
	}
	dbGroup, err := ec2.NewSecurityGroup(ctx, "database", &ec2.SecurityGroupArgs{Description: pulumi.String("The database"), VpcId: network.ID()})
	if err != nil {
		return err
	}
	if _, err := vpc.NewSecurityGroupIngressRule(ctx, "docker", &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId: machineGroup.ID(), IpProtocol: pulumi.String("tcp"), FromPort: pulumi.Int(2376), ToPort: pulumi.Int(2376),
		CidrIpv4: pulumi.String("203.0.113.7/32"),
	}); err != nil {
		return err
	}
	if _, err := vpc.NewSecurityGroupIngressRule(ctx, "database", &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId: dbGroup.ID(), IpProtocol: pulumi.String("tcp"), FromPort: pulumi.Int(5432), ToPort: pulumi.Int(5432),
		ReferencedSecurityGroupId: machineGroup.ID(),
	}); err != nil {
		return err
	}
	return s.machine(ctx, subnets, machineGroup, dbGroup)
}

func (s *awsSpec) machine(ctx *pulumi.Context, subnets []*ec2.Subnet, machineGroup, dbGroup *ec2.SecurityGroup) error {
	group, err := rds.NewSubnetGroup(ctx, "database", &rds.SubnetGroupArgs{SubnetIds: pulumi.StringArray{subnets[1].ID(), subnets[2].ID()}})
	if err != nil {
		return err
	}
	db, err := rds.NewInstance(ctx, "database", &rds.InstanceArgs{
		Identifier: pulumi.String("acme"), Engine: pulumi.String("postgres"), EngineVersion: pulumi.String("16"),
		InstanceClass: pulumi.String("db.t4g.micro"), AllocatedStorage: pulumi.Int(20), StorageEncrypted: pulumi.Bool(true),
		Username: pulumi.String("pilot"), Password: pulumi.ToSecret(pulumi.String(s.password)).(pulumi.StringOutput),
		DbSubnetGroupName: group.Name, VpcSecurityGroupIds: pulumi.StringArray{dbGroup.ID()},
		SkipFinalSnapshot: pulumi.Bool(s.skipSnapshot), FinalSnapshotIdentifier: pulumi.String("acme-last"),
	})
	if err != nil {
		return err
	}
	trust, err := iam.GetPolicyDocument(ctx, &iam.GetPolicyDocumentArgs{Statements: []iam.GetPolicyDocumentStatement{{
		Actions:    []string{"sts:AssumeRole"},
		Principals: []iam.GetPolicyDocumentStatementPrincipal{{Type: "Service", Identifiers: []string{"ec2.amazonaws.com"}}},
	}}})
	if err != nil {
		return err
	}
	role, err := iam.NewRole(ctx, "machine", &iam.RoleArgs{AssumeRolePolicy: pulumi.String(trust.Json)})
	if err != nil {
		return err
	}
	profile, err := iam.NewInstanceProfile(ctx, "machine", &iam.InstanceProfileArgs{Role: role.Name})
	if err != nil {
		return err
	}
	secret, err := secretsmanager.NewSecret(ctx, "endpoint", &secretsmanager.SecretArgs{
		Name: pulumi.String("acme/endpoint"), RecoveryWindowInDays: pulumi.Int(s.recovery),
	})
	if err != nil {
		return err
	}
	if _, err := secretsmanager.NewSecretVersion(ctx, "endpoint", &secretsmanager.SecretVersionArgs{
		SecretId: secret.ID(), SecretString: pulumi.ToSecret(pulumi.String(s.password)).(pulumi.StringOutput),
	}); err != nil {
		return err
	}
	image, err := ec2.LookupAmi(ctx, &ec2.LookupAmiArgs{
		Owners: []string{"099720109477"}, MostRecent: pulumi.BoolRef(true),
		Filters: []ec2.GetAmiFilter{{Name: "name", Values: []string{"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-" + s.imageDate}}},
	})
	if err != nil {
		return err
	}
	machine, err := ec2.NewInstance(ctx, "machine", &ec2.InstanceArgs{
		Ami: pulumi.String(image.Id), InstanceType: pulumi.String(s.instanceType), SubnetId: subnets[0].ID(),
		VpcSecurityGroupIds: pulumi.StringArray{machineGroup.ID()}, IamInstanceProfile: profile.Name,
		RootBlockDevice: ec2.InstanceRootBlockDeviceArgs{VolumeType: pulumi.String("gp3"), VolumeSize: pulumi.Int(40), Encrypted: pulumi.Bool(true)},
		MetadataOptions: ec2.InstanceMetadataOptionsArgs{HttpTokens: pulumi.String("required"), HttpPutResponseHopLimit: pulumi.Int(1)},
		Tags:            pulumi.StringMap{"Name": pulumi.String("machine")},
	})
	if err != nil {
		return err
	}
	address, err := ec2.NewEip(ctx, "machine", &ec2.EipArgs{Domain: pulumi.String("vpc")})
	if err != nil {
		return err
	}
	if _, err := ec2.NewEipAssociation(ctx, "machine", &ec2.EipAssociationArgs{AllocationId: address.ID(), InstanceId: machine.ID()}); err != nil {
		return err
	}
	ctx.Export("instanceId", machine.ID())
	ctx.Export("publicIp", address.PublicIp)
	ctx.Export("dbHost", db.Address)
	ctx.Export("roleArn", role.Arn)
	return nil
}
