package stacks

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	docker "github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"
	"github.com/pilot-framework/pilot/pkg/server/client"
)

// whyLines is how much of a container's log a problem tells.
const whyLines = 5

// stackOf is the name of the stack, which its containers' names have in them;
// empty where there is no server.
func stackOf(o ServerOutputs) string {
	host, _, _ := strings.Cut(o.Advertised, ":")
	name, ok := strings.CutSuffix(host, "-server")
	if !ok {
		return ""
	}
	return strings.TrimPrefix(name, "pilot-")
}

// inspectParts says of each container that is not well what is wrong with it,
// and since when.
func inspectParts(ctx context.Context, c *docker.Client, stack string) (problems []string, parts []Part, err error) {
	if parts, err = Parts(ctx, c, stack); err != nil {
		return nil, nil, err
	}
	for i, p := range parts {
		found, err := c.ContainerInspect(ctx, p.ID)
		if err != nil {
			return problems, parts, err
		}
		s := found.State
		unhealthy := s.Health != nil && s.Health.Status == container.Unhealthy
		if s.Running && !unhealthy && !s.Restarting {
			continue
		}
		what := p.State
		switch {
		case !s.Running: // what ended keeps the last finding about its health
			what = fmt.Sprintf("%s with code %d", p.State, s.ExitCode)
			if parts[i].ended = ended(s.FinishedAt); parts[i].ended != nil {
				what += " since" + at(*parts[i].ended)
			}
		case unhealthy:
			what = "unhealthy"
			if n := len(s.Health.Log); n > 0 {
				what += " (" + strings.TrimSpace(s.Health.Log[n-1].Output) + ")"
			}
		}
		text := fmt.Sprintf("%s is %s", p.Role, what)
		if lines := lastLines(ctx, c, p.ID); lines != "" {
			text += "; its last log lines:\n    " + strings.ReplaceAll(lines, "\n", "\n    ")
		}
		problems = append(problems, text)
	}
	return problems, parts, nil
}

// ended is when a container ended; nil when it never did.
func ended(finished string) *time.Time {
	t, err := time.Parse(time.RFC3339Nano, finished)
	if err != nil || t.Year() < 2000 {
		return nil
	}
	return &t
}

// at is a time in that of whoever reads it.
func at(t time.Time) string { return " " + t.Local().Format(time.DateTime) }

func lastLines(ctx context.Context, c *docker.Client, id string) string {
	logs, err := c.ContainerLogs(ctx, id, container.LogsOptions{ShowStdout: true, ShowStderr: true, Tail: fmt.Sprint(whyLines)})
	if err != nil {
		return ""
	}
	defer logs.Close()
	var b bytes.Buffer
	_, _ = stdcopy.StdCopy(&b, &b, logs)
	return strings.TrimSpace(b.String())
}

// offline adds the runners that have a container and are not with the server. Each
// that is offline is a problem, unless its container, which ended, is one already.
func (s *Status) offline(parts []Part) {
	for _, r := range s.Runners {
		if r.Online {
			continue
		}
		text := "runner " + r.ID + " is offline: the server does not let it in"
		if r.Since != nil {
			text += "; it came last" + at(*r.Since)
		}
		s.Problems = append(s.Problems, text)
	}
	for _, p := range parts {
		if !strings.HasPrefix(p.Role, "runner-") || slices.ContainsFunc(s.Runners, func(r RunnerStatus) bool { return r.ID == p.Name }) {
			continue
		}
		s.Runners = append(s.Runners, RunnerStatus{ID: p.Name, Since: p.ended})
		// Without a server none is with it.
		if s.Server.Healthy && p.State == container.StateRunning {
			s.Problems = append(s.Problems, "runner "+p.Name+" is offline: its container runs, and the server has no connection from it")
		}
	}
}

// queued says of each job that waits what it waits for.
func queued(ctx context.Context, c *client.Client) ([]string, error) {
	jobs, err := c.Jobs(ctx, client.JobFilter{Active: true})
	if err != nil {
		return nil, err
	}
	var waits []string
	for _, j := range jobs {
		if j.State == client.JobRunning {
			continue
		}
		why, err := c.WhyWaiting(ctx, j.ID)
		if err != nil {
			return waits, err
		}
		if why.Cause != client.NotWaiting {
			waits = append(waits, fmt.Sprintf("%s waits: %s", j, why.Reason))
		}
	}
	return waits, nil
}
