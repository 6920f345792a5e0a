// Own-tool is a tool of somebody's own: it previews a program as a typed diff,
// shows it, and applies exactly that.
//
//	PULUMI_CONFIG_PASSPHRASE=... own-tool file:///var/lib/acme/state
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func run(ctx context.Context, state string) error {
	stack, err := infra.Open(ctx, infra.Ref{Project: "acme", Stack: "prod"}, program,
		infra.WithEngine(engine.New()), infra.WithState(state), infra.WithProvider(provider.New()))
	if err != nil {
		return err
	}
	defer stack.Close()
	diff, err := stack.Preview(ctx)
	if err != nil {
		return err
	}
	if err := diff.WriteText(os.Stdout); err != nil || diff.Empty() {
		return err
	}
	_, err = stack.Up(ctx, infra.HeldTo(diff))
	return err
}

// program is what the tool manages; any Pulumi program will do.
func program(ctx *pulumi.Context) error {
	password, err := pilot.NewPassword(ctx, "database", &pilot.PasswordArgs{Length: pulumi.Int(24)})
	if err != nil {
		return err
	}
	ctx.Export("password", password.Result)
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: own-tool STATE, such as file:///var/lib/acme/state")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "own-tool:", err)
		os.Exit(1)
	}
}
