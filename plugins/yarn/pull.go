package yarn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
)

// pull gets the image when the endpoint does not have it.
func pull(ctx context.Context, docker *client.Client, name string, show Progress) error {
	_, err := docker.ImageInspect(ctx, name)
	if err == nil {
		return nil
	}
	if !errdefs.IsNotFound(err) {
		return fmt.Errorf("look at image %s: %w", name, err)
	}
	show.Step("Pulling " + name)
	said, err := docker.ImagePull(ctx, name, image.PullOptions{})
	if err != nil {
		return fmt.Errorf("pull image %s, which the Docker endpoint does not have: %w", name, err)
	}
	defer said.Close()
	for d := json.NewDecoder(said); ; {
		var line struct {
			ID, Status, Error string
			Progress          json.RawMessage `json:"progressDetail"`
		}
		if err := d.Decode(&line); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("pull image %s: %w", name, err)
		}
		if line.Error != "" {
			return fmt.Errorf("pull image %s: %s", name, line.Error)
		}
		if len(line.Progress) <= len("{}") && line.ID == "" {
			fmt.Fprintln(show, line.Status)
		}
	}
	show.Done("")
	return nil
}
