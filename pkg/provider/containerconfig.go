package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	dockernet "github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// config translates the inputs into Docker's three structures. Check has run,
// so that texts which should be durations are.
func (r *containerRun) config(ctx context.Context) (*container.Config, *container.HostConfig, *dockernet.NetworkingConfig) {
	in := r.in
	cfg := &container.Config{
		Image:      in.Image,
		Entrypoint: in.Entrypoint,
		Cmd:        in.Command,
		Labels:     withURN(ctx, in.Labels),
		User:       in.User,
		Volumes:    map[string]struct{}{},
	}
	for _, key := range slices.Sorted(maps.Keys(in.Env)) {
		cfg.Env = append(cfg.Env, key+"="+in.Env[key])
	}
	if stop := int(duration(in.StopTimeout).Seconds()); stop > 0 {
		cfg.StopTimeout = &stop
	}
	if h := in.Healthcheck; h != nil {
		cfg.Healthcheck = &container.HealthConfig{
			Test:        append([]string{"CMD"}, h.Test...),
			Interval:    duration(h.Interval),
			Timeout:     duration(h.Timeout),
			StartPeriod: duration(h.StartPeriod),
			Retries:     h.Retries,
		}
	}
	if in.ReadOnlyRootfs {
		for _, root := range r.roots() {
			if !r.mounted(root) {
				cfg.Volumes[root] = struct{}{}
			}
		}
	}
	host := &container.HostConfig{
		RestartPolicy:  container.RestartPolicy{Name: container.RestartPolicyMode(in.Restart)},
		ReadonlyRootfs: in.ReadOnlyRootfs,
		CapDrop:        in.CapDrop,
		CapAdd:         in.CapAdd,
		SecurityOpt:    in.SecurityOpt,
		Tmpfs:          in.Tmpfs,
		ExtraHosts:     in.ExtraHosts,
		PortBindings:   nat.PortMap{},
		// Without bounds a container's log fills the disk.
		LogConfig: container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m", "max-file": "3"}},
	}
	for _, m := range in.Mounts {
		host.Mounts = append(host.Mounts, mount.Mount{Type: mount.Type(m.Type), Source: m.Source, Target: m.Target, ReadOnly: m.ReadOnly})
	}
	cfg.ExposedPorts = nat.PortSet{}
	for _, port := range in.Ports {
		inside := nat.Port(fmt.Sprintf("%d/%s", port.Container, port.Protocol))
		cfg.ExposedPorts[inside] = struct{}{}
		host.PortBindings[inside] = append(host.PortBindings[inside], nat.PortBinding{HostIP: port.HostIP, HostPort: strconv.Itoa(port.Host)})
	}
	if len(in.Networks) == 0 {
		return cfg, host, nil
	}
	// The API takes one network here; the others are joined before the start.
	first := in.Networks[0]
	host.NetworkMode = container.NetworkMode(first.Name)
	return cfg, host, &dockernet.NetworkingConfig{
		EndpointsConfig: map[string]*dockernet.EndpointSettings{first.Name: attachment(first)},
	}
}

func attachment(a pilot.Attachment) *dockernet.EndpointSettings {
	return &dockernet.EndpointSettings{Aliases: a.Aliases}
}

// observe takes over what Docker says of a container.
func observe(state *ContainerState, found container.InspectResponse) {
	state.ImageID = found.Image
	state.Status = statusOf(found.State)
	if found.HostConfig != nil {
		state.Restart = string(found.HostConfig.RestartPolicy.Name)
	}
	state.Addresses = map[string]string{}
	if found.NetworkSettings != nil {
		for name, settings := range found.NetworkSettings.Networks {
			if settings.IPAddress != "" {
				state.Addresses[name] = settings.IPAddress
			}
		}
	}
}

func statusOf(s *container.State) string {
	switch {
	case s == nil:
		return "dead"
	case s.Status != container.StateRunning:
		return s.Status
	case s.Health != nil && s.Health.Status == container.Unhealthy:
		return statusUnhealthy
	default:
		return statusRunning
	}
}

func duration(text string) time.Duration {
	d, _ := time.ParseDuration(text)
	return d
}
