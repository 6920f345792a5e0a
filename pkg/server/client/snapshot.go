package client

import (
	"context"
	"errors"
	"fmt"
	"io"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/protobuf/types/known/emptypb"
)

// snapshotChunk is how much of a snapshot is sent at a time.
const snapshotChunk = 256 << 10

// Snapshot writes the whole of the server's data to w: projects, apps, jobs,
// variables, users, and the key that all its tokens are signed with. It is as
// secret as the server itself. The server goes on working meanwhile.
func (c *Client) Snapshot(ctx context.Context, w io.Writer) error {
	const doing = "take a snapshot of the server"
	stream, err := c.api.CreateSnapshot(ctx, &emptypb.Empty{})
	if err != nil {
		return c.failed(doing, err)
	}
	first, err := stream.Recv()
	if err != nil {
		return c.failed(doing, err)
	}
	if _, ok := first.GetEvent().(*pb.CreateSnapshotResponse_Open_); !ok {
		return fmt.Errorf("%s: it began with %T", doing, first.GetEvent())
	}
	for {
		resp, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return c.failed(doing, err)
		}
		if _, err := w.Write(resp.GetChunk()); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
}

// RestoreSnapshot replaces all of the server's data by a snapshot. The server
// ends its process to take the data over, and whatever supervises it starts it
// again: wait with WaitReady. A snapshot that the server does not accept
// changes nothing.
func (c *Client) RestoreSnapshot(ctx context.Context, r io.Reader) error {
	const doing = "restore the server's data"
	stream, err := c.api.RestoreSnapshot(ctx)
	if err != nil {
		return c.failed(doing, err)
	}
	err = stream.Send(&pb.RestoreSnapshotRequest{Event: &pb.RestoreSnapshotRequest_Open_{
		Open: &pb.RestoreSnapshotRequest_Open{Exit: true},
	}})
	buf := make([]byte, snapshotChunk)
	for err == nil {
		n, readErr := r.Read(buf)
		if n > 0 {
			err = stream.Send(&pb.RestoreSnapshotRequest{Event: &pb.RestoreSnapshotRequest_Chunk{Chunk: append([]byte(nil), buf[:n]...)}})
		}
		if errors.Is(readErr, io.EOF) {
			break
		}
		if readErr != nil {
			return fmt.Errorf("%s: read the snapshot: %w", doing, readErr)
		}
	}
	// A refused send says only that the stream ended; the answer says why.
	_, err = stream.CloseAndRecv()
	err = c.failed(doing, err)
	if errors.Is(err, ErrUnavailable) {
		// The process ended, as it was told to, before it could answer.
		return nil
	}
	return err
}
