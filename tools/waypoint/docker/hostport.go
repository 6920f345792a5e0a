// Package docker is what the build adds to Waypoint's plugin of the same name.
package docker

import (
	"context"
	"math/rand"
	"strconv"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/client"
	"github.com/docker/go-connections/nat"
)

// Ports of apps lie below those that Linux gives out by itself, from which Docker
// takes its random ones too (from 32768).
const (
	firstPort = 16384
	lastPort  = 20000
)

// fixedPort chooses the host's port for one of a container's. A port of Docker's
// own choosing is another one after each restart, and the app would lose its
// address; this one stays as long as the container. It is free of other
// containers, stopped ones too, and of the ports in own. It is empty, and Docker
// chooses after all, where Docker doesn't tell which are taken.
func fixedPort(ctx context.Context, cli client.APIClient, own nat.PortMap) string {
	taken := map[string]bool{}
	take := func(m nat.PortMap) {
		for _, bindings := range m {
			for _, b := range bindings {
				taken[b.HostPort] = true
			}
		}
	}
	take(own)
	all, err := cli.ContainerList(ctx, types.ContainerListOptions{All: true})
	if err != nil {
		return ""
	}
	for _, c := range all {
		// One that is gone by now holds no port.
		if info, err := cli.ContainerInspect(ctx, c.ID); err == nil && info.HostConfig != nil {
			take(info.HostConfig.PortBindings)
		}
	}
	// From a random one on, so that two deploys at once rarely meet.
	start := rand.Intn(lastPort - firstPort)
	for i := 0; i < lastPort-firstPort; i++ {
		port := strconv.Itoa(firstPort + (start+i)%(lastPort-firstPort))
		if !taken[port] {
			return port
		}
	}
	return ""
}
