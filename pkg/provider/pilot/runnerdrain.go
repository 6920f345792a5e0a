package pilot

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TypeRunnerDrain is the type token of RunnerDrain.
const TypeRunnerDrain = "pilot:server:RunnerDrain"

// RunnerDrainInputs are the arguments of a RunnerDrain.
type RunnerDrainInputs struct {
	Endpoint Endpoint `pulumi:"endpoint"`
	// Container is the runner's container, by its ID.
	Container string `pulumi:"container"`
	// Address is the server's host:port.
	Address string `pulumi:"address"`
	// CA is the PEM of the authority that signed the server's certificate.
	CA string `pulumi:"ca"`
	// ServerToken is a token that may list jobs.
	ServerToken string `pulumi:"serverToken" provider:"secret"`
	// RunnerID is the ID that the runner joined under.
	RunnerID string `pulumi:"runnerId"`
	// Timeout bounds the wait; a duration, 15m by default.
	Timeout string `pulumi:"timeout,optional"`
}

// RunnerDrainArgs is RunnerDrainInputs with inputs. Another container makes
// another one, all else is changed in place.
type RunnerDrainArgs struct {
	Endpoint    EndpointArgs       `pulumi:"endpoint"`
	Container   pulumi.StringInput `pulumi:"container"`
	Address     pulumi.StringInput `pulumi:"address"`
	CA          pulumi.StringInput `pulumi:"ca"`
	ServerToken pulumi.StringInput `pulumi:"serverToken"`
	RunnerID    pulumi.StringInput `pulumi:"runnerId"`
	Timeout     pulumi.StringInput `pulumi:"timeout"`
}

// ElementType is the plain form.
func (RunnerDrainArgs) ElementType() reflect.Type { return elementType[RunnerDrainInputs]() }

// RunnerDrain lets a runner's jobs end before its container is deleted or
// replaced: its own deletion, which comes first, waits until the runner has no
// job, and stops the container then.
type RunnerDrain struct {
	pulumi.CustomResourceState
}

// NewRunnerDrain registers the drain of a runner.
func NewRunnerDrain(ctx *pulumi.Context, name string, args *RunnerDrainArgs, opts ...pulumi.ResourceOption) (*RunnerDrain, error) {
	res := &RunnerDrain{}
	if err := register(ctx, TypeRunnerDrain, name, args, res, opts); err != nil {
		return nil, err
	}
	return res, nil
}
