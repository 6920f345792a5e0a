// An ordinary Automation API program that needs no pulumi command: the engine
// is part of it. Only the auto.Pulumi option is new to it.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pilot-framework/pilot/pkg/engine"
)

func main() {
	dir, err := os.MkdirTemp("", "no-cli-")
	if err == nil {
		err = run(context.Background(), dir)
		os.RemoveAll(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run makes a stack in dir, updates it, prints its outputs and removes it.
func run(ctx context.Context, dir string) error {
	stack, err := auto.UpsertStackInlineSource(ctx, "dev", "no-cli", site,
		auto.Pulumi(engine.Command()),
		auto.Project(workspace.Project{
			Name:    tokens.PackageName("no-cli"),
			Runtime: workspace.NewProjectRuntimeInfo("go", nil),
			Backend: &workspace.ProjectBackend{URL: "file://" + filepath.ToSlash(dir)},
		}),
		auto.EnvVars(map[string]string{"PULUMI_CONFIG_PASSPHRASE": "for this run only"}))
	if err != nil {
		return err
	}
	if err := stack.SetConfig(ctx, "domain", auto.ConfigValue{Value: "example.org"}); err != nil {
		return err
	}
	preview, err := stack.Preview(ctx)
	if err != nil {
		return err
	}
	fmt.Println("to create:", preview.ChangeSummary["create"])
	result, err := stack.Up(ctx, optup.ProgressStreams(os.Stderr))
	if err != nil {
		return err
	}
	fmt.Println("url:", result.Outputs["url"].Value)
	_, err = stack.Destroy(ctx, optdestroy.Remove())
	return err
}

// site is the program: a component that groups what makes up a web site.
func site(ctx *pulumi.Context) error {
	group := &pulumi.ResourceState{}
	if err := ctx.RegisterComponentResource("example:web:Site", "site", group); err != nil {
		return err
	}
	domain, _ := ctx.GetConfig("no-cli:domain")
	ctx.Export("url", pulumi.Sprintf("https://www.%s/", domain))
	return ctx.RegisterResourceOutputs(group, pulumi.Map{"domain": pulumi.String(domain)})
}
