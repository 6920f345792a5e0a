package gcp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/projects"
	"github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp/serviceaccount"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// check tells what is wrong with what a component was given.
func (args *IdentityArgs) check(component string) error {
	for _, t := range args.Targets {
		if !slices.Contains(DeployTargets(), t) {
			return fmt.Errorf("%s: Targets %q: want %s", component, t, strings.Join(DeployTargets(), ", "))
		}
	}
	if len(args.Name) > MaxNameLength {
		return fmt.Errorf("%s: Name %q: want at most %d characters", component, args.Name, MaxNameLength)
	}
	return nil
}

// account makes one service account.
func (args *IdentityArgs) account(ctx *pulumi.Context, name, part, title string, options ...pulumi.ResourceOption) (*serviceaccount.Account, error) {
	return serviceaccount.NewAccount(ctx, name+"-"+part, &serviceaccount.AccountArgs{
		AccountId: pulumi.String(args.Name + "-" + part), Project: pulumi.String(args.Project), DisplayName: pulumi.String(title),
	}, options...)
}

// mayDeploy gives the deploy account the roles of the targets.
func (args *IdentityArgs) mayDeploy(ctx *pulumi.Context, name string, deploy, app *serviceaccount.Account, options ...pulumi.ResourceOption) error {
	for _, target := range args.Targets {
		if err := args.target(ctx, name, target, deploy, options...); err != nil {
			return err
		}
	}
	if !slices.Contains(args.Targets, TargetCloudRun) {
		return nil
	}
	// A deploy may hand over the apps' own account and no other.
	_, err := serviceaccount.NewIAMMember(ctx, name+"-app", &serviceaccount.IAMMemberArgs{
		ServiceAccountId: app.Name, Role: pulumi.String("roles/iam.serviceAccountUser"), Member: deploy.Member,
	}, options[0])
	return err
}

// target gives the deploy account the role of one app target.
func (args *IdentityArgs) target(ctx *pulumi.Context, name, target string, deploy *serviceaccount.Account, options ...pulumi.ResourceOption) error {
	role, err := projects.NewIAMCustomRole(ctx, name+"-"+target, &projects.IAMCustomRoleArgs{
		// The ids of roles take no hyphens.
		RoleId: pulumi.String(strings.ReplaceAll(args.Name+"_"+target, "-", "_")), Project: pulumi.String(args.Project),
		Title:       pulumi.String(args.Name + " deploys to " + target),
		Description: pulumi.String("What deploys of apps to " + target + " call, and nothing else"),
		Permissions: pulumi.ToStringArray(DeployPermissions(target)), Stage: pulumi.String("GA"),
	}, options...)
	if err != nil {
		return err
	}
	member := &projects.IAMMemberArgs{Project: pulumi.String(args.Project), Role: role.Name, Member: deploy.Member}
	if target == TargetCloudCDN {
		prefix := orElse(args.BucketPrefix, args.Name+"-")
		member.Condition = &projects.IAMMemberConditionArgs{
			Title:       pulumi.String("own_buckets"),
			Description: pulumi.String("Of buckets and objects, only those of this platform"),
			Expression: pulumi.String(`(resource.type != "storage.googleapis.com/Bucket" && resource.type != "storage.googleapis.com/Object") || ` +
				`resource.name.startsWith("projects/_/buckets/` + prefix + `")`),
		}
	}
	_, err = projects.NewIAMMember(ctx, name+"-"+target, member, options...)
	return err
}
