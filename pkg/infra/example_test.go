package infra_test

import (
	"context"
	"fmt"
	"os"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// A stack is previewed, and what follows is held to the preview.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "state-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	port := 80
	program := func(ctx *pulumi.Context) error {
		ctx.Export("port", pulumi.Int(port))
		return nil
	}
	ctx := context.Background()
	stack, err := infra.Open(ctx, infra.Ref{Project: "acme", Stack: "prod"}, program,
		infra.WithEngine(engine.New()),
		infra.WithState("file://"+dir), // or s3://, gs://, azblob://, postgres://, https://
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
	if err := diff.WriteText(os.Stdout); err != nil {
		fmt.Println(err)
		return
	}
	result, err := stack.Up(ctx, infra.HeldTo(diff))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("port", result.Outputs["port"].Value)
	// Output:
	// + stack  acme-prod
	// outputs:
	//   + port: 80
	// acme/prod: 1 output changed, 0 unchanged
	// port 80
}

// Bad input is an error that names the field and its value.
func ExampleFieldError() {
	_, err := infra.Open(context.Background(), infra.Ref{Project: "acme", Stack: "a b"},
		func(*pulumi.Context) error { return nil }, infra.WithEngine(engine.New()))
	fmt.Println(err)
	// Output: stack "a b": want 1 to 100 letters, digits, hyphens, underscores or dots, not dots alone
}
