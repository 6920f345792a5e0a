package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"time"

	"github.com/docker/docker/client"
	"github.com/pilot-framework/pilot/pkg/server/daemon"
	"github.com/pilot-framework/pilot/stacks"
)

// Checks looks at what the platform needs of this machine.
func (p *Platform) Checks() []stacks.Check {
	return []stacks.Check{
		{Name: "Docker Engine", Run: func(ctx context.Context) (string, error) { return engineVersion(ctx, p.DockerHost) }},
		{Name: "database image", Run: p.checkDatabaseImage},
	}
}

// engineVersion asks the Engine at host who it is, and turns the ways in which
// that fails into problems with a mend.
func engineVersion(ctx context.Context, host string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	docker, err := client.NewClientWithOpts(client.WithHost(host), client.WithAPIVersionNegotiation())
	if err != nil {
		return "", fmt.Errorf("docker_host %q: %w", host, err)
	}
	defer docker.Close()
	v, err := docker.ServerVersion(ctx)
	if err == nil {
		var wrong *daemon.APIError
		if errors.As(daemon.CheckAPI(ctx, host), &wrong) {
			return "", &stacks.Problem{Reason: wrong.Reason(), Fix: daemon.APIFix}
		}
		return fmt.Sprintf("%s, API %s, at %s", v.Version, v.APIVersion, host), nil
	}
	socket := strings.TrimPrefix(host, "unix://")
	switch {
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EACCES) || strings.Contains(err.Error(), "permission denied"):
		return "", &stacks.Problem{
			Reason: fmt.Sprintf("no permission to use Docker at %s", socket),
			Fix:    "sudo usermod -aG docker $USER, then log in again",
		}
	case client.IsErrConnectionFailed(err):
		return "", &stacks.Problem{
			Reason: fmt.Sprintf("no Docker Engine answers at %s", socket),
			Fix:    "sudo systemctl start docker (or install it: sudo apt-get install docker.io)",
		}
	case errors.Is(err, context.DeadlineExceeded):
		return "", &stacks.Problem{
			Reason: fmt.Sprintf("the Docker Engine at %s did not answer within 10 seconds", socket),
			Fix:    "sudo systemctl restart docker",
		}
	}
	return "", fmt.Errorf("ask Docker at %s for its version: %w", socket, err)
}

func (p *Platform) checkDatabaseImage(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	docker, err := client.NewClientWithOpts(client.WithHost(p.DockerHost), client.WithAPIVersionNegotiation())
	if err != nil {
		return "", err
	}
	defer docker.Close()
	if _, err := docker.ImageInspect(ctx, p.Database.Image); err == nil {
		return p.Database.Image + " is here", nil
	}
	if _, err := docker.DistributionInspect(ctx, p.Database.Image, ""); err != nil {
		return "", &stacks.Problem{
			Reason: fmt.Sprintf("the image %s is not on this machine and cannot be pulled", p.Database.Image),
			Fix:    "docker pull " + p.Database.Image + ", or name another with --db-image",
		}
	}
	return p.Database.Image + " can be pulled", nil
}
