// Package applog reaches into an app that runs on the platform's own Docker
// endpoint: it reads its output and runs commands in it. That takes the rights of
// an operator, who has the endpoint's certificate.
package applog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	docker "github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"
)

// ErrNoContainer reports that a deployment has no container on the endpoint.
var ErrNoContainer = errors.New("the deployment has no container on this Docker endpoint")

// deploymentVariable is what the deploy engine tells a container about itself.
const deploymentVariable = "WAYPOINT_DEPLOYMENT_ID="

// Find returns the id of the container of a deployment, running or not. app and
// deployment are as the server names them. The error is ErrNoContainer when there
// is none.
func Find(ctx context.Context, daemon *docker.Client, app, deployment string) (string, error) {
	list, err := daemon.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", "app="+app))})
	if err != nil {
		return "", fmt.Errorf("list the containers of %s: %w", app, err)
	}
	for _, c := range list {
		full, err := daemon.ContainerInspect(ctx, c.ID)
		if errdefs.IsNotFound(err) {
			continue // removed since the list was made
		}
		if err != nil {
			return "", fmt.Errorf("look at the container %s: %w", c.ID, err)
		}
		if slices.Contains(full.Config.Env, deploymentVariable+deployment) {
			return c.ID, nil
		}
	}
	return "", fmt.Errorf("%s: %w", app, ErrNoContainer)
}

// Options choose which output is read.
type Options struct {
	// Follow goes on with what comes, until the container or the context ends.
	Follow bool
	// Tail is how many of the last lines to begin with; 0 is all.
	Tail int
	// Since leaves out what is older than this; 0 is nothing.
	Since time.Duration
	// Timestamps puts the time before each line.
	Timestamps bool
}

// Copy writes a container's output to out and errOut as it was written there. A
// context that ends while it follows is no error.
func Copy(ctx context.Context, daemon *docker.Client, id string, opts Options, out, errOut io.Writer) error {
	full, err := daemon.ContainerInspect(ctx, id)
	if err != nil {
		return fmt.Errorf("look at the container %s: %w", id, err)
	}
	o := container.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: opts.Follow, Timestamps: opts.Timestamps}
	if opts.Tail > 0 {
		o.Tail = fmt.Sprint(opts.Tail)
	}
	if opts.Since > 0 {
		o.Since = time.Now().Add(-opts.Since).Format(time.RFC3339Nano)
	}
	logs, err := daemon.ContainerLogs(ctx, id, o)
	if err != nil {
		return fmt.Errorf("read the output of the container %s: %w", id, err)
	}
	defer logs.Close()
	if full.Config.Tty {
		_, err = io.Copy(out, logs)
	} else {
		_, err = stdcopy.StdCopy(out, errOut, logs)
	}
	if opts.Follow && ctx.Err() != nil {
		return nil
	}
	return err
}
