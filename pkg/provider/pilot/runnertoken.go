package pilot

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TypeRunnerToken is the type token of RunnerToken.
const TypeRunnerToken = "pilot:server:RunnerToken"

// RunnerTokenInputs are the arguments of a RunnerToken.
type RunnerTokenInputs struct {
	// Address is the server's host:port.
	Address string `pulumi:"address"`
	// CA is the PEM of the authority that signed the server's certificate.
	CA string `pulumi:"ca"`
	// ServerToken is a token that may admit runners.
	ServerToken string `pulumi:"serverToken" provider:"secret"`
	// RunnerID is the ID that the runner joins under.
	RunnerID string `pulumi:"runnerId"`
}

// RunnerTokenArgs is RunnerTokenInputs with inputs. Another runner or another
// server token makes a new token.
type RunnerTokenArgs struct {
	Address     pulumi.StringInput `pulumi:"address"`
	CA          pulumi.StringInput `pulumi:"ca"`
	ServerToken pulumi.StringInput `pulumi:"serverToken"`
	RunnerID    pulumi.StringInput `pulumi:"runnerId"`
}

// ElementType is the plain form.
func (RunnerTokenArgs) ElementType() reflect.Type { return elementType[RunnerTokenInputs]() }

// RunnerToken admits one runner to a server.
type RunnerToken struct {
	pulumi.CustomResourceState
	// Token is what the runner joins with; it is a secret and does not expire.
	Token pulumi.StringOutput `pulumi:"token"`
}

// NewRunnerToken registers the admission of a runner.
func NewRunnerToken(ctx *pulumi.Context, name string, args *RunnerTokenArgs, opts ...pulumi.ResourceOption) (*RunnerToken, error) {
	res := &RunnerToken{}
	if err := register(ctx, TypeRunnerToken, name, args, res, opts); err != nil {
		return nil, err
	}
	return res, nil
}
