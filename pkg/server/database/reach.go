package database

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"
	docker "github.com/docker/docker/client"
	"github.com/pilot-framework/pilot/pkg/server/daemon"
)

// Remote is a PostgreSQL server that is no container on the Docker endpoint, and
// that the endpoint's containers reach.
type Remote struct {
	Host, Port, User, Password, Database string
	// Image has psql and cat. It is pulled when the endpoint does not have it.
	Image string
	// Name begins the name of the container that psql runs in.
	Name string
	// Network is the Docker network to reach the server from; empty is Docker's own.
	Network string
}

// passFile is where libpq finds the password.
const passFile = "/root/.pilot-pgpass"

// removeBudget bounds the removal of the container, which ends by itself too.
const removeBudget = 30 * time.Second

// Reached is a [Remote] with a container beside it that has psql.
type Reached struct {
	Server
	id string
	// hold lets the container's standard input go.
	hold func()
}

// Reach starts a container with psql beside the server, until Close. The password is
// in a file in it, which root alone can read, and in no argument or variable.
func Reach(ctx context.Context, d *docker.Client, r Remote) (*Reached, error) {
	if err := pull(ctx, d, r.Image); err != nil {
		return nil, err
	}
	suffix := make([]byte, 4)
	if _, err := rand.Read(suffix); err != nil {
		return nil, err
	}
	name := r.Name + "-" + hex.EncodeToString(suffix)
	made, err := d.ContainerCreate(ctx,
		&container.Config{
			// It lives for as long as somebody holds its standard input: when this
			// process is killed it ends, and the password with it.
			Image: r.Image, Entrypoint: []string{"cat"}, OpenStdin: true, StdinOnce: true, AttachStdin: true,
			User: "0:0", Env: []string{"PGPASSFILE=" + passFile}, WorkingDir: "/",
		},
		&container.HostConfig{
			AutoRemove: true, NetworkMode: container.NetworkMode(r.Network),
			CapDrop: []string{"ALL"}, SecurityOpt: []string{"no-new-privileges"},
		}, nil, nil, name)
	if err != nil {
		return nil, fmt.Errorf("make a container for psql: %w", err)
	}
	reached := &Reached{
		Server: Server{Docker: d, Container: name, Host: r.Host, Port: r.Port, User: r.User, Database: r.Database},
		id:     made.ID, hold: func() {},
	}
	if err := reached.start(ctx, r); err != nil {
		return nil, errors.Join(err, reached.Close())
	}
	return reached, nil
}

// Close removes the container.
func (r *Reached) Close() error {
	r.hold()
	ctx, cancel := context.WithTimeout(context.Background(), removeBudget)
	defer cancel()
	err := r.Docker.ContainerRemove(ctx, r.id, container.RemoveOptions{Force: true, RemoveVolumes: true})
	if err == nil || errdefs.IsNotFound(err) || errdefs.IsConflict(err) { // it removes itself
		return nil
	}
	return fmt.Errorf("remove the container %s, which has the database's password: %w", r.Container, err)
}

// start puts the password into the container and starts it.
func (r *Reached) start(ctx context.Context, from Remote) error {
	secret, err := from.archive()
	if err != nil {
		return err
	}
	if err := r.Docker.CopyToContainer(ctx, r.id, "/", secret, container.CopyToContainerOptions{}); err != nil {
		return fmt.Errorf("give the container for psql its password: %w", err)
	}
	input, err := r.Docker.ContainerAttach(ctx, r.id, container.AttachOptions{Stream: true, Stdin: true})
	if err != nil {
		return fmt.Errorf("hold the container for psql: %w", err)
	}
	r.hold = input.Close
	if err := r.Docker.ContainerStart(ctx, r.id, container.StartOptions{}); err != nil {
		return fmt.Errorf("start the container for psql, from the image %s: %w", from.Image, err)
	}
	return nil
}

// archive has the password in the form of libpq's password file.
func (r Remote) archive() (io.Reader, error) {
	quote := strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace
	line := []byte(strings.Join([]string{quote(r.Host), quote(r.Port), "*", quote(r.User), quote(r.Password)}, ":") + "\n")
	if strings.ContainsAny(r.Password, "\r\n") {
		return nil, fmt.Errorf("the password of %s has a line break, which libpq's password file can't hold", net.JoinHostPort(r.Host, r.Port))
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err := w.WriteHeader(&tar.Header{Name: strings.TrimPrefix(passFile, "/"), Typeflag: tar.TypeReg, Mode: 0o400, Size: int64(len(line))})
	if err == nil {
		_, err = w.Write(line)
	}
	return &b, errors.Join(err, w.Close())
}

// pull makes sure that the endpoint has the image.
func pull(ctx context.Context, d *docker.Client, name string) error {
	_, err := d.ImageInspect(ctx, name)
	if err == nil {
		return nil
	}
	if !errdefs.IsNotFound(err) {
		return fmt.Errorf("look for the image %s: %w", name, err)
	}
	body, err := d.ImagePull(ctx, name, image.PullOptions{})
	if err == nil {
		err = daemon.ReadAnswer(body, nil)
		_ = body.Close()
	}
	if err != nil {
		return fmt.Errorf("the image %s, for psql, is not on the Docker endpoint and can't be pulled; --psql-image names another that has psql: %w", name, err)
	}
	return nil
}
