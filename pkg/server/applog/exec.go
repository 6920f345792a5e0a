package applog

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/docker/docker/api/types/container"
	docker "github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"
)

// Session is a command that runs in a container.
type Session struct {
	// Command is the program and its arguments.
	Command []string
	// In, Out and ErrOut are the command's streams. In may be nil.
	In          io.Reader
	Out, ErrOut io.Writer
	// TTY gives it a terminal of this size, and one stream for both outputs.
	TTY  bool
	Size func() (columns, rows uint)
	// Resized tells that Size changed; it may be nil.
	Resized <-chan struct{}
}

// Exec runs the command and returns its exit code.
func Exec(ctx context.Context, daemon *docker.Client, id string, s Session) (int, error) {
	if len(s.Command) == 0 {
		return 0, errors.New("exec: the command is empty")
	}
	opts := container.ExecOptions{Cmd: s.Command, AttachStdin: s.In != nil, AttachStdout: true, AttachStderr: true, Tty: s.TTY}
	if s.TTY && s.Size != nil {
		columns, rows := s.Size()
		opts.ConsoleSize = &[2]uint{rows, columns}
	}
	made, err := daemon.ContainerExecCreate(ctx, id, opts)
	if err != nil {
		return 0, fmt.Errorf("run %s in the container %s: %w", s.Command[0], id, err)
	}
	stream, err := daemon.ContainerExecAttach(ctx, made.ID, container.ExecAttachOptions{Tty: s.TTY, ConsoleSize: opts.ConsoleSize})
	if err != nil {
		return 0, fmt.Errorf("run %s in the container %s: %w", s.Command[0], id, err)
	}
	defer stream.Close()
	ctx, done := context.WithCancel(ctx)
	defer done()
	// An ended context ends the stream, and with it what reads from it.
	stop := context.AfterFunc(ctx, func() { stream.Close() })
	defer stop()
	if s.In != nil {
		go func() {
			_, _ = io.Copy(stream.Conn, s.In)
			_ = stream.CloseWrite()
		}()
	}
	if s.TTY && s.Size != nil {
		go s.resize(ctx, daemon, made.ID)
	}
	if s.TTY {
		_, err = io.Copy(s.Out, stream.Reader)
	} else {
		_, err = stdcopy.StdCopy(s.Out, s.ErrOut, stream.Reader)
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if err != nil {
		return 0, fmt.Errorf("read the output of %s: %w", s.Command[0], err)
	}
	ended, err := daemon.ContainerExecInspect(ctx, made.ID)
	if err != nil {
		return 0, fmt.Errorf("ask how %s ended: %w", s.Command[0], err)
	}
	return ended.ExitCode, nil
}

// resize passes the terminal's size on: Docker below API 1.42 takes none with the
// command itself.
func (s Session) resize(ctx context.Context, daemon *docker.Client, id string) {
	for {
		columns, rows := s.Size()
		_ = daemon.ContainerExecResize(ctx, id, container.ResizeOptions{Height: rows, Width: columns})
		select {
		case <-ctx.Done():
			return
		case _, ok := <-s.Resized:
			if !ok {
				return
			}
		}
	}
}
