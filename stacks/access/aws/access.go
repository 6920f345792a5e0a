// Package aws is the stack that lets a platform's runners deploy to Amazon Web
// Services from elsewhere: a user whose one key may do nothing but take on the
// deploy role.
package aws

import (
	"context"
	"fmt"
	"os"
	"regexp"

	"github.com/pilot-framework/pilot/pkg/engine/plugins"
	"github.com/pilot-framework/pilot/pkg/infra"
	components "github.com/pilot-framework/pilot/pkg/infra/aws"
	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pilot-framework/pilot/stacks/access"
	platform "github.com/pilot-framework/pilot/stacks/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Access is the spec.
type Access struct {
	access.Common
	// Region is where apps are deployed by default. Default: $AWS_REGION, then
	// $AWS_DEFAULT_REGION, then us-east-1.
	Region string
	// VPC is the only network in which a deploy may make security groups.
	// Default: the region's default VPC, where a target needs one.
	VPC string
}

// The outputs that only this cloud has.
const (
	outputRegion       = "region"
	outputVPC          = "vpcId"
	outputDeployRole   = "deployRoleArn"
	outputBucketPrefix = "bucketPrefix"
)

var vpcForm = regexp.MustCompile(`^vpc-[0-9a-f]{8,17}$`)

// Complete fills in the defaults and validates.
func (a *Access) Complete() error {
	for _, region := range []string{os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), "us-east-1"} {
		if a.Region == "" {
			a.Region = region
		}
	}
	if err := stacks.CheckOneOf("region", a.Region, platform.Regions()); err != nil {
		return err
	}
	if a.VPC != "" && !vpcForm.MatchString(a.VPC) {
		return fmt.Errorf("vpc %q: want an id such as vpc-0123456789abcdef0", a.VPC)
	}
	if len(a.Targets) == 0 {
		a.Targets = []string{components.TargetECS, components.TargetCloudFront}
	}
	return a.Validate(components.DeployTargets())
}

// Recall takes over what was recorded the last time.
func (a *Access) Recall(outputs auto.OutputMap) {
	a.RecallCommon(outputs)
	if a.Region == "" {
		a.Region = access.Text(outputs, outputRegion)
	}
	if a.VPC == "" {
		a.VPC = access.Text(outputs, outputVPC)
	}
}

// Program is the inline program: user, key and role, then the runners'
// configuration. A new key is with the runners before the old one goes.
func (a *Access) Program() pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		attempt, err := access.Attempt(ctx, a.Key)
		if err != nil {
			return err
		}
		deployer, err := components.NewDeployer(ctx, "access", &components.DeployerArgs{
			Name: a.Name, Targets: a.Targets, VPCID: a.VPC, Key: a.Key, KeyAfter: attempt, Tags: stacks.Labels(ctx.Project(), ctx.Stack(), nil),
		})
		if err != nil {
			return err
		}
		keys, config := a.Dir+"/pilot-aws-credentials", a.Dir+"/pilot-aws-config"
		if _, err := pilot.NewRunnerConfig(ctx, "runners", &pilot.RunnerConfigArgs{
			Server: pulumi.String(a.Server),
			Variables: pulumi.StringMap{
				"AWS_SHARED_CREDENTIALS_FILE": pulumi.String(keys), "AWS_CONFIG_FILE": pulumi.String(config),
			},
			Files: pulumi.ToSecret(pulumi.StringMap{
				keys:   pulumi.Sprintf(keyFile, deployer.AccessKeyID, deployer.SecretAccessKey),
				config: pulumi.Sprintf(configFile, a.Region, deployer.DeployRoleARN),
			}).(pulumi.StringMapOutput),
		}, pulumi.DependsOn([]pulumi.Resource{deployer})); err != nil {
			return err
		}
		a.Export(ctx, deployer.AccessKeyID)
		ctx.Export(outputRegion, pulumi.String(a.Region))
		if a.VPC != "" {
			ctx.Export(outputVPC, pulumi.String(a.VPC))
		}
		ctx.Export(outputDeployRole, deployer.DeployRoleARN)
		ctx.Export(outputBucketPrefix, pulumi.String(a.Name+"-"))
		return nil
	}
}

// keyFile and configFile are in the forms that all AWS SDKs read. The key is
// used for nothing but to take on the role, for an hour at a time.
const (
	keyFile = `[pilot-runner]
aws_access_key_id = %s
aws_secret_access_key = %s
`
	configFile = `[default]
region = %s
role_arn = %s
role_session_name = pilot-runner
source_profile = pilot-runner
`
)

// Config tells the provider the region.
func (a *Access) Config() auto.ConfigMap {
	if a.Region == "" {
		return nil
	}
	return auto.ConfigMap{"aws:region": auto.ConfigValue{Value: a.Region}}
}

// Providers are Pilot's own. The one for AWS is a plugin.
func (a *Access) Providers() []infra.Provider {
	return []infra.Provider{server.Provider(nil, provider.WithRunnerConfig(a.Runners))}
}

// Plugins is the one for AWS.
func (a *Access) Plugins() ([]plugins.Plugin, error) {
	return (&platform.Platform{Simulated: a.Simulated}).Plugins()
}

// Finders look for what interrupted creations may have made.
func (a *Access) Finders() map[string]infra.Finder {
	return map[string]infra.Finder{"aws": components.Find}
}

// Preflight has nothing to look at.
func (*Access) Preflight(context.Context, string) error { return nil }

// Checks are those of a platform on AWS.
func (a *Access) Checks() []stacks.Check { return (&platform.Platform{Region: a.Region}).Checks() }
