package client

import (
	"context"
	"errors"
	"hash/maphash"
	"io"
	"slices"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// reconnectFor is how long a lost stream is taken up again.
const reconnectFor = 2 * time.Minute

// errStreamEnded is a stream that ended without the job's result.
var errStreamEnded = errors.New("the server ended the job's stream early")

// receive reads the job's stream, and takes it up again when the connection is
// lost.
func (f *follower) receive(ctx context.Context, out chan<- *pb.GetJobStreamResponse) error {
	pause, lostAt := firstPause, time.Time{}
	for {
		err := f.receiveOnce(ctx, out, func() { pause, lostAt = firstPause, time.Time{} })
		if ctx.Err() != nil || err == nil {
			return err
		}
		if code := status.Code(err); code != codes.Unavailable && !errors.Is(err, errStreamEnded) {
			return err
		}
		if lostAt.IsZero() {
			lostAt = time.Now()
		} else if time.Since(lostAt) > reconnectFor {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(pause*2, longestPause)
	}
}

// receiveOnce returns nil after the message that completes the job.
func (f *follower) receiveOnce(ctx context.Context, out chan<- *pb.GetJobStreamResponse, connected func()) error {
	streamCtx, end := context.WithCancelCause(ctx)
	defer end(nil)
	stream, err := f.c.api.GetJobStream(streamCtx, &pb.GetJobStreamRequest{JobId: f.jobID})
	if err != nil {
		return err
	}
	heard := make(chan struct{}, 1)
	go f.watch(streamCtx, heard, end)
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) || err != nil && errors.Is(context.Cause(streamCtx), errStreamEnded) {
			return errStreamEnded
		}
		if err != nil {
			return err
		}
		if says(m) {
			select {
			case heard <- struct{}{}:
			default:
			}
		}
		connected()
		if m.GetComplete() != nil {
			f.drain(ctx, out)
		}
		select {
		case out <- m:
		case <-ctx.Done():
			return ctx.Err()
		}
		if m.GetComplete() != nil {
			return nil
		}
	}
}

// drain forwards the job's whole output once more, for what fresh did not see: the
// server may announce a job's end before it has sent its last lines.
func (f *follower) drain(ctx context.Context, out chan<- *pb.GetJobStreamResponse) {
	ctx, cancel := context.WithTimeout(ctx, callBudget)
	defer cancel()
	stream, err := f.c.api.GetJobStream(ctx, &pb.GetJobStreamRequest{JobId: f.jobID})
	if err != nil {
		return
	}
	for {
		m, err := stream.Recv()
		if err != nil || m.GetComplete() != nil {
			return
		}
		if m.GetOpen() == nil && m.GetTerminal() == nil {
			continue
		}
		select {
		case out <- m:
		case <-ctx.Done():
			return
		}
	}
}

// replay tells a repeated stream's new events from those seen before. A stream
// begins with the output so far, or with the last few thousand events of it, and
// events carry no number.
type replay struct {
	seen []uint64
	// at is the position in seen of the next repeated event; -1 at the beginning of
	// a stream, len(seen) when nothing is repeated any more.
	at int
}

var replaySeed = maphash.MakeSeed()

func (r *replay) restart() { r.at = -1 }

// fresh gives the events of a batch that were not seen before.
func (r *replay) fresh(batch []*pb.GetJobStreamResponse_Terminal_Event) []*pb.GetJobStreamResponse_Terminal_Event {
	hashes := make([]uint64, len(batch))
	for i, ev := range batch {
		data, err := proto.MarshalOptions{Deterministic: true}.Marshal(ev)
		if err == nil {
			hashes[i] = maphash.Bytes(replaySeed, data)
		}
	}
	if r.at < 0 && len(batch) > 0 {
		r.at = r.find(hashes)
	}
	for i, h := range hashes {
		if r.at < len(r.seen) && r.seen[r.at] == h {
			r.at++
			continue
		}
		r.seen = append(r.seen, hashes[i:]...)
		r.at = len(r.seen)
		return batch[i:]
	}
	return nil
}

// find is the first position from which on the batch repeats what was seen.
func (r *replay) find(batch []uint64) int {
	for at := range r.seen {
		n := min(len(batch), len(r.seen)-at)
		if slices.Equal(r.seen[at:at+n], batch[:n]) {
			return at
		}
	}
	return len(r.seen)
}
