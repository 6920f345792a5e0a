package engine_test

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
)

// Any inline program runs with no pulumi command anywhere.
func ExampleNew() {
	dir, err := os.MkdirTemp("", "state-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	program := func(ctx *pulumi.Context) error {
		ctx.Export("greeting", pulumi.String("hello"))
		return nil
	}
	ctx := context.Background()
	stack, err := infra.Open(ctx, infra.Ref{Project: "acme", Stack: "dev"}, program,
		infra.WithEngine(engine.New()), infra.WithState("file://"+dir),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "example", nil }}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stack.Close()
	diff, err := stack.Preview(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := stack.Up(ctx, infra.HeldTo(diff))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Outputs["greeting"].Value)
	// Output: hello
}
