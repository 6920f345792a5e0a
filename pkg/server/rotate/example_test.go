package rotate_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/server/rotate"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// A stack tells how far a rotation is. One that was never set up has nothing to rotate.
func ExampleRecorded() {
	dir, err := os.MkdirTemp("", "state-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	stack, err := infra.Open(ctx, infra.Ref{Project: "acme", Stack: "test"}, func(*pulumi.Context) error { return nil },
		infra.WithEngine(engine.New()), infra.WithState("file://"+dir),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "example", nil }}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stack.Close()
	_, err = rotate.Recorded(ctx, stack)
	fmt.Println(errors.Is(err, rotate.ErrNothing))
	// Output: true
}
