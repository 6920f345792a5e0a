package provider

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/pilot-framework/pilot/pkg/provider/pilot"
)

// copyChanged brings new content of live files into the container.
func (r *containerRun) copyChanged(ctx context.Context, id string, was ContainerState) error {
	var replaced, written []pilot.File
	for i, f := range r.in.Files {
		switch {
		case i < len(was.Files) && f == was.Files[i]:
		case f.Watched && was.Status == statusRunning:
			written = append(written, f)
		default:
			replaced = append(replaced, f)
		}
	}
	if err := r.copyFiles(ctx, id, replaced); err != nil || len(written) == 0 {
		return err
	}
	return r.writeFiles(ctx, id, written)
}

// writeFiles writes into files that are there. Docker's own copy would put new
// ones in their place.
func (r *containerRun) writeFiles(ctx context.Context, id string, files []pilot.File) error {
	archive, err := r.pack(ctx, id, "/", files)
	if err != nil {
		return fmt.Errorf("pack the files of container %s: %w", r.in.Name, err)
	}
	made, err := r.docker.ContainerExecCreate(ctx, id, container.ExecOptions{
		Cmd: []string{"pilot-agent", "put-files"}, AttachStdin: true, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return fmt.Errorf("write files in container %s: %w", r.in.Name, err)
	}
	stream, err := r.docker.ContainerExecAttach(ctx, made.ID, container.ExecAttachOptions{})
	if err != nil {
		return fmt.Errorf("write files in container %s: %w", r.in.Name, err)
	}
	defer stream.Close()
	unhook := context.AfterFunc(ctx, stream.Close)
	defer unhook()
	_, err = archive.WriteTo(stream.Conn)
	err = errors.Join(err, stream.CloseWrite())
	var said bytes.Buffer
	if _, rerr := stdcopy.StdCopy(&said, &said, stream.Reader); rerr != nil && !errors.Is(rerr, io.EOF) {
		err = errors.Join(err, rerr)
	}
	done, ierr := r.docker.ContainerExecInspect(ctx, made.ID)
	switch {
	case ierr != nil:
		err = errors.Join(err, ierr)
	case done.ExitCode != 0:
		err = errors.Join(err, fmt.Errorf("exit code %d: %s", done.ExitCode, bytes.TrimSpace(said.Bytes())))
	}
	if err != nil {
		return fmt.Errorf("write files in container %s: %w", r.in.Name, err)
	}
	return nil
}
