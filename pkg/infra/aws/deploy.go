package aws

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// checkTargets tells which of a component's targets there is not.
func checkTargets(component string, targets []string) error {
	for _, t := range targets {
		if !slices.Contains(DeployTargets(), t) {
			return fmt.Errorf("%s: Targets %q: want %s", component, t, strings.Join(DeployTargets(), ", "))
		}
	}
	return nil
}

// deployRole makes the role that deploys take on, with the policies of its
// targets. The principal alone may take it on.
func deployRole(ctx *pulumi.Context, name string, where place, principal pulumi.StringOutput, args *IdentityArgs, parent pulumi.ResourceOption) (*iam.Role, error) {
	deploy, err := iam.NewRole(ctx, name+"-deploy", &iam.RoleArgs{
		Name: pulumi.String(args.Name + "-deploy"), Description: pulumi.String("Deploys of apps"),
		AssumeRolePolicy: principal.ApplyT(infra.Guard(func(arn string) string {
			return policy(Statement{
				Effect: "Allow", Action: []string{"sts:AssumeRole"}, Principal: map[string]string{"AWS": arn},
			})
		})).(pulumi.StringOutput),
		Tags: tagged(args.Tags, args.Name+"-deploy"),
	}, parent)
	if err != nil {
		return nil, err
	}
	for _, part := range where.parts(args) {
		if !slices.ContainsFunc(part.targets, func(t string) bool { return slices.Contains(args.Targets, t) }) {
			continue
		}
		if _, err := iam.NewRolePolicy(ctx, name+"-deploy-"+part.name, &iam.RolePolicyArgs{
			Name: pulumi.String(part.name), Role: deploy.Name,
			Policy: args.VPCID.ToStringOutput().ApplyT(infra.Guard(func(vpc string) string {
				return policy(part.statements(vpc)...)
			})).(pulumi.StringOutput),
		}, parent); err != nil {
			return nil, err
		}
	}
	return deploy, nil
}
