package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// cleanupTimeout bounds the removal of a half-made container, which goes on
// after its operation has been cancelled.
const cleanupTimeout = 30 * time.Second

// containerRun is the work on one container.
type containerRun struct {
	docker *client.Client
	in     pilot.ContainerInputs
}

// create makes, fills and starts the container and waits for it as asked.
// Whatever goes wrong, nothing half-made remains.
func (r *containerRun) create(ctx context.Context) (id string, err error) {
	if err := r.clearName(ctx); err != nil {
		return "", err
	}
	cfg, host, net := r.config(ctx)
	made, err := r.docker.ContainerCreate(ctx, cfg, host, net, nil, r.in.Name)
	if err != nil {
		if ctx.Err() != nil {
			// The daemon may have made it all the same.
			r.discard(ctx, r.in.Name)
		}
		if gone(err) && strings.Contains(err.Error(), "image") {
			return "", fmt.Errorf("make container %s: image %s is not on the Docker daemon: load or pull it first: %w", r.in.Name, r.in.Image, err)
		}
		return "", fmt.Errorf("make container %s: %w", r.in.Name, err)
	}
	defer func() {
		if err != nil {
			r.discard(ctx, made.ID)
		}
	}()
	for _, n := range r.in.Networks[min(1, len(r.in.Networks)):] {
		if err := r.docker.NetworkConnect(ctx, n.Name, made.ID, attachment(n)); err != nil {
			return "", fmt.Errorf("join container %s to network %s: %w", r.in.Name, n.Name, err)
		}
	}
	if err := r.copyFiles(ctx, made.ID, r.in.Files); err != nil {
		return "", err
	}
	if err := r.start(ctx, made.ID); err != nil {
		return "", err
	}
	return made.ID, nil
}

// clearName removes what an interrupted run of this very resource left behind,
// and refuses a name that is somebody else's.
func (r *containerRun) clearName(ctx context.Context) error {
	found, err := r.docker.ContainerInspect(ctx, r.in.Name)
	if gone(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for a container named %s: %w", r.in.Name, err)
	}
	if found.Config == nil || !isOurs(ctx, found.Config.Labels) {
		return fmt.Errorf("container %s exists already and is not this stack's: remove it (docker rm -f %s) or choose another name", r.in.Name, r.in.Name)
	}
	return r.remove(ctx, found.ID)
}

// start starts the container and waits for it as asked.
func (r *containerRun) start(ctx context.Context, id string) error {
	if err := r.docker.ContainerStart(ctx, id, container.StartOptions{}); err != nil {
		return fmt.Errorf("start container %s: %w", r.in.Name, r.explain(err))
	}
	if !r.in.WaitHealthy {
		return nil
	}
	return r.waitHealthy(ctx, id)
}

// explain puts the mend before Docker's words when a port is taken.
func (r *containerRun) explain(err error) error {
	text := err.Error()
	if !strings.Contains(text, "port is already allocated") && !strings.Contains(text, "address already in use") {
		return err
	}
	var ports []string
	for _, p := range r.in.Ports {
		ports = append(ports, fmt.Sprintf("%s:%d", p.HostIP, p.Host))
	}
	return fmt.Errorf("one of the ports it publishes (%s) is taken: free it or choose another: %w", strings.Join(ports, ", "), err)
}

// update brings an existing container to the inputs, as far as Diff lets it.
func (r *containerRun) update(ctx context.Context, id string, was ContainerState) error {
	if was.Restart != r.in.Restart {
		policy := container.RestartPolicy{Name: container.RestartPolicyMode(r.in.Restart)}
		if _, err := r.docker.ContainerUpdate(ctx, id, container.UpdateConfig{RestartPolicy: policy}); err != nil {
			return fmt.Errorf("change the restart policy of container %s: %w", r.in.Name, err)
		}
	}
	if err := r.copyChanged(ctx, id, was); err != nil {
		return err
	}
	found, err := r.docker.ContainerInspect(ctx, id)
	if err != nil {
		return fmt.Errorf("look at container %s: %w", r.in.Name, err)
	}
	switch statusOf(found.State) {
	case statusRunning:
		return nil
	case container.StatePaused:
		if err := r.docker.ContainerUnpause(ctx, id); err != nil {
			return fmt.Errorf("unpause container %s: %w", r.in.Name, err)
		}
	case statusUnhealthy:
		if err := r.docker.ContainerRestart(ctx, id, r.stopOptions()); err != nil {
			return fmt.Errorf("restart container %s: %w", r.in.Name, err)
		}
	}
	return r.start(ctx, id)
}

func (r *containerRun) stopOptions() container.StopOptions {
	seconds := int(duration(r.in.StopTimeout).Seconds())
	return container.StopOptions{Timeout: &seconds}
}

// remove stops the container and removes it; one that is gone already is fine.
func (r *containerRun) remove(ctx context.Context, id string) error {
	err := r.docker.ContainerStop(ctx, id, r.stopOptions())
	if err == nil || !gone(err) {
		// A failed stop doesn't matter: the removal is by force.
		err = r.docker.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
	}
	if errdefs.IsConflict(err) {
		// Somebody else is removing it.
		err = r.waitGone(ctx, id)
	}
	if err != nil && !gone(err) {
		return fmt.Errorf("remove container %s: %w", r.in.Name, err)
	}
	return nil
}

func (r *containerRun) waitGone(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, cleanupTimeout)
	defer cancel()
	return poll(ctx, func() (bool, error) {
		_, err := r.docker.ContainerInspect(ctx, id)
		if gone(err) {
			return true, nil
		}
		return false, err
	})
}

// discard removes a half-made container even when ctx has been cancelled.
func (r *containerRun) discard(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	_ = r.docker.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
}

// secrets are the texts that must not show up in an error.
func (r *containerRun) secrets() []string {
	var out []string
	for _, f := range r.in.Files {
		if text := strings.TrimSpace(f.Content); len(text) >= 8 {
			out = append(out, text)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out
}
