package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/hashicorp/hcl/v2"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/promise"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// inlineRuntime is the language runtime of an inline program: it runs the
// program in this process.
type inlineRuntime struct {
	program pulumi.RunFunc
	// engineAddr is where the program's log messages go.
	engineAddr string
}

var _ plugin.LanguageRuntime = (*inlineRuntime)(nil)

// Run runs the program. Its first result is the program's own error.
func (r *inlineRuntime) Run(ctx context.Context, info plugin.RunInfo) (string, bool, error) {
	settings := make(map[string]string, len(info.Config))
	for k, v := range info.Config {
		settings[k.String()] = v
	}
	secret := make([]string, 0, len(info.ConfigSecretKeys))
	for _, k := range info.ConfigSecretKeys {
		secret = append(secret, k.String())
	}
	program, err := pulumi.NewContext(ctx, pulumi.RunInfo{
		Project:          info.Project,
		RootDirectory:    info.Info.RootDirectory(),
		Stack:            info.Stack,
		Config:           settings,
		ConfigSecretKeys: secret,
		Parallel:         info.Parallel,
		DryRun:           info.DryRun,
		MonitorAddr:      info.MonitorAddress,
		EngineAddr:       r.engineAddr,
		Organization:     info.Organization,
	})
	if err != nil {
		return "", false, fmt.Errorf("start the program: %w", err)
	}
	defer program.Close()
	if err := pulumi.RunWithContext(program, contain(r.program)); err != nil {
		return err.Error(), false, nil
	}
	return "", false, nil
}

// contain turns a panic of the program into its error. A panic inside an
// ApplyT callback is out of reach: the SDK runs those in goroutines of its own.
func contain(program pulumi.RunFunc) pulumi.RunFunc {
	return func(ctx *pulumi.Context) (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("the program panicked: %v\n%s", r, debug.Stack())
			}
		}()
		if program == nil {
			return errors.New("no program was given")
		}
		return program(ctx)
	}
}

// GetRequiredPackages is empty: what an inline program needs is known when it runs.
func (*inlineRuntime) GetRequiredPackages(
	context.Context, plugin.ProgramInfo,
) ([]workspace.PackageDescriptor, []workspace.PackageSpec, error) {
	return nil, nil, nil
}

func (*inlineRuntime) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	return plugin.PluginInfo{}, nil
}

func (*inlineRuntime) Close() error { return nil }

// Cancel does nothing: the engine ends the program's requests itself.
func (*inlineRuntime) Cancel(context.Context) error { return nil }

// errInline answers what only makes sense for a program made of files.
var errInline = errors.New("an inline program has no project files")

func (*inlineRuntime) InstallDependencies(
	context.Context, plugin.InstallDependenciesRequest,
) (io.Reader, io.Reader, <-chan error, error) {
	return nil, nil, nil, errInline
}

func (*inlineRuntime) RuntimeOptionsPrompts(
	context.Context, plugin.ProgramInfo,
) ([]plugin.RuntimeOptionPrompt, error) {
	return nil, nil
}

func (*inlineRuntime) Template(context.Context, plugin.ProgramInfo, tokens.PackageName) error {
	return errInline
}

func (*inlineRuntime) About(context.Context, plugin.ProgramInfo) (plugin.AboutInfo, error) {
	return plugin.AboutInfo{Version: Version()}, nil
}

func (*inlineRuntime) GetProgramDependencies(
	context.Context, plugin.ProgramInfo, bool,
) ([]plugin.DependencyInfo, error) {
	return nil, nil
}

func (*inlineRuntime) RunPlugin(
	context.Context, plugin.RunPluginInfo,
) (io.Reader, io.Reader, *promise.Promise[int32], error) {
	return nil, nil, nil, errInline
}

func (*inlineRuntime) GenerateProject(
	context.Context, string, string, string, bool, string, string, map[string]string,
) (hcl.Diagnostics, error) {
	return nil, errInline
}

func (*inlineRuntime) GeneratePackage(
	context.Context, string, string, map[string][]byte, string, map[string]string, bool,
) (hcl.Diagnostics, error) {
	return nil, errInline
}

func (*inlineRuntime) GenerateProgram(
	context.Context, map[string]string, string, string, bool,
) (map[string][]byte, hcl.Diagnostics, error) {
	return nil, nil, errInline
}

func (*inlineRuntime) Pack(context.Context, string, string) (string, error) { return "", errInline }

func (*inlineRuntime) Link(
	context.Context, plugin.ProgramInfo, []workspace.LinkablePackageDescriptor, string,
) (string, error) {
	return "", errInline
}
