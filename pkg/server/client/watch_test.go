package client

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/grpc"
)

// stuck is a server whose first stream of a job falls silent.
type stuck struct {
	pb.WaypointClient
	streams atomic.Int32
	empty   bool
}

type stuckStream struct {
	grpc.ClientStream
	ctx      context.Context
	messages []*pb.GetJobStreamResponse
	// empty has the stream go on with messages that say nothing.
	empty bool
}

func (s *stuck) GetJob(context.Context, *pb.GetJobRequest, ...grpc.CallOption) (*pb.Job, error) {
	return &pb.Job{State: pb.Job_SUCCESS}, nil
}

func (s *stuck) GetJobStream(ctx context.Context, _ *pb.GetJobStreamRequest, _ ...grpc.CallOption) (pb.Waypoint_GetJobStreamClient, error) {
	stream := &stuckStream{ctx: ctx, empty: s.empty, messages: []*pb.GetJobStreamResponse{{Event: &pb.GetJobStreamResponse_Open_{}}}}
	if s.streams.Add(1) > 1 {
		stream.messages = append(stream.messages, &pb.GetJobStreamResponse{
			Event: &pb.GetJobStreamResponse_Complete_{Complete: &pb.GetJobStreamResponse_Complete{}},
		})
	}
	return stream, nil
}

func (s *stuckStream) Recv() (*pb.GetJobStreamResponse, error) {
	if len(s.messages) == 0 {
		if s.empty && s.ctx.Err() == nil {
			return &pb.GetJobStreamResponse{Event: &pb.GetJobStreamResponse_Terminal_{Terminal: &pb.GetJobStreamResponse_Terminal{}}}, nil
		}
		<-s.ctx.Done()
		return nil, s.ctx.Err()
	}
	m := s.messages[0]
	s.messages = s.messages[1:]
	return m, nil
}

func TestASilentStreamOfAJobThatIsOverIsTakenUpAgain(t *testing.T) {
	silentFor = 10 * time.Millisecond
	t.Cleanup(func() { silentFor = 4 * time.Second })
	for name, empty := range map[string]bool{"no message": false, "empty messages": true} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			server := &stuck{empty: empty}
			f := &follower{c: &Client{api: server}, jobID: "j"}
			out := make(chan *pb.GetJobStreamResponse)
			ended := make(chan error, 1)
			go func() { ended <- f.receive(ctx, out) }()
			complete := false
			for {
				select {
				case m := <-out:
					complete = complete || m.GetComplete() != nil
					continue
				case err := <-ended:
					if err != nil || !complete || server.streams.Load() < 2 {
						t.Errorf("complete %v after %d streams: %v", complete, server.streams.Load(), err)
					}
				}
				return
			}
		})
	}
}
