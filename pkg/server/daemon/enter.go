package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/client"
)

// Entered is a way into the machine of a daemon.
type Entered struct {
	// Container is where to run commands.
	Container string
	docker    *client.Client
}

// leaveTimeout bounds the removal of the container.
const leaveTimeout = 30 * time.Second

// RoleShell is the label of the container that leads to the machine.
const RoleShell = "shell"

// EnterMachine makes a container that leads to the machine of a daemon: it sees
// the machine's processes and network, and may do all that root may. Whoever may
// use a daemon can do so in any case. It has to be left again.
func EnterMachine(ctx context.Context, docker *client.Client, agent Agent, socket string) (*Entered, error) {
	if err := agent.Load(ctx, docker); err != nil {
		return nil, err
	}
	made, err := docker.ContainerCreate(ctx, &container.Config{
		// The machine's own sleep: it ends by itself if nobody leaves.
		Image: agent.Reference, Cmd: []string{"pilot-agent", "machine", "sleep", "86400"}, User: "0",
		Labels: map[string]string{labelRole: RoleShell},
	}, &container.HostConfig{
		PidMode: "host", NetworkMode: "host", IpcMode: "host", UTSMode: "host", AutoRemove: true,
		CapAdd: []string{
			"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "KILL", "NET_ADMIN", "NET_RAW", "SETUID", "SETGID",
			"SYS_ADMIN", "SYS_CHROOT", "SYS_MODULE", "SYS_PTRACE", "SYS_TIME", "SYSLOG", "SYS_BOOT", "SYS_NICE",
		},
		SecurityOpt: []string{"apparmor=unconfined", "seccomp=unconfined"},
		Mounts:      []mount.Mount{{Type: mount.TypeBind, Source: socket, Target: mountedSocket}},
	}, nil, nil, "")
	if err != nil {
		return nil, fmt.Errorf("make the container that leads to the machine: %w", err)
	}
	m := &Entered{Container: made.ID, docker: docker}
	if err := docker.ContainerStart(ctx, made.ID, container.StartOptions{}); err != nil {
		m.Leave(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("start the container that leads to the machine: %w", err)
	}
	return m, nil
}

// Command is what to run in Container for a command on the machine; without
// one it is a login shell.
func (m *Entered) Command(command []string) []string {
	return append([]string{"pilot-agent", "machine"}, command...)
}

// Leave removes the container, and ends what still runs in it.
func (m *Entered) Leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	_ = m.docker.ContainerRemove(ctx, m.Container, container.RemoveOptions{Force: true})
}
