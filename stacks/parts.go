package stacks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	docker "github.com/docker/docker/client"
	"github.com/pilot-framework/pilot/pkg/server/daemon"
	"github.com/pilot-framework/pilot/pkg/server/image"
)

// Part is one of a platform's own containers.
type Part struct {
	// Role is server, source, runner-1 and so on; on this machine gateway and db
	// too.
	Role string `json:"role"`
	// Name and ID are the container's.
	Name string `json:"name"`
	ID   string `json:"id"`
	// State is Docker's word, such as running, and Status says since when, and
	// whether it is well.
	State  string `json:"state"`
	Status string `json:"status"`
	// Image is what it runs.
	Image string `json:"image"`

	// ended is when it ended, where that was asked for and it did.
	ended *time.Time
}

// Parts lists a stack's own containers by role.
func Parts(ctx context.Context, c *docker.Client, stack string) ([]Part, error) {
	all, err := c.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(filters.Arg("label", LabelStack+"="+stack))})
	if err != nil {
		return nil, fmt.Errorf("list the platform's containers: %w", err)
	}
	parts := []Part{}
	for _, found := range all {
		name := ""
		if len(found.Names) > 0 {
			name = strings.TrimPrefix(found.Names[0], "/")
		}
		parts = append(parts, Part{
			Role: found.Labels[LabelRole], Name: name, ID: found.ID, State: found.State, Status: found.Status, Image: found.Image,
		})
	}
	slices.SortFunc(parts, func(a, b Part) int { return strings.Compare(a.Role, b.Role) })
	return parts, nil
}

// PartOf is the part with a role. Its error names the roles that there are.
func PartOf(ctx context.Context, c *docker.Client, stack, role string) (Part, error) {
	parts, err := Parts(ctx, c, stack)
	if err != nil {
		return Part{}, err
	}
	var roles []string
	for _, p := range parts {
		if p.Role == role {
			return p, nil
		}
		roles = append(roles, p.Role)
	}
	return Part{}, fmt.Errorf("role %q: want one of %s", role, strings.Join(roles, ", "))
}

// restartBound is how long a restarted part may take to be well.
const restartBound = 2 * time.Minute

// Restart restarts a part and waits until it is well, at most two minutes.
func Restart(ctx context.Context, c *docker.Client, id string) error {
	if err := c.ContainerRestart(ctx, id, container.StopOptions{}); err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, restartBound, errors.New("it was not well two minutes after its restart; pilot server logs says why"))
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		found, err := c.ContainerInspect(ctx, id)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return fmt.Errorf("look at the restarted container: %w", err)
		case found.State.Running && (found.State.Health == nil || found.State.Health.Status == container.Healthy):
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// Agent is the image of the small helper, for work on the machine of an endpoint.
func Agent() (daemon.Agent, error) {
	img, err := image.Gateway(image.Options{})
	if err != nil {
		return daemon.Agent{}, err
	}
	return daemon.Agent{Reference: img.Reference(), Write: func(_ context.Context, w io.Writer) error {
		_, err := img.WriteTo(w)
		return err
	}}, nil
}
