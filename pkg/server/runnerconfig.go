package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/server/client"
)

// jobBound is how long jobs that may use what runners had before are waited for.
const jobBound = 15 * time.Minute

// RunnerConfigurer configures the runners of the server at to. A server that is
// gone, or that knows the token no more, has forgotten its runners: there is
// nothing to take back from them.
func RunnerConfigurer(to client.Config) provider.RunnerConfigurer { return configurer{to} }

type configurer struct{ to client.Config }

// Configure waits for the jobs that were running at the change: they may have
// read what was there before.
func (r configurer) Configure(ctx context.Context, settings provider.RunnerSettings, drop []string) error {
	c, err := client.Dial(ctx, r.to)
	if err != nil {
		return err
	}
	defer c.Close()
	config := client.RunnerConfig{Variables: secrets(settings.Variables), Files: secrets(settings.Files)}
	before, err := c.RunnerConfig(ctx)
	if err == nil {
		err = c.SetRunnerConfig(ctx, config, drop...)
	}
	if len(settings.Variables)+len(settings.Files) == 0 && (errors.Is(err, client.ErrUnavailable) || errors.Is(err, client.ErrUnauthenticated)) {
		return nil
	}
	if err != nil || !replaces(before, config, drop) {
		return err
	}
	return Outlast(ctx, c, nil)
}

// replaces tells whether something that runners had is not the same any more.
func replaces(before, now client.RunnerConfig, drop []string) bool {
	for name, value := range before.Files {
		if is, ok := now.Files[name]; ok && is != value {
			return true
		}
	}
	for _, name := range drop {
		if _, ok := before.Files[name]; ok {
			return true
		}
	}
	return false
}

// Outlast waits until the jobs that run now are over, 15 minutes at most. tell,
// which may be nil, is called with what is waited for, whenever that changes.
func Outlast(ctx context.Context, c *client.Client, tell func(jobs []string)) error {
	ctx, cancel := context.WithTimeout(ctx, jobBound)
	defer cancel()
	waited, told := map[string]bool{}, ""
	for first := true; ; first = false {
		jobs, err := c.Jobs(ctx, client.JobFilter{Active: true})
		if err != nil {
			return err
		}
		var left []string
		for _, j := range jobs {
			if j.State == client.JobRunning && (first || waited[j.ID]) {
				waited[j.ID] = true
				left = append(left, j.String())
			}
		}
		if len(left) == 0 {
			return nil
		}
		if text := strings.Join(left, ", "); tell != nil && text != told {
			told = text
			tell(left)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("jobs that were running still go on after %s: %s; run the command again when they are over", jobBound, strings.Join(left, ", "))
		case <-time.After(time.Second):
		}
	}
}

func (r configurer) Configured(ctx context.Context) (provider.RunnerSettings, error) {
	c, err := client.Dial(ctx, r.to)
	if err != nil {
		return provider.RunnerSettings{}, err
	}
	defer c.Close()
	now, err := c.RunnerConfig(ctx)
	if err != nil {
		return provider.RunnerSettings{}, err
	}
	return provider.RunnerSettings{Variables: revealed(now.Variables), Files: revealed(now.Files)}, nil
}

func secrets(plain map[string]string) map[string]client.Secret {
	out := map[string]client.Secret{}
	for name, value := range plain {
		out[name] = client.Secret(value)
	}
	return out
}

func revealed(secret map[string]client.Secret) map[string]string {
	out := map[string]string{}
	for name, value := range secret {
		out[name] = value.Reveal()
	}
	return out
}
