package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/client"
)

// Agent is the image of the small helper (package image: Gateway).
type Agent struct {
	// Reference is its name and tag, which stand for its content.
	Reference string
	// Write writes it as a tar for "docker load".
	Write func(ctx context.Context, w io.Writer) error
}

// Load puts the image on a daemon that does not have it.
func (a Agent) Load(ctx context.Context, docker *client.Client) error {
	_, err := docker.ImageInspect(ctx, a.Reference)
	if err == nil || !errdefs.IsNotFound(err) {
		return err
	}
	if a.Write == nil {
		return fmt.Errorf("image %s is not on the Docker daemon, and nothing was given to make it", a.Reference)
	}
	read, write := io.Pipe()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { write.CloseWithError(a.Write(ctx, write)) }()
	resp, err := docker.ImageLoad(ctx, read, client.ImageLoadWithQuiet(true))
	read.CloseWithError(errors.Join(err, io.ErrClosedPipe))
	if err != nil {
		return fmt.Errorf("load image %s: %w", a.Reference, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err == nil && !strings.Contains(string(answer), "Loaded image") {
		err = fmt.Errorf("load image %s: the daemon answered %s", a.Reference, answer)
	}
	return err
}

// RoleRestart is the label of the container that restarts a daemon.
const RoleRestart = "restart"

// labelRole is the label that says what a container is for.
const labelRole = "io.pilot.role"

// Restart ends the daemon behind docker, which its supervisor (systemd, by
// Restart=always) then starts again. It is done by a container of the daemon's
// own that sees the machine's processes and may do nothing but signal them.
// With live-restore the other containers go on. Restart does not wait: the
// daemon often goes before it has answered, so that only an error of making
// the container is one.
func Restart(ctx context.Context, docker *client.Client, agent Agent, socket string) error {
	if err := agent.Load(ctx, docker); err != nil {
		return err
	}
	if err := forgetRestarts(ctx, docker); err != nil {
		return err
	}
	const inside = "/var/run/docker.sock"
	made, err := docker.ContainerCreate(ctx, &container.Config{
		Image: agent.Reference, Cmd: []string{"pilot-agent", "restart-daemon", "-socket", inside}, User: "0",
		Labels: map[string]string{labelRole: RoleRestart},
	}, &container.HostConfig{
		PidMode: "host", NetworkMode: "none", AutoRemove: true,
		CapDrop: []string{"ALL"}, CapAdd: []string{"KILL"}, SecurityOpt: []string{"no-new-privileges"},
		Mounts: []mount.Mount{{Type: mount.TypeBind, Source: socket, Target: inside}},
	}, nil, nil, "")
	if err != nil {
		return fmt.Errorf("make the container that restarts Docker: %w", err)
	}
	err = docker.ContainerStart(ctx, made.ID, container.StartOptions{})
	if errdefs.IsNotFound(err) || errdefs.IsInvalidArgument(err) || errdefs.IsConflict(err) {
		return fmt.Errorf("start the container that restarts Docker: %w", err)
	}
	return nil
}

// forgetRestarts removes what a restart left behind: the daemon may go before
// it removes the container.
func forgetRestarts(ctx context.Context, docker *client.Client) error {
	old, err := docker.ContainerList(ctx, container.ListOptions{
		All: true, Filters: filters.NewArgs(filters.Arg("label", labelRole+"="+RoleRestart)),
	})
	if err != nil {
		return fmt.Errorf("look for an earlier restart of Docker: %w", err)
	}
	for _, c := range old {
		err := docker.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true})
		if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
			return fmt.Errorf("remove the container of an earlier restart of Docker: %w", err)
		}
	}
	return nil
}
