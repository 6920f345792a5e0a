package engine_test

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
)

// applyPanicState tells the test binary to be the process that an ApplyT ends.
const applyPanicState = "ENGINE_TEST_APPLY_PANIC_STATE"

func applyPanic(state string) error {
	third := make(chan struct{})
	n := 0
	p := &testprovider.Provider{Hooks: testprovider.Hooks{
		Create: func(ctx context.Context, _ map[string]any) error {
			if n++; n == 3 {
				close(third)
				<-ctx.Done()
			}
			return nil
		},
	}}
	s, err := engine.New().Open(context.Background(), specOn(state, p, func(ctx *pulumi.Context) error {
		ctx.Export("url", pulumi.String("host").ToStringOutput().ApplyT(func(string) string {
			<-third
			panic("no host")
		}))
		return testprovider.Many(3, "x")(ctx)
	}))
	if err != nil {
		return err
	}
	_, err = s.Run(context.Background(), infra.Operation{Verb: infra.VerbUp, Parallel: 1})
	return err
}

// TestBarePanicInApplyHeals lets a callback panic that nothing guards, which ends
// the process in the middle of a creation, and wants the next run to go on.
func TestBarePanicInApplyHeals(t *testing.T) {
	s := spec(t, &testprovider.Provider{}, testprovider.Many(3, "x"))
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), applyPanicState+"="+s.State)
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "panic: no host") {
		t.Fatalf("the child ended with %v\n%s", err, out)
	}
	stack := open(t, s)
	urns, pending := stateURNs(t, stack)
	want(t, "finished resources", len(urns), 2)
	want(t, "pending operations", pending, 1)
	run(t, stack, infra.VerbUp)
	urns, pending = stateURNs(t, stack)
	slices.Sort(urns)
	want(t, "resources after the next run", strings.Join(urns, " "), "thing-0 thing-1 thing-2")
	want(t, "pending operations after the next run", pending, 0)
}
