package provider

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
	p "github.com/pulumi/pulumi-go-provider"
)

const (
	// pollEvery is how often a condition is looked at. Docker has no call that
	// waits for health.
	pollEvery = 200 * time.Millisecond
	// maxRestarts is how many crashes make a start a failure: a container may
	// well fail once or twice while what it needs is still coming up.
	maxRestarts = 3
	// logLines is how much of a failed container's log an error tells.
	logLines = 20
)

// poll asks until the answer is yes or an error.
func poll(ctx context.Context, done func() (bool, error)) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

var errStartTimeout = errors.New("it did not get healthy in time")

// waitHealthy waits for the health check to pass. It runs the check itself as
// well: Docker's first one comes only after a whole interval.
func (r *containerRun) waitHealthy(ctx context.Context, id string) error {
	p.GetLogger(ctx).InfoStatusf("waiting for %s to be healthy", r.in.Name)
	waitCtx, cancel := context.WithTimeoutCause(ctx, duration(r.in.StartTimeout), errStartTimeout)
	defer cancel()
	lastCheck := ""
	var before time.Time
	looked := false
	err := poll(waitCtx, func() (bool, error) {
		found, err := r.docker.ContainerInspect(waitCtx, id)
		if err != nil {
			return false, err
		}
		s := found.State
		switch {
		case s.Health == nil:
			return false, errors.New("it has no health check to wait for: give it one (healthcheck), or don't set waitHealthy")
		case s.Status == container.StateExited || s.Status == container.StateDead:
			return false, fmt.Errorf("it ended with exit code %d", s.ExitCode)
		case found.RestartCount >= maxRestarts:
			return false, fmt.Errorf("it ended %d times, last with exit code %d", found.RestartCount, s.ExitCode)
		case s.Status != container.StateRunning:
			return false, nil
		case s.Health.Status == container.Healthy:
			return true, nil
		}
		at, output := lastHealthCheck(s.Health)
		if !looked {
			looked, before = true, at
		}
		if s.Health.Status == container.Unhealthy {
			// A container that was paused is still called unhealthy for what
			// happened then; only a check from now on counts.
			if !at.After(before) {
				return false, nil
			}
			lastCheck = output
			return false, errors.New("its health check fails")
		}
		return r.probe(waitCtx, id, found.Config.Healthcheck), nil
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("start container %s: %w", r.in.Name, context.Cause(ctx))
	case waitCtx.Err() != nil:
		err = fmt.Errorf("%w (startTimeout is %s)", errStartTimeout, r.in.StartTimeout)
	}
	return fmt.Errorf("start container %s: %w%s%s", r.in.Name, err,
		r.quote("its health check said", lastCheck), r.quote("its last log lines", r.tail(ctx, id)))
}

// lastHealthCheck is when Docker's last check ended, by the daemon's clock, and
// what it said.
func lastHealthCheck(h *container.Health) (time.Time, string) {
	if n := len(h.Log); n > 0 {
		return h.Log[n-1].End, h.Log[n-1].Output
	}
	return time.Time{}, ""
}

// probe runs the health check's command once. It is false for a check that
// can't be run this way: then Docker's own verdict counts.
func (r *containerRun) probe(ctx context.Context, id string, h *container.HealthConfig) bool {
	if h == nil || len(h.Test) < 2 || h.Test[0] != "CMD" {
		return false
	}
	timeout := h.Timeout
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	exec, err := r.docker.ContainerExecCreate(ctx, id, container.ExecOptions{Cmd: h.Test[1:]})
	if err != nil {
		return false
	}
	if err := r.docker.ContainerExecStart(ctx, exec.ID, container.ExecStartOptions{Detach: true}); err != nil {
		return false
	}
	passed := false
	err = poll(ctx, func() (bool, error) {
		found, err := r.docker.ContainerExecInspect(ctx, exec.ID)
		passed = err == nil && !found.Running && found.ExitCode == 0
		return err == nil && !found.Running, err
	})
	return err == nil && passed
}

// tail is the end of the container's log.
func (r *containerRun) tail(ctx context.Context, id string) string {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	logs, err := r.docker.ContainerLogs(ctx, id, container.LogsOptions{ShowStdout: true, ShowStderr: true, Tail: fmt.Sprint(logLines)})
	if err != nil {
		return ""
	}
	defer logs.Close()
	var b bytes.Buffer
	_, _ = stdcopy.StdCopy(&b, &b, logs)
	return b.String()
}

// quote sets off a container's own words, with the secrets that it was given
// taken out.
func (r *containerRun) quote(title, text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	for _, secret := range r.secrets() {
		text = strings.ReplaceAll(text, secret, "[secret]")
	}
	return fmt.Sprintf("\n  %s:\n    %s", title, strings.ReplaceAll(text, "\n", "\n    "))
}
