package aws

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/infra"
	awssdk "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// IdentityArgs say who the machine is and what a deploy may do.
type IdentityArgs struct {
	// Name begins the names of roles and of the secret.
	Name string
	// Targets are the app targets that deploys are allowed for: aws-ecs,
	// aws-ec2, aws-lambda, aws-cloudfront. Each adds its own policy to the
	// deploy role, with what that target's plugin calls and nothing else.
	Targets []string
	// VPCID is the only network in which a deploy may make security groups.
	VPCID pulumi.StringInput
	// Repositories are patterns of ECR repositories that a deploy may make and
	// push to. Default: Name itself, Name/* and waypoint-*.
	Repositories []string
	// Buckets are patterns of S3 buckets for static sites. Default: Name-*.
	Buckets []string
	// Apps are patterns of app names. Default: any.
	Apps []string
	// RecoveryDays is how long the deleted secret can be brought back: 0, or 7
	// to 30 (the limits of Secrets Manager). With 0 the name is free at once.
	RecoveryDays int
	// Tags go on everything.
	Tags map[string]string
}

// Identity is the machine's role, the one secret that it may read, and the
// deploy role, which the machine may take on.
type Identity struct {
	pulumi.ResourceState

	// InstanceProfile is what a machine is started with.
	InstanceProfile pulumi.StringOutput
	// MachineRoleARN and DeployRoleARN name the two roles.
	MachineRoleARN, DeployRoleARN pulumi.StringOutput
	// SecretARN is the secret that holds the Docker endpoint's key.
	SecretARN pulumi.StringOutput
}

// NewIdentity creates the roles, their policies and the empty secret.
func NewIdentity(ctx *pulumi.Context, name string, args *IdentityArgs, opts ...pulumi.ResourceOption) (*Identity, error) {
	if err := checkTargets("identity "+name, args.Targets); err != nil {
		return nil, err
	}
	i := &Identity{}
	if err := ctx.RegisterComponentResource("pilot:aws:Identity", name, i, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(i)
	where, err := whereAmI(ctx, parent)
	if err != nil {
		return nil, fmt.Errorf("identity %s: %w", name, err)
	}

	secret, err := secretsmanager.NewSecret(ctx, name+"-endpoint", &secretsmanager.SecretArgs{
		Name: pulumi.String(args.Name + "-docker-endpoint"), Description: pulumi.String("Certificate and key of the machine's Docker endpoint"),
		RecoveryWindowInDays: pulumi.Int(args.RecoveryDays), Tags: tagged(args.Tags, args.Name),
	}, parent)
	if err != nil {
		return nil, err
	}
	machine, err := iam.NewRole(ctx, name+"-machine", &iam.RoleArgs{
		Name: pulumi.String(args.Name + "-machine"), Description: pulumi.String("The platform's machine"),
		AssumeRolePolicy: pulumi.String(policy(Statement{
			Effect: "Allow", Action: []string{"sts:AssumeRole"},
			Principal: map[string]string{"Service": "ec2." + where.suffix},
		})),
		Tags: tagged(args.Tags, args.Name+"-machine"),
	}, parent)
	if err != nil {
		return nil, err
	}
	deploy, err := deployRole(ctx, name, where, machine.Arn, args, parent)
	if err != nil {
		return nil, err
	}
	if _, err := iam.NewRolePolicy(ctx, name+"-machine", &iam.RolePolicyArgs{
		Name: pulumi.String("machine"), Role: machine.Name,
		Policy: pulumi.All(secret.Arn, deploy.Arn).ApplyT(infra.Guard(func(v []any) string {
			return policy(
				Statement{Effect: "Allow", Action: []string{"secretsmanager:GetSecretValue"}, Resource: []string{v[0].(string)}},
				Statement{Effect: "Allow", Action: []string{"sts:AssumeRole"}, Resource: []string{v[1].(string)}},
			)
		})).(pulumi.StringOutput),
	}, parent); err != nil {
		return nil, err
	}
	profile, err := iam.NewInstanceProfile(ctx, name+"-machine", &iam.InstanceProfileArgs{
		Name: pulumi.String(args.Name + "-machine"), Role: machine.Name, Tags: tagged(args.Tags, args.Name+"-machine"),
	}, parent)
	if err != nil {
		return nil, err
	}
	i.InstanceProfile, i.MachineRoleARN, i.DeployRoleARN, i.SecretARN = profile.Name, machine.Arn, deploy.Arn, secret.Arn
	return i, ctx.RegisterResourceOutputs(i, pulumi.Map{
		"machineRoleArn": i.MachineRoleARN, "deployRoleArn": i.DeployRoleARN, "secretArn": i.SecretARN,
	})
}

// place is what the names of resources are made of.
type place struct{ partition, suffix, region, account string }

func whereAmI(ctx *pulumi.Context, option pulumi.InvokeOption) (place, error) {
	caller, err := awssdk.GetCallerIdentity(ctx, nil, option)
	if err != nil {
		return place{}, fmt.Errorf("look up the account: %w", err)
	}
	region, err := awssdk.GetRegion(ctx, nil, option)
	if err != nil {
		return place{}, fmt.Errorf("look up the region: %w", err)
	}
	partition, err := awssdk.GetPartition(ctx, nil, option)
	if err != nil {
		return place{}, fmt.Errorf("look up the partition: %w", err)
	}
	return place{
		partition: partition.Partition, suffix: partition.DnsSuffix,
		region: region.Name, account: caller.AccountId,
	}, nil
}
