// Package gcp is the stack that lets a platform's runners deploy to Google Cloud
// from elsewhere: a service account with one key and the roles of its targets.
package gcp

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"slices"

	"github.com/pilot-framework/pilot/pkg/engine/plugins"
	"github.com/pilot-framework/pilot/pkg/infra"
	components "github.com/pilot-framework/pilot/pkg/infra/gcp"
	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pilot-framework/pilot/stacks/access"
	platform "github.com/pilot-framework/pilot/stacks/gcp"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Access is the spec.
type Access struct {
	access.Common
	// Project is the id of the Google Cloud project. Default:
	// $GOOGLE_CLOUD_PROJECT, then $CLOUDSDK_CORE_PROJECT.
	Project string
	// Region is where the registry is. Default: $CLOUDSDK_COMPUTE_REGION, then
	// us-central1.
	Region string
}

// The outputs that only this cloud has.
const (
	outputProject       = "project"
	outputRegion        = "region"
	outputDeployAccount = "deployServiceAccount"
	outputAppAccount    = "appServiceAccount"
	outputRegistryURL   = "registryURL"
	outputBucketPrefix  = "bucketPrefix"
)

// Complete fills in the defaults and validates.
func (a *Access) Complete() error {
	first := func(field *string, values ...string) {
		for _, v := range values {
			if *field == "" {
				*field = v
			}
		}
	}
	first(&a.Project, os.Getenv("GOOGLE_CLOUD_PROJECT"), os.Getenv("CLOUDSDK_CORE_PROJECT"))
	if a.Simulated {
		first(&a.Project, platform.SimulatedProject)
	}
	first(&a.Region, os.Getenv("CLOUDSDK_COMPUTE_REGION"), "us-central1")
	if err := platform.CheckProject(a.Project); err != nil {
		return err
	}
	if err := stacks.CheckOneOf("region", a.Region, platform.Regions()); err != nil {
		return err
	}
	if len(a.Targets) == 0 {
		a.Targets = components.DeployTargets()
	}
	return a.Validate(components.DeployTargets())
}

// Recall takes over what was recorded the last time.
func (a *Access) Recall(outputs auto.OutputMap) {
	a.RecallCommon(outputs)
	if a.Project == "" {
		a.Project = access.Text(outputs, outputProject)
	}
	if a.Region == "" {
		a.Region = access.Text(outputs, outputRegion)
	}
}

// Program is the inline program: accounts, roles and key, a registry where apps
// on Cloud Run need one, then the runners' configuration. A new key is with the
// runners before the old one goes.
func (a *Access) Program() pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		labels := stacks.Labels(ctx.Project(), ctx.Stack(), nil)
		attempt, err := access.Attempt(ctx, a.Key)
		if err != nil {
			return err
		}
		deployer, err := components.NewDeployer(ctx, "access", &components.DeployerArgs{
			Name: a.Name, Project: a.Project, Targets: a.Targets, Key: a.Key, KeyAfter: attempt, Labels: labels,
		})
		if err != nil {
			return err
		}
		if slices.Contains(a.Targets, components.TargetCloudRun) {
			registry, err := components.NewRegistry(ctx, "registry", &components.RegistryArgs{
				Name: a.Name, Project: a.Project, Region: a.Region,
				Writer: deployer.DeployAccount, Reader: deployer.AppAccount, Labels: labels,
			})
			if err != nil {
				return err
			}
			ctx.Export(outputRegistryURL, registry.URL)
		}
		file := a.Dir + "/pilot-google-credentials.json"
		if _, err := pilot.NewRunnerConfig(ctx, "runners", &pilot.RunnerConfigArgs{
			Server: pulumi.String(a.Server),
			Variables: pulumi.StringMap{
				"GOOGLE_APPLICATION_CREDENTIALS": pulumi.String(file), "GOOGLE_CLOUD_PROJECT": pulumi.String(a.Project),
			},
			Files: pulumi.ToSecret(pulumi.StringMap{file: deployer.Credentials.ApplyT(infra.Guard(decoded)).(pulumi.StringOutput)}).(pulumi.StringMapOutput),
		}, pulumi.DependsOn([]pulumi.Resource{deployer})); err != nil {
			return err
		}
		a.Export(ctx, deployer.KeyID)
		ctx.Export(outputProject, pulumi.String(a.Project))
		ctx.Export(outputRegion, pulumi.String(a.Region))
		ctx.Export(outputDeployAccount, deployer.DeployAccount)
		ctx.Export(outputAppAccount, deployer.AppAccount)
		ctx.Export(outputBucketPrefix, pulumi.String(a.Name+"-"))
		return nil
	}
}

func decoded(credentials string) (string, error) {
	file, err := base64.StdEncoding.DecodeString(credentials)
	if err != nil {
		return "", fmt.Errorf("the key of the service account is not in base64: %w", err)
	}
	return string(file), nil
}

// Config tells the provider the project and the region.
func (a *Access) Config() auto.ConfigMap {
	if a.Project == "" {
		return nil
	}
	return auto.ConfigMap{
		"gcp:project": auto.ConfigValue{Value: a.Project},
		"gcp:region":  auto.ConfigValue{Value: a.Region},
	}
}

// Providers are Pilot's own. The one for Google Cloud is a plugin.
func (a *Access) Providers() []infra.Provider {
	return []infra.Provider{server.Provider(nil, provider.WithRunnerConfig(a.Runners))}
}

// Plugins is the one for Google Cloud.
func (a *Access) Plugins() ([]plugins.Plugin, error) {
	return (&platform.Platform{Simulated: a.Simulated}).Plugins()
}

// Finders look for what interrupted creations may have made.
func (a *Access) Finders() map[string]infra.Finder {
	return map[string]infra.Finder{"gcp": components.Find}
}

// Preflight has nothing to look at.
func (*Access) Preflight(context.Context, string) error { return nil }

// Checks are those of a platform on Google Cloud.
func (a *Access) Checks() []stacks.Check {
	return (&platform.Platform{Project: a.Project, Region: a.Region}).Checks()
}
