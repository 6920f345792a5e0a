package daemon

import (
	"context"
	"errors"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/client"
)

// APIVersion is the version of Docker's API that the deploy engine speaks. A
// daemon has to serve it, which Docker Engine 29 by default does not: its
// oldest is 1.44.
const APIVersion = "1.41"

// APIError says that a daemon does not serve APIVersion.
type APIError struct {
	// Docker is the daemon's version, Min and Max are the API versions that it
	// says it serves.
	Docker, Min, Max string
	// Said is its answer to a call with APIVersion.
	Said string
}

// Reason names the range.
func (e *APIError) Reason() string {
	return fmt.Sprintf("Docker %s serves API versions %s to %s, and deploys need %s (it said: %s)",
		e.Docker, e.Min, e.Max, APIVersion, e.Said)
}

// Error names the range and the mend.
func (e *APIError) Error() string { return e.Reason() + "; to mend it: " + APIFix }

// APIFix is what makes a new daemon serve APIVersion, and an old one useless.
const APIFix = "set Environment=DOCKER_MIN_API_VERSION=1.24 in the docker service (systemctl edit docker) and restart it, " +
	"or, below Docker 20.10, install a newer one"

// CheckAPI asks a daemon for its version in the words of APIVersion. The error
// is an *APIError when it refuses them.
func CheckAPI(ctx context.Context, host string, opts ...client.Opt) error {
	c, err := client.NewClientWithOpts(append([]client.Opt{client.WithHost(host), client.WithVersion(APIVersion)}, opts...)...)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.ServerVersion(ctx)
	if err == nil || !errdefs.IsInvalidArgument(err) {
		return err
	}
	wrong := &APIError{Said: err.Error()}
	if v, err := versionOf(ctx, host, opts); err == nil {
		wrong.Docker, wrong.Min, wrong.Max = v[0], v[1], v[2]
	}
	return wrong
}

// versionOf asks without naming a version.
func versionOf(ctx context.Context, host string, opts []client.Opt) ([3]string, error) {
	c, err := client.NewClientWithOpts(append([]client.Opt{client.WithHost(host), client.WithAPIVersionNegotiation()}, opts...)...)
	if err != nil {
		return [3]string{}, err
	}
	defer c.Close()
	v, err := c.ServerVersion(ctx)
	return [3]string{v.Version, v.MinAPIVersion, v.APIVersion}, err
}

// IsAPIError tells whether err is about the range of API versions.
func IsAPIError(err error) bool {
	var wrong *APIError
	return errors.As(err, &wrong)
}
