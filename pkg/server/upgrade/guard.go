// Package upgrade makes an upgrade of the Pilot server one that can be gone
// back on: before anything is changed it keeps the old image and a cold copy of
// the server's data, and it can put both back.
package upgrade

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/mount"
	docker "github.com/docker/docker/client"
)

// dataDir is where the server's volume is mounted.
const dataDir = "/data"

// stopSeconds is how long the server may take to end.
const stopSeconds = 15

// ErrNotRunning is a platform that has no server to upgrade.
var ErrNotRunning = errors.New("the platform has no server container: run pilot setup instead")

// Guard holds what is needed to go back.
type Guard struct {
	docker    *docker.Client
	container string
	volume    string
	imageID   string
	reference string
	hold      string
	copy      string
}

// Open looks at the server container of a stack and keeps its image from being
// removed, until Release. prefix begins the names of the stack's containers, and
// dir is a folder for the copy of the data.
func Open(ctx context.Context, d *docker.Client, prefix, dir string) (*Guard, error) {
	g := &Guard{docker: d, container: prefix + "-server", hold: "pilot-held/" + prefix + ":before-upgrade", copy: filepath.Join(dir, "server-data.tar")}
	found, err := d.ContainerInspect(ctx, g.container)
	if errdefs.IsNotFound(err) {
		return nil, ErrNotRunning
	}
	if err != nil {
		return nil, fmt.Errorf("look at the server's container: %w", err)
	}
	for _, m := range found.Mounts {
		if m.Destination == dataDir {
			g.volume = m.Name
		}
	}
	if g.volume == "" {
		return nil, fmt.Errorf("container %s has no volume at %s: it is not a Pilot server's", g.container, dataDir)
	}
	img, err := d.ImageInspect(ctx, found.Image)
	if err != nil {
		return nil, fmt.Errorf("look at the server's image: %w", err)
	}
	g.imageID = img.ID
	for _, tag := range img.RepoTags {
		if tag != g.hold {
			g.reference = tag
		}
	}
	if err := d.ImageTag(ctx, g.imageID, g.hold); err != nil {
		return nil, fmt.Errorf("keep the server's image: %w", err)
	}
	if g.reference == "" {
		g.reference = g.hold
	}
	return g, nil
}

// Reference is the name of the old image on the Docker endpoint.
func (g *Guard) Reference() string { return g.reference }

// SaveData stops the server and copies its data: a database that nobody writes
// to is a consistent one. The copy is as secret as the server; it is readable by
// its owner alone. After an error the server runs again.
func (g *Guard) SaveData(ctx context.Context) error {
	if err := g.stop(ctx); err != nil {
		// A daemon goes on with a stop that its caller gave up. Until it is through,
		// a start does nothing: so the stop is waited out first.
		after := context.WithoutCancel(ctx)
		return errors.Join(fmt.Errorf("stop the server for a copy of its data: %w", err), g.stop(after), g.start(after))
	}
	if err := g.copyOut(ctx); err != nil {
		return errors.Join(fmt.Errorf("copy the server's data: %w", err), g.start(context.WithoutCancel(ctx)))
	}
	return nil
}

func (g *Guard) stop(ctx context.Context) error {
	seconds := stopSeconds
	return g.docker.ContainerStop(ctx, g.container, container.StopOptions{Timeout: &seconds})
}

func (g *Guard) start(ctx context.Context) error {
	return g.docker.ContainerStart(ctx, g.container, container.StartOptions{})
}

func (g *Guard) copyOut(ctx context.Context) (err error) {
	from, _, err := g.docker.CopyFromContainer(ctx, g.container, dataDir)
	if err != nil {
		return err
	}
	defer from.Close()
	if err := os.MkdirAll(filepath.Dir(g.copy), 0o700); err != nil {
		return err
	}
	to, err := os.OpenFile(g.copy, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err = io.Copy(to, from); err == nil {
		err = to.Sync()
	}
	return errors.Join(err, to.Close())
}

// PutBack gives the server's volume the data that SaveData copied. A container
// of another image that stands in the server's place is removed. What then runs
// the server again, on the old image, is whoever made it in the first place.
func (g *Guard) PutBack(ctx context.Context) error {
	found, err := g.docker.ContainerInspect(ctx, g.container)
	switch {
	case errdefs.IsNotFound(err):
	case err != nil:
		return fmt.Errorf("look at the server's container: %w", err)
	case found.Image == g.imageID:
		// The upgrade did not come this far: the old one is merely stopped.
		return g.start(ctx)
	default:
		err := g.docker.ContainerRemove(ctx, g.container, container.RemoveOptions{Force: true})
		if err != nil && !errdefs.IsNotFound(err) {
			return fmt.Errorf("remove the new server's container: %w", err)
		}
	}
	return g.copyIn(ctx)
}

// copyIn writes through a container that is never started: a volume can't be
// written to in any other way.
func (g *Guard) copyIn(ctx context.Context) error {
	data, err := os.Open(g.copy)
	if err != nil {
		return fmt.Errorf("open the copy of the server's data: %w", err)
	}
	defer data.Close()
	made, err := g.docker.ContainerCreate(ctx,
		&container.Config{Image: g.imageID, Cmd: []string{"true"}},
		&container.HostConfig{Mounts: []mount.Mount{{Type: mount.TypeVolume, Source: g.volume, Target: dataDir}}},
		nil, nil, g.container+"-restore")
	if err != nil {
		return fmt.Errorf("reach the server's volume: %w", err)
	}
	defer func() {
		_ = g.docker.ContainerRemove(context.WithoutCancel(ctx), made.ID, container.RemoveOptions{Force: true})
	}()
	if err := g.docker.CopyToContainer(ctx, made.ID, filepath.Dir(dataDir), data, container.CopyToContainerOptions{}); err != nil {
		return fmt.Errorf("put the server's data back: %w", err)
	}
	return nil
}

// Release lets the old image and the copy of the data go. An image that a
// container still uses stays.
func (g *Guard) Release(ctx context.Context) error {
	names := []string{g.hold}
	// An image that somebody else brought is theirs to remove.
	if strings.HasPrefix(g.reference, "pilot-server:") {
		names = append(names, g.reference)
	}
	var errs []error
	if err := os.Remove(g.copy); err != nil && !errors.Is(err, os.ErrNotExist) {
		errs = append(errs, err)
	}
	used, err := g.used(ctx)
	errs = append(errs, err)
	for i, name := range names {
		if i > 0 && used {
			break
		}
		_, err := g.docker.ImageRemove(ctx, name, image.RemoveOptions{PruneChildren: true})
		if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
			errs = append(errs, fmt.Errorf("remove the image %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// used tells whether the platform still runs the old image.
func (g *Guard) used(ctx context.Context) (bool, error) {
	found, err := g.docker.ContainerInspect(ctx, g.container)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	return err != nil || found.Image == g.imageID, err
}
