package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"
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

// mountedSocket is where the agent looks for the daemon's socket.
const mountedSocket = "/var/run/docker.sock"

// RoleRestart is the label of the container that restarts a daemon.
const RoleRestart = "restart"

// labelRole is the label that says what a container is for.
const labelRole = "io.pilot.role"

// Restart ends the daemon behind docker, which its supervisor (systemd, by
// Restart=always) then starts again. It is done by a container of the daemon's
// own that sees the machine's processes. With live-restore the other containers
// go on; while the daemon sets their ports up anew, that container holds new
// connections back, which would be refused otherwise. Restart does not wait:
// the daemon often goes before it has answered, so that only an error of making
// the container is one.
//
// Failed tells afterwards whether it did not do its work, and Forget removes it.
func Restart(ctx context.Context, docker *client.Client, agent Agent, socket string) error {
	if err := agent.Load(ctx, docker); err != nil {
		return err
	}
	if err := Forget(ctx, docker); err != nil {
		return err
	}
	ports, err := published(ctx, docker)
	if err != nil {
		return err
	}
	made, err := docker.ContainerCreate(ctx, &container.Config{
		Image: agent.Reference, Cmd: []string{"pilot-agent", "restart-daemon", "-socket", socket, "-hold", ports}, User: "0",
		Labels: map[string]string{labelRole: RoleRestart},
	}, &container.HostConfig{
		PidMode: "host", NetworkMode: "host",
		// To signal the daemon, and to run the machine's own iptables. AppArmor's
		// profile for containers forbids both.
		CapDrop: []string{"ALL"}, CapAdd: []string{"KILL", "NET_ADMIN", "NET_RAW", "SYS_CHROOT", "SYS_PTRACE"},
		SecurityOpt: []string{"no-new-privileges", "apparmor=unconfined"},
		Mounts:      []mount.Mount{{Type: mount.TypeBind, Source: socket, Target: mountedSocket}},
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

// published are the TCP ports that containers have on the machine, with commas
// between.
func published(ctx context.Context, docker *client.Client) (string, error) {
	running, err := docker.ContainerList(ctx, container.ListOptions{})
	if err != nil {
		return "", fmt.Errorf("look for published ports: %w", err)
	}
	var ports []string
	for _, c := range running {
		for _, p := range c.Ports {
			if text := strconv.Itoa(int(p.PublicPort)); p.PublicPort != 0 && p.Type == "tcp" && !slices.Contains(ports, text) {
				ports = append(ports, text)
			}
		}
	}
	slices.Sort(ports)
	return strings.Join(ports, ","), nil
}

// Failed is why a restart did not come about; nil while that is not known.
func Failed(ctx context.Context, docker *client.Client) error {
	all, err := restarts(ctx, docker)
	if err != nil {
		return nil
	}
	for _, c := range all {
		found, err := docker.ContainerInspect(ctx, c.ID)
		if err != nil || found.State.Running || found.State.ExitCode == 0 {
			continue
		}
		said := bytes.Buffer{}
		if log, err := docker.ContainerLogs(ctx, c.ID, container.LogsOptions{ShowStdout: true, ShowStderr: true, Tail: "5"}); err == nil {
			_, _ = stdcopy.StdCopy(&said, &said, log)
			log.Close()
		}
		return fmt.Errorf("the container that was to restart Docker ended with exit code %d: %s", found.State.ExitCode, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}

func restarts(ctx context.Context, docker *client.Client) ([]container.Summary, error) {
	return docker.ContainerList(ctx, container.ListOptions{
		All: true, Filters: filters.NewArgs(filters.Arg("label", labelRole+"="+RoleRestart)),
	})
}

// Forget removes what restarts left behind.
func Forget(ctx context.Context, docker *client.Client) error {
	old, err := restarts(ctx, docker)
	if err != nil {
		return fmt.Errorf("look for an earlier restart of Docker: %w", err)
	}
	for _, c := range old {
		// It may still be taking its rules away.
		_ = docker.ContainerStop(ctx, c.ID, container.StopOptions{})
		err := docker.ContainerRemove(ctx, c.ID, container.RemoveOptions{Force: true})
		if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
			return fmt.Errorf("remove the container of an earlier restart of Docker: %w", err)
		}
	}
	return nil
}
