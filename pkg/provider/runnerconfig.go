package provider

import (
	"context"
	"errors"
	"maps"
	"path"
	"slices"

	"github.com/pulumi/pulumi-go-provider/infer"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// RunnerSettings are variables and files of all runners, by name and by path.
type RunnerSettings struct {
	Variables, Files map[string]string
}

// RunnerConfigurer configures the runners of one server.
type RunnerConfigurer interface {
	// Configure gives the runners settings and takes the variables and files
	// named by drop back. When it returns, no job uses what was there before.
	Configure(ctx context.Context, settings RunnerSettings, drop []string) error
	// Configured is all that the runners get.
	Configured(ctx context.Context) (RunnerSettings, error)
}

// WithRunnerConfig gives what stands behind pilot:server:RunnerConfig. Without
// it, such a resource can't be created.
func WithRunnerConfig(c RunnerConfigurer) Option {
	return func(o *options) { o.runnerConfig = c }
}

// RunnerConfigState is what is recorded of a RunnerConfig.
type RunnerConfigState struct {
	pilot.RunnerConfigInputs
}

type runnerConfig struct{ runners RunnerConfigurer }

func (*runnerConfig) Annotate(a infer.Annotator) { a.SetToken("server", "RunnerConfig") }

func (*runnerConfig) Check(ctx context.Context, req infer.CheckRequest) (infer.CheckResponse[pilot.RunnerConfigInputs], error) {
	return check(ctx, req, func(c *checker, in *pilot.RunnerConfigInputs) {
		if in.Server == "" {
			c.fail(at("server"), "is empty: want the server's host:port")
		}
		for name := range in.Files {
			if !path.IsAbs(name) {
				c.fail(at("files"), "%q: want an absolute path", name)
			}
		}
	})
}

func (*runnerConfig) Diff(_ context.Context, req infer.DiffRequest[pilot.RunnerConfigInputs, RunnerConfigState]) (infer.DiffResponse, error) {
	d := newDiffer("server", "variables", "files")
	d.compare(req.State.RunnerConfigInputs, req.Inputs)
	return d.response(false), nil
}

var errNoRunnerConfig = errors.New("this provider was made without a way to configure runners: use provider.WithRunnerConfig")

func (r *runnerConfig) Create(ctx context.Context, req infer.CreateRequest[pilot.RunnerConfigInputs]) (infer.CreateResponse[RunnerConfigState], error) {
	resp := infer.CreateResponse[RunnerConfigState]{Output: RunnerConfigState{req.Inputs}}
	if req.DryRun {
		return resp, nil
	}
	if r.runners == nil {
		return resp, errNoRunnerConfig
	}
	var err error
	if resp.ID, err = randomWord(); err != nil {
		return resp, err
	}
	return resp, r.runners.Configure(ctx, settingsOf(req.Inputs), nil)
}

// Read takes over what the runners really get of what is recorded: somebody may
// have unset it, or a backup from before may have been restored.
func (r *runnerConfig) Read(ctx context.Context, req infer.ReadRequest[pilot.RunnerConfigInputs, RunnerConfigState]) (infer.ReadResponse[pilot.RunnerConfigInputs, RunnerConfigState], error) {
	resp := infer.ReadResponse[pilot.RunnerConfigInputs, RunnerConfigState](req)
	if r.runners == nil {
		return resp, nil
	}
	now, err := r.runners.Configured(ctx)
	if err != nil {
		return resp, err
	}
	resp.State.Variables = taken(req.State.Variables, now.Variables)
	resp.State.Files = taken(req.State.Files, now.Files)
	return resp, nil
}

// taken is what became of recorded.
func taken(recorded, now map[string]string) map[string]string {
	out := map[string]string{}
	for name := range recorded {
		if value, ok := now[name]; ok {
			out[name] = value
		}
	}
	return out
}

func (r *runnerConfig) Update(ctx context.Context, req infer.UpdateRequest[pilot.RunnerConfigInputs, RunnerConfigState]) (infer.UpdateResponse[RunnerConfigState], error) {
	resp := infer.UpdateResponse[RunnerConfigState]{Output: RunnerConfigState{req.Inputs}}
	if req.DryRun {
		return resp, nil
	}
	if r.runners == nil {
		return resp, errNoRunnerConfig
	}
	kept := namesOf(req.Inputs)
	drop := slices.DeleteFunc(namesOf(req.State.RunnerConfigInputs), func(name string) bool { return slices.Contains(kept, name) })
	return resp, r.runners.Configure(ctx, settingsOf(req.Inputs), drop)
}

func (r *runnerConfig) Delete(ctx context.Context, req infer.DeleteRequest[RunnerConfigState]) (infer.DeleteResponse, error) {
	if r.runners == nil {
		return infer.DeleteResponse{}, nil
	}
	return infer.DeleteResponse{}, r.runners.Configure(ctx, RunnerSettings{}, namesOf(req.State.RunnerConfigInputs))
}

func settingsOf(in pilot.RunnerConfigInputs) RunnerSettings {
	return RunnerSettings{Variables: in.Variables, Files: in.Files}
}

func namesOf(in pilot.RunnerConfigInputs) []string {
	return append(slices.Sorted(maps.Keys(in.Variables)), slices.Sorted(maps.Keys(in.Files))...)
}
