package gcp

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// DeployerArgs describe who deploys from outside Google Cloud, where no machine
// has an identity.
type DeployerArgs struct {
	// Name begins the names of accounts and roles; at most MaxNameLength
	// characters.
	Name string
	// Project is where they are.
	Project string
	// Targets are the app targets that deploys are allowed for, as in
	// IdentityArgs.
	Targets []string
	// Key is the number of the deploy account's key, at least 1. Another number
	// makes another key; the old one is deleted after everything that uses it
	// has been changed.
	Key int
	// KeyAfter, where set, is there before the key is made.
	KeyAfter pulumi.Resource
	// Labels go on everything that can carry them.
	Labels map[string]string
}

// Deployer is a deploy account with one key, and the account that apps run as.
// They have the same roles as on a platform on Google Cloud.
type Deployer struct {
	pulumi.ResourceState

	// DeployAccount and AppAccount are e-mail addresses.
	DeployAccount, AppAccount pulumi.StringOutput
	// KeyID names the key, and Credentials is the base64 of its JSON file, a
	// secret.
	KeyID, Credentials pulumi.StringOutput
}

// NewDeployer creates the accounts, their roles and the key.
func NewDeployer(ctx *pulumi.Context, name string, args *DeployerArgs, opts ...pulumi.ResourceOption) (*Deployer, error) {
	who := &IdentityArgs{Name: args.Name, Project: args.Project, Targets: args.Targets, Labels: args.Labels}
	if err := who.check("deployer " + name); err != nil {
		return nil, err
	}
	if args.Key < 1 {
		return nil, fmt.Errorf("deployer %s: Key %d: want 1 or more", name, args.Key)
	}
	d := &Deployer{}
	if err := ctx.RegisterComponentResource("pilot:gcp:Deployer", name, d, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(d)
	wanted := []string{"cloudresourcemanager", "iam"}
	if slices.Contains(args.Targets, TargetCloudRun) {
		wanted = append(wanted, "run")
	}
	ready, err := services(ctx, name, args.Project, parent, wanted...)
	if err != nil {
		return nil, err
	}
	deploy, err := who.account(ctx, name, "deploy", "Deploys of apps", parent, ready)
	if err != nil {
		return nil, err
	}
	app, err := who.account(ctx, name, "app", "Apps that are deployed from outside", parent, ready)
	if err != nil {
		return nil, err
	}
	if err := who.mayDeploy(ctx, name, deploy, app, parent, ready); err != nil {
		return nil, err
	}
	key, err := serviceaccount.NewKey(ctx, fmt.Sprintf("%s-key-%d", name, args.Key), &serviceaccount.KeyArgs{
		ServiceAccountId: deploy.Name,
	}, parent, after(args.KeyAfter))
	if err != nil {
		return nil, err
	}
	d.DeployAccount, d.AppAccount = deploy.Email, app.Email
	d.KeyID, d.Credentials = key.Name, pulumi.ToSecret(key.PrivateKey).(pulumi.StringOutput)
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{"deployAccount": d.DeployAccount, "appAccount": d.AppAccount, "keyId": d.KeyID})
}

// after is an option that does nothing where there is no resource.
func after(first pulumi.Resource) pulumi.ResourceOption {
	if first == nil {
		return pulumi.DependsOn(nil)
	}
	return pulumi.DependsOn([]pulumi.Resource{first})
}
