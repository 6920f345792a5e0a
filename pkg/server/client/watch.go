package client

import (
	"context"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
)

// silentFor is how long a stream may be silent before the server is asked whether
// the job is over, and how long the stream has then to say so itself.
var silentFor = 4 * time.Second

// watch ends a stream that says nothing any more although the job is over. The
// server's GetJobStream (v0.11.4) waits for ever for the first output of a job that
// ends just while the stream begins to read it; a new stream gets all of it.
func (f *follower) watch(ctx context.Context, heard <-chan struct{}, end context.CancelCauseFunc) {
	over := false
	for {
		silence := time.NewTimer(silentFor)
		select {
		case <-ctx.Done():
			silence.Stop()
			return
		case <-heard:
			over = false
		case <-silence.C:
			if over {
				end(errStreamEnded)
				return
			}
			over = f.over(ctx)
		}
		silence.Stop()
	}
}

// over reports whether the job has ended. Not to know is no.
func (f *follower) over(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, callBudget)
	defer cancel()
	job, err := f.c.api.GetJob(ctx, &pb.GetJobRequest{JobId: f.jobID})
	return err == nil && (job.GetState() == pb.Job_SUCCESS || job.GetState() == pb.Job_ERROR)
}

// says reports whether a message is more than a sign of life. A stream that has
// missed a job's end may go on with empty ones, without a pause.
func says(m *pb.GetJobStreamResponse) bool {
	return m.GetOpen() != nil || m.GetComplete() != nil || len(m.GetTerminal().GetEvents()) > 0
}
