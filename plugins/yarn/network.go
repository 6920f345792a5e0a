package yarn

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
)

// makeNetwork makes a network for one build: from it a registry can be reached, but
// no other container, neither another build, nor an app, nor the platform's own.
func makeNetwork(ctx context.Context, docker *client.Client, name string) error {
	// A plugin that was killed could not remove its network. One hour is longer
	// than a build takes to start.
	leftOver := filters.NewArgs(filters.Arg("label", roleLabel+"="+buildRole), filters.Arg("until", "1h"))
	if _, err := docker.NetworksPrune(ctx, leftOver); err != nil && !errdefs.IsConflict(err) { // another prune runs
		return fmt.Errorf("remove networks of builds that were killed: %w", err)
	}
	_, err := docker.NetworkCreate(ctx, name, network.CreateOptions{
		Driver: "bridge", Labels: map[string]string{roleLabel: buildRole},
	})
	if err != nil {
		return fmt.Errorf("make the build's network: %w", err)
	}
	return nil
}

func removeNetwork(ctx context.Context, docker *client.Client, name string) error {
	if err := docker.NetworkRemove(ctx, name); err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("remove the build's network: %w", err)
	}
	return nil
}
