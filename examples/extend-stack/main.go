// Extend-stack takes a ready platform and makes it one's own: it adds resources
// to its stack and changes inputs of resources that it did not write.
//
//	PULUMI_CONFIG_PASSPHRASE=... extend-stack file:///var/lib/acme/state
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// platform stands for the ready stack, which its user does not change.
func platform(ctx *pulumi.Context) error {
	password, err := pilot.NewPassword(ctx, "database", nil)
	if err != nil {
		return err
	}
	ctx.Export("dbPassword", password.Result)
	return nil
}

// metrics is the user's own part of the stack.
func metrics(ctx *pulumi.Context) error {
	password, err := pilot.NewPassword(ctx, "metrics", &pilot.PasswordArgs{Length: pulumi.Int(20)})
	if err != nil {
		return err
	}
	ctx.Export("metricsPassword", password.Result)
	return nil
}

// longer makes every password of the stack 48 characters long, the platform's too.
func longer(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
	if args.Type != pilot.TypePassword {
		return nil
	}
	args.Props["length"] = pulumi.Int(48)
	return &pulumi.ResourceTransformResult{Props: args.Props, Opts: args.Opts}
}

func run(ctx context.Context, state string, out io.Writer, opts ...infra.Option) (*infra.Result, error) {
	opts = append([]infra.Option{
		infra.WithEngine(engine.New()), infra.WithState(state), infra.WithProvider(provider.New()),
		infra.WithProgram(metrics), infra.WithTransform(longer),
	}, opts...)
	stack, err := infra.Open(ctx, infra.Ref{Project: "acme", Stack: "prod"}, platform, opts...)
	if err != nil {
		return nil, err
	}
	defer stack.Close()
	result, err := stack.Up(ctx)
	if err != nil {
		return nil, err
	}
	return result, result.Diff.WriteText(out)
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: extend-stack STATE, such as file:///var/lib/acme/state")
		os.Exit(2)
	}
	if _, err := run(context.Background(), os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "extend-stack:", err)
		os.Exit(1)
	}
}
