package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/client"
	p "github.com/pulumi/pulumi-go-provider"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pilot-framework/pilot/pkg/server/daemon"
)

// load streams the image's tar to the daemon and checks that it held the image.
func (r *imageResource) load(ctx context.Context, docker *client.Client, in pilot.ImageInputs) error {
	p.GetLogger(ctx).InfoStatusf("loading %s", in.Name)
	read, write := io.Pipe()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	written := make(chan error, 1)
	go func() {
		err := r.write(ctx, in, write)
		write.CloseWithError(err)
		written <- err
	}()
	names, err := loadStream(ctx, docker, read)
	// The writer must not outlive this call, whatever the daemon said.
	read.CloseWithError(errors.Join(err, io.ErrClosedPipe))
	if werr := <-written; werr != nil && !errors.Is(werr, io.ErrClosedPipe) {
		return fmt.Errorf("write image %s: %w", in.Name, werr)
	}
	if err != nil {
		return fmt.Errorf("load image %s: %w", in.Name, err)
	}
	for _, name := range names {
		if familiar(name) == familiar(in.Name) {
			return nil
		}
	}
	return fmt.Errorf("load image %s: the tar holds %v instead: write it under this name", in.Name, names)
}

func (r *imageResource) write(ctx context.Context, in pilot.ImageInputs, w io.Writer) error {
	if in.Builder != "" {
		build, ok := r.builders[in.Builder]
		if !ok {
			return fmt.Errorf("builder %q: want one of %v", in.Builder, r.names())
		}
		return build(ctx, w)
	}
	f, err := os.Open(in.Source)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// loadStream returns the names of the images that the daemon took in.
func loadStream(ctx context.Context, docker *client.Client, tar io.Reader) ([]string, error) {
	resp, err := docker.ImageLoad(ctx, tar, client.ImageLoadWithQuiet(true))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var names []string
	err = daemon.ReadAnswer(resp.Body, func(m daemon.Message) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(m.Stream), "Loaded image: "); ok {
			names = append(names, name)
		}
	})
	return names, err
}

// pull makes sure that the daemon has an image, and tells whether it had to be fetched.
func pull(ctx context.Context, docker *client.Client, name string) (fetched bool, err error) {
	if _, err := docker.ImageInspect(ctx, name); err == nil {
		return false, nil
	} else if !gone(err) {
		return false, fmt.Errorf("look for image %s: %w", name, err)
	}
	p.GetLogger(ctx).InfoStatusf("pulling %s", name)
	body, err := docker.ImagePull(ctx, name, image.PullOptions{})
	if err == nil {
		err = daemon.ReadAnswer(body, nil)
		_ = body.Close()
	}
	if err != nil {
		return false, fmt.Errorf("image %s is not on the Docker daemon and can't be pulled: put it there (docker pull %s, or docker load) or name another image: %w", name, name, err)
	}
	return true, nil
}
