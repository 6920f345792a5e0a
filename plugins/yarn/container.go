package yarn

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"
)

// Folders in the container. All belong to the build's user.
const (
	workDir   = "/pilot"
	sourceDir = workDir + "/source"
	homeDir   = workDir + "/home"
	binDir    = homeDir + "/bin"
	cacheDir  = workDir + "/cache" // the volume
)

// uid is the user and the group of the build: the user node of Node.js images.
const uid = 1000

// maxProcesses bounds the processes and threads of a build. A large front end
// takes some hundreds.
const maxProcesses = 4096

// cleanupTime bounds the removal of a container. The engine kills a plugin a
// short time after it cancels its job; removeOnExit is for that.
const cleanupTime = 20 * time.Second

// removeOnExit lives as long as the plugin's connection to it, and the container
// as long as it: nothing is left even when the plugin is killed.
var removeOnExit = []string{"cat"}

// buildContainer is a running container for one build.
type buildContainer struct {
	docker *client.Client
	id     string
	env    []string
	stdin  types.HijackedResponse
	name   string // of the container and of its network
}

// Labels of what a build makes.
const (
	roleLabel = "io.pilot.role"
	buildRole = "build"
	cacheRole = "build-cache"
)

// start makes and starts a container of the image with the app's cache, whose
// files come from archive.
func start(ctx context.Context, docker *client.Client, image string, job Job, archive io.Reader) (_ *buildContainer, err error) {
	info, err := docker.ImageInspect(ctx, image)
	if err != nil {
		return nil, fmt.Errorf("look at image %s: %w", image, err)
	}
	b := &buildContainer{docker: docker, env: environment(info.Config.Env), name: "pilot-build-" + random()}
	cache := volume.CreateOptions{Name: job.cacheVolume(), Labels: job.labels(cacheRole)}
	if _, err := docker.VolumeCreate(ctx, cache); err != nil {
		return nil, fmt.Errorf("make the cache volume %s: %w", cache.Name, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.remove())
		}
	}()
	if err := makeNetwork(ctx, docker, b.name); err != nil {
		return nil, err
	}
	processes := int64(maxProcesses)
	config := &container.Config{
		Image: image, Entrypoint: removeOnExit, Cmd: []string{}, Labels: job.labels(buildRole),
		User: fmt.Sprintf("%d:%d", uid, uid), WorkingDir: "/",
		OpenStdin: true, StdinOnce: true, AttachStdin: true,
		Healthcheck: &container.HealthConfig{Test: []string{"NONE"}},
	}
	host := &container.HostConfig{
		AutoRemove: true, NetworkMode: container.NetworkMode(b.name),
		CapDrop: []string{"ALL"}, SecurityOpt: []string{"no-new-privileges"},
		LogConfig: container.LogConfig{Type: "none"},
		Resources: container.Resources{PidsLimit: &processes},
		Mounts:    []mount.Mount{{Type: mount.TypeVolume, Source: cache.Name, Target: cacheDir}},
	}
	made, err := docker.ContainerCreate(ctx, config, host, nil, nil, b.name)
	if err != nil {
		return nil, fmt.Errorf("make the build container: %w", err)
	}
	b.id = made.ID
	if err := docker.CopyToContainer(ctx, b.id, "/", archive, container.CopyToContainerOptions{}); err != nil {
		return nil, fmt.Errorf("copy the source into the build container: %w", err)
	}
	if b.stdin, err = docker.ContainerAttach(ctx, b.id, container.AttachOptions{Stream: true, Stdin: true}); err != nil {
		return nil, fmt.Errorf("hold the build container: %w", err)
	}
	if err := docker.ContainerStart(ctx, b.id, container.StartOptions{}); err != nil {
		return nil, fmt.Errorf("start the build container: %w", err)
	}
	return b, nil
}

// environment is what a build finds besides the app's own variables. Caches of
// all package managers are in the volume.
func environment(image []string) []string {
	search := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	for _, v := range image {
		if p, ok := strings.CutPrefix(v, "PATH="); ok {
			search = p
		}
	}
	return []string{
		"PATH=" + binDir + ":" + search,
		"HOME=" + homeDir,
		"CI=true",
		"YARN_CACHE_FOLDER=" + cacheDir + "/yarn",
		"YARN_GLOBAL_FOLDER=" + cacheDir + "/berry",
		"YARN_ENABLE_TELEMETRY=0",
		"npm_config_cache=" + cacheDir + "/npm",
		"npm_config_update_notifier=false",
		"COREPACK_HOME=" + cacheDir + "/corepack",
		"COREPACK_ENABLE_DOWNLOAD_PROMPT=0",
	}
}

// run runs a command and writes what it prints to out. It returns the exit code.
// When ctx ends it returns at once; remove ends the command.
func (b *buildContainer) run(ctx context.Context, s step, env []string, out io.Writer) (int, error) {
	made, err := b.docker.ContainerExecCreate(ctx, b.id, container.ExecOptions{
		User: fmt.Sprintf("%d:%d", uid, uid), AttachStdout: true, AttachStderr: true,
		// Not in the container's own configuration, which docker inspect shows.
		Env: append(append([]string{}, b.env...), env...), WorkingDir: path.Join(sourceDir, s.dir),
		Cmd: []string{"sh", "-c", s.command},
	})
	if err != nil {
		return 0, fmt.Errorf("run %s: %w", s.command, err)
	}
	attached, err := b.docker.ContainerExecAttach(ctx, made.ID, container.ExecAttachOptions{})
	if err != nil {
		return 0, fmt.Errorf("run %s: %w", s.command, err)
	}
	defer attached.Close()
	stop := context.AfterFunc(ctx, attached.Close)
	defer stop()
	_, err = stdcopy.StdCopy(out, out, attached.Reader)
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("read what %s prints: %w", s.command, err)
	}
	state, err := b.docker.ContainerExecInspect(ctx, made.ID)
	if err != nil {
		return 0, fmt.Errorf("the build container ended while it ran %s: %w", s.command, err)
	}
	return state.ExitCode, nil
}

// remove ends whatever runs in the container and removes it and what else was made
// for it, but the cache. It works after the job is cancelled too.
func (b *buildContainer) remove() error {
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTime)
	defer cancel()
	var err error
	if b.id != "" {
		gone, failed := b.docker.ContainerWait(ctx, b.id, container.WaitConditionRemoved)
		err = b.docker.ContainerRemove(ctx, b.id, container.RemoveOptions{Force: true, RemoveVolumes: true})
		if b.stdin.Conn != nil {
			b.stdin.Close()
		}
		if errdefs.IsNotFound(err) || errdefs.IsConflict(err) { // it removes itself
			err = nil
		}
		select {
		case <-gone:
		case waitErr := <-failed:
			if !errdefs.IsNotFound(waitErr) {
				err = errors.Join(err, waitErr)
			}
		}
		if err != nil {
			err = fmt.Errorf("remove the build container: %w", err)
		}
	}
	return errors.Join(err, removeNetwork(ctx, b.docker, b.name))
}

func random() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}
