package aws

import (
	"fmt"
	"slices"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// DeployerArgs describe who deploys from outside AWS, where no machine has an
// identity.
type DeployerArgs struct {
	// Name begins the names of the user and of the role.
	Name string
	// Targets are the app targets that deploys are allowed for, as in
	// IdentityArgs.
	Targets []string
	// VPCID is the only network in which a deploy may make security groups.
	// Default: the account's default VPC in the region, where a target needs one.
	VPCID string
	// Key is the number of the access key, at least 1. Another number makes
	// another key; the old one is deleted after everything that uses it has
	// been changed.
	Key int
	// KeyAfter, where set, is there before the key is made.
	KeyAfter pulumi.Resource
	// Tags go on everything.
	Tags map[string]string
}

// Deployer is a user with one access key, who may do nothing but take on the
// deploy role: the role has the same policies as on a platform on AWS.
type Deployer struct {
	pulumi.ResourceState

	// DeployRoleARN is the role.
	DeployRoleARN pulumi.StringOutput
	// AccessKeyID and SecretAccessKey are the user's key; the latter is a secret.
	AccessKeyID, SecretAccessKey pulumi.StringOutput
}

// NewDeployer creates the user, its key and the role.
func NewDeployer(ctx *pulumi.Context, name string, args *DeployerArgs, opts ...pulumi.ResourceOption) (*Deployer, error) {
	if err := checkTargets("deployer "+name, args.Targets); err != nil {
		return nil, err
	}
	if args.Key < 1 {
		return nil, fmt.Errorf("deployer %s: Key %d: want 1 or more", name, args.Key)
	}
	d := &Deployer{}
	if err := ctx.RegisterComponentResource("pilot:aws:Deployer", name, d, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(d)
	where, err := whereAmI(ctx, parent)
	if err != nil {
		return nil, fmt.Errorf("deployer %s: %w", name, err)
	}
	vpc, err := deployVPC(ctx, args, parent)
	if err != nil {
		return nil, fmt.Errorf("deployer %s: %w", name, err)
	}
	user, err := iam.NewUser(ctx, name+"-user", &iam.UserArgs{
		Name: pulumi.String(args.Name + "-runner"), Tags: tagged(args.Tags, args.Name+"-runner"),
		// A key that an interrupted run made, and nobody knows of, goes with it:
		// another name is to be another user, and not the same one renamed.
		ForceDestroy: pulumi.Bool(true),
	}, parent, pulumi.ReplaceOnChanges([]string{"name"}))
	if err != nil {
		return nil, err
	}
	role, err := deployRole(ctx, name, where, user.Arn, &IdentityArgs{
		Name: args.Name, Targets: args.Targets, VPCID: pulumi.String(vpc), Tags: args.Tags,
	}, parent)
	if err != nil {
		return nil, err
	}
	if _, err := iam.NewUserPolicy(ctx, name+"-user", &iam.UserPolicyArgs{
		Name: pulumi.String("deploy"), User: user.Name,
		Policy: role.Arn.ApplyT(infra.Guard(func(arn string) string {
			return policy(Statement{Effect: "Allow", Action: []string{"sts:AssumeRole"}, Resource: []string{arn}})
		})).(pulumi.StringOutput),
	}, parent); err != nil {
		return nil, err
	}
	key, err := iam.NewAccessKey(ctx, fmt.Sprintf("%s-key-%d", name, args.Key), &iam.AccessKeyArgs{User: user.Name}, parent, after(args.KeyAfter))
	if err != nil {
		return nil, err
	}
	d.DeployRoleARN, d.AccessKeyID = role.Arn, key.ID().ToStringOutput()
	d.SecretAccessKey = pulumi.ToSecret(key.Secret).(pulumi.StringOutput)
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{"deployRoleArn": d.DeployRoleARN, "accessKeyId": d.AccessKeyID})
}

// deployVPC is the VPC for security groups; empty where no target makes any.
func deployVPC(ctx *pulumi.Context, args *DeployerArgs, option pulumi.InvokeOption) (string, error) {
	needed := slices.ContainsFunc(args.Targets, func(t string) bool { return t != TargetCloudFront })
	if args.VPCID != "" || !needed {
		return args.VPCID, nil
	}
	yes := true
	found, err := ec2.LookupVpc(ctx, &ec2.LookupVpcArgs{Default: &yes}, option)
	if err != nil {
		return "", fmt.Errorf("look up the account's default VPC (name another with VPCID): %w", err)
	}
	return found.Id, nil
}

// after is an option that does nothing where there is no resource.
func after(first pulumi.Resource) pulumi.ResourceOption {
	if first == nil {
		return pulumi.DependsOn(nil)
	}
	return pulumi.DependsOn([]pulumi.Resource{first})
}
