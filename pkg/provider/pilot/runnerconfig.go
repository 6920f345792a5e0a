package pilot

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TypeRunnerConfig is the type token of RunnerConfig.
const TypeRunnerConfig = "pilot:server:RunnerConfig"

// RunnerConfigInputs are the arguments of a RunnerConfig.
type RunnerConfigInputs struct {
	// Server is the server's host:port. It names the server for people: how to
	// reach it is the provider's business.
	Server string `pulumi:"server"`
	// Variables are environment variables of all runners, by name. They are not
	// secret.
	Variables map[string]string `pulumi:"variables,optional"`
	// Files are the contents of files that all runners get, by absolute path.
	Files map[string]string `pulumi:"files,optional" provider:"secret"`
}

// RunnerConfigArgs is RunnerConfigInputs with inputs. Every change is made in
// place.
type RunnerConfigArgs struct {
	Server    pulumi.StringInput    `pulumi:"server"`
	Variables pulumi.StringMapInput `pulumi:"variables"`
	Files     pulumi.StringMapInput `pulumi:"files"`
}

// ElementType is the plain form.
func (RunnerConfigArgs) ElementType() reflect.Type { return elementType[RunnerConfigInputs]() }

// RunnerConfig is variables and files of all runners of a server, such as a
// cloud's credentials. Where what runners had is replaced or taken back, it
// waits for the jobs that may still use it.
type RunnerConfig struct {
	pulumi.CustomResourceState
}

// NewRunnerConfig registers a part of the runners' configuration.
func NewRunnerConfig(ctx *pulumi.Context, name string, args *RunnerConfigArgs, opts ...pulumi.ResourceOption) (*RunnerConfig, error) {
	res := &RunnerConfig{}
	if err := register(ctx, TypeRunnerConfig, name, args, res, opts); err != nil {
		return nil, err
	}
	return res, nil
}
