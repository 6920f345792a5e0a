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
}

type stuckStream struct {
	grpc.ClientStream
	ctx      context.Context
	messages []*pb.GetJobStreamResponse
}

func (s *stuck) GetJob(context.Context, *pb.GetJobRequest, ...grpc.CallOption) (*pb.Job, error) {
	return &pb.Job{State: pb.Job_SUCCESS}, nil
}

func (s *stuck) GetJobStream(ctx context.Context, _ *pb.GetJobStreamRequest, _ ...grpc.CallOption) (pb.Waypoint_GetJobStreamClient, error) {
	stream := &stuckStream{ctx: ctx, messages: []*pb.GetJobStreamResponse{{Event: &pb.GetJobStreamResponse_Open_{}}}}
	if s.streams.Add(1) > 1 {
		stream.messages = append(stream.messages, &pb.GetJobStreamResponse{
			Event: &pb.GetJobStreamResponse_Complete_{Complete: &pb.GetJobStreamResponse_Complete{}},
		})
	}
	return stream, nil
}

func (s *stuckStream) Recv() (*pb.GetJobStreamResponse, error) {
	if len(s.messages) == 0 {
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
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	server := &stuck{}
	f := &follower{c: &Client{api: server}, jobID: "j"}
	out := make(chan *pb.GetJobStreamResponse, 10)
	if err := f.receive(ctx, out); err != nil {
		t.Fatal(err)
	}
	complete := false
	for range len(out) {
		complete = complete || (<-out).GetComplete() != nil
	}
	if !complete || server.streams.Load() < 2 {
		t.Errorf("complete %v after %d streams", complete, server.streams.Load())
	}
}
