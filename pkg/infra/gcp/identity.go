package gcp

import (
	"slices"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/secretmanager"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// IdentityArgs say who the machine is and what a deploy may do.
type IdentityArgs struct {
	// Name begins the names of accounts, roles and the secret; at most
	// MaxNameLength characters.
	Name string
	// Project is where they are.
	Project string
	// Targets are the app targets that deploys are allowed for:
	// google-cloud-run, google-cloud-cdn. Each adds its own role to the deploy
	// account, with what that target's plugin calls and nothing else.
	Targets []string
	// BucketPrefix begins the names of the buckets that a deploy may touch.
	// Default: Name-.
	BucketPrefix string
	// Labels go on everything that can carry them.
	Labels map[string]string
}

// Identity is the machine's service account, the one secret that it may read,
// the deploy account, which the machine may act as, and the account that apps
// run as.
type Identity struct {
	pulumi.ResourceState

	// MachineAccount, DeployAccount and AppAccount are e-mail addresses.
	MachineAccount, DeployAccount, AppAccount pulumi.StringOutput
	// SecretID is the secret that holds the Docker endpoint's key, as
	// projects/P/secrets/S.
	SecretID pulumi.StringOutput
}

// NewIdentity creates the accounts, their roles and the empty secret.
func NewIdentity(ctx *pulumi.Context, name string, args *IdentityArgs, opts ...pulumi.ResourceOption) (*Identity, error) {
	if err := args.check("identity " + name); err != nil {
		return nil, err
	}
	i := &Identity{}
	if err := ctx.RegisterComponentResource("pilot:gcp:Identity", name, i, opts...); err != nil {
		return nil, err
	}
	parent := pulumi.Parent(i)
	wanted := []string{"cloudresourcemanager", "iam", "iamcredentials", "secretmanager"}
	if slices.Contains(args.Targets, TargetCloudRun) {
		wanted = append(wanted, "run")
	}
	ready, err := services(ctx, name, args.Project, parent, wanted...)
	if err != nil {
		return nil, err
	}
	machine, err := args.account(ctx, name, "machine", "The platform's machine", parent, ready)
	if err != nil {
		return nil, err
	}
	deploy, err := args.account(ctx, name, "deploy", "Deploys of apps", parent, ready)
	if err != nil {
		return nil, err
	}
	app, err := args.account(ctx, name, "app", "Apps of the platform", parent, ready)
	if err != nil {
		return nil, err
	}
	secret, err := secretmanager.NewSecret(ctx, name+"-endpoint", &secretmanager.SecretArgs{
		SecretId: pulumi.String(args.Name + "-docker-endpoint"), Project: pulumi.String(args.Project),
		Replication: &secretmanager.SecretReplicationArgs{Auto: &secretmanager.SecretReplicationAutoArgs{}},
		Labels:      labels(args.Labels),
	}, parent, ready)
	if err != nil {
		return nil, err
	}
	if _, err := secretmanager.NewSecretIamMember(ctx, name+"-endpoint", &secretmanager.SecretIamMemberArgs{
		Project: pulumi.String(args.Project), SecretId: secret.ID(),
		Role: pulumi.String("roles/secretmanager.secretAccessor"), Member: machine.Member,
	}, parent); err != nil {
		return nil, err
	}
	// The machine has no right of its own to deploy: it asks for a token of
	// the deploy account, which lives for an hour at most.
	if _, err := serviceaccount.NewIAMMember(ctx, name+"-deploy", &serviceaccount.IAMMemberArgs{
		ServiceAccountId: deploy.Name, Role: pulumi.String("roles/iam.serviceAccountTokenCreator"), Member: machine.Member,
	}, parent); err != nil {
		return nil, err
	}
	if err := args.mayDeploy(ctx, name, deploy, app, parent, ready); err != nil {
		return nil, err
	}
	i.MachineAccount, i.DeployAccount, i.AppAccount = machine.Email, deploy.Email, app.Email
	i.SecretID = secret.ID().ToStringOutput()
	return i, ctx.RegisterResourceOutputs(i, pulumi.Map{
		"machineAccount": i.MachineAccount, "deployAccount": i.DeployAccount, "appAccount": i.AppAccount, "secretId": i.SecretID,
	})
}
