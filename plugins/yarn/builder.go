package yarn

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/docker/docker/client"
	"github.com/hashicorp/waypoint-plugin-sdk/component"
	"github.com/hashicorp/waypoint-plugin-sdk/terminal"

	"github.com/pilot-framework/pilot/plugins/site/sitepb"
)

// Builder is the plugin's component.
type Builder struct {
	config  Config
	running sync.WaitGroup
}

var (
	_ component.Builder            = (*Builder)(nil)
	_ component.ConfigurableNotify = (*Builder)(nil)
	_ component.Documented         = (*Builder)(nil)
)

// Config returns the options to be filled in.
func (b *Builder) Config() (any, error) { return &b.config, nil }

// ConfigSet checks the options.
func (b *Builder) ConfigSet(v any) error {
	c, ok := v.(*Config)
	if !ok {
		return fmt.Errorf("options are a %T, not a %T", v, c)
	}
	return c.check()
}

// BuildFunc returns the function that builds.
func (b *Builder) BuildFunc() any { return b.build }

func (b *Builder) build(ctx context.Context, ui terminal.UI, source *component.Source, info *component.JobInfo) (*sitepb.Folder, error) {
	b.running.Add(1)
	defer b.running.Done()
	docker, err := newDocker()
	if err != nil {
		return nil, err
	}
	defer docker.Close()
	steps := ui.StepGroup()
	defer steps.Wait()
	shown := &progress{steps: steps}
	defer shown.abort()
	job := Job{Project: info.Project, App: source.App, Source: source.Path}
	folder, err := Build(ctx, docker, b.config, job, shown)
	if err != nil && ctx.Err() != nil {
		err = errors.Join(errors.New("the build was cancelled"), err)
	}
	return folder, err
}

// Wait returns when no build runs any more. When a job is cancelled the engine asks
// the plugin to end at once; a plugin that still cleans up is given two seconds
// before it is killed (go-plugin, Client.Kill).
func (b *Builder) Wait() { b.running.Wait() }

// newDocker connects to the runner's Docker endpoint, which DOCKER_HOST,
// DOCKER_TLS_VERIFY and DOCKER_CERT_PATH tell.
func newDocker() (*client.Client, error) {
	docker, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return nil, fmt.Errorf("connect to Docker: %w", err)
	}
	return docker, nil
}

// progress shows each step in the terminal of whoever watches the job.
type progress struct {
	steps   terminal.StepGroup
	current terminal.Step
}

func (p *progress) Step(text string) {
	p.Done("")
	p.current = p.steps.Add("%s", text)
}

func (p *progress) Done(text string) {
	if p.current == nil {
		return
	}
	if text != "" {
		p.current.Update("%s", text)
	}
	p.current.Done()
	p.current = nil
}

func (p *progress) Write(line []byte) (int, error) {
	if p.current == nil {
		return len(line), nil
	}
	return p.current.TermOutput().Write(line)
}

func (p *progress) abort() {
	if p.current != nil {
		p.current.Abort()
	}
}
