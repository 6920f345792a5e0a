package server

import (
	"context"
	"errors"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/server/client"
)

// Provider is Pilot's resource provider with all that a Server needs of it:
// the given images, and a real server's tokens. more adds to it.
func Provider(images map[string]provider.ImageWriter, more ...provider.Option) infra.Provider {
	return provider.New(append([]provider.Option{
		provider.WithImages(images),
		provider.WithBootstrap(bootstrap),
		provider.WithRunners(runners{}),
	}, more...)...)
}

func bootstrap(ctx context.Context, address, ca string) (string, error) {
	cfg := client.Config{Address: address, CA: []byte(ca)}
	if err := client.WaitReady(ctx, cfg, nil); err != nil {
		return "", err
	}
	return client.Bootstrap(ctx, cfg)
}

type runners struct{}

func (runners) Admit(ctx context.Context, address, ca, token, id string) (string, error) {
	c, err := client.Dial(ctx, client.Config{Address: address, CA: []byte(ca), Token: token})
	if err != nil {
		return "", err
	}
	defer c.Close()
	return c.RunnerToken(ctx, id)
}

func (runners) Forget(ctx context.Context, address, ca, token, id string) error {
	c, err := client.Dial(ctx, client.Config{Address: address, CA: []byte(ca), Token: token})
	if err != nil {
		return err
	}
	defer c.Close()
	err = c.ForgetRunner(ctx, id)
	// A server that is gone has forgotten all its runners.
	if errors.Is(err, client.ErrUnavailable) || errors.Is(err, client.ErrUnauthenticated) {
		return nil
	}
	return err
}

func (runners) Busy(ctx context.Context, address, ca, token, id string) ([]string, error) {
	c, err := client.Dial(ctx, client.Config{Address: address, CA: []byte(ca), Token: token})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	jobs, err := c.Jobs(ctx, client.JobFilter{Active: true})
	if errors.Is(err, client.ErrUnavailable) || errors.Is(err, client.ErrUnauthenticated) {
		return nil, nil
	}
	var names []string
	for _, j := range jobs {
		if j.Runner == id && j.State == client.JobRunning {
			names = append(names, j.String())
		}
	}
	return names, err
}
