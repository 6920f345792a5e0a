package client

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// whyWaitingAfter is how long a job may sit in the queue before the client
	// asks why, and how often it asks again.
	whyWaitingAfter = 700 * time.Millisecond
	whyWaitingEvery = 2 * time.Second
	// cancelGrace is how long a runner may take to end a cancelled job before the
	// server is told to drop it.
	cancelGrace = 20 * time.Second
	// callBudget bounds a call made after the caller's context ended.
	callBudget = 10 * time.Second
	// reconnectFor is how long a lost stream is taken up again.
	reconnectFor = 2 * time.Minute
)

// errStreamEnded is a stream that ended without the job's result.
var errStreamEnded = errors.New("the server ended the job's stream early")

// follower turns a job's stream into events and a result.
type follower struct {
	c      *Client
	jobID  string
	sink   func(Event)
	phases *phases
	lines  *lines
	state  pb.Job_State
	// newest is the time of the newest output. A stream that is taken up again
	// repeats its output; what is not newer than shown was shown before.
	newest, shown time.Time
	reason        string
}

// follow streams the job until it is over. When ctx ends it cancels the job on
// the server and waits for its end, so that nothing is left running unseen.
func (c *Client) follow(ctx context.Context, jobID string, first Phase, sink func(Event)) (*Result, error) {
	f := &follower{c: c, jobID: jobID, sink: sink, phases: newPhases(first, sink), state: pb.Job_QUEUED}
	f.lines = &lines{emit: f.line}
	streamCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()

	messages := make(chan *pb.GetJobStreamResponse)
	ended := make(chan error, 1)
	go func() { ended <- f.receive(streamCtx, messages) }()

	ask := time.NewTimer(whyWaitingAfter)
	defer ask.Stop()
	cancelled := ctx.Done()
	var overdue <-chan time.Time
	for {
		select {
		case m := <-messages:
			if done := m.GetComplete(); done != nil {
				return f.finish(ctx, done)
			}
			f.message(m)
		case err := <-ended:
			return nil, f.lost(ctx, err)
		case <-ask.C:
			f.explainWait(streamCtx)
			ask.Reset(whyWaitingEvery)
		case <-cancelled:
			cancelled = nil
			timer := time.NewTimer(cancelGrace)
			defer timer.Stop()
			overdue = timer.C
			if err := c.cancelJob(streamCtx, jobID, false); err != nil {
				return nil, errors.Join(f.cancelledError(), err)
			}
		case <-overdue:
			err := c.cancelJob(streamCtx, jobID, true)
			return nil, errors.Join(f.cancelledError(), err)
		}
	}
}

// CancelJob asks the server to cancel a job. A job that is over is no error.
func (c *Client) CancelJob(ctx context.Context, jobID string) error {
	return c.cancelJob(ctx, jobID, false)
}

func (c *Client) cancelJob(ctx context.Context, jobID string, force bool) error {
	ctx, cancel := context.WithTimeout(ctx, callBudget)
	defer cancel()
	_, err := c.api.CancelJob(ctx, &pb.CancelJobRequest{JobId: jobID, Force: force})
	return c.failed("cancel job "+jobID, err)
}

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
	stream, err := f.c.api.GetJobStream(ctx, &pb.GetJobStreamRequest{JobId: f.jobID})
	if err != nil {
		return err
	}
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return errStreamEnded
		}
		if err != nil {
			return err
		}
		connected()
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

func (f *follower) message(m *pb.GetJobStreamResponse) {
	switch e := m.GetEvent().(type) {
	case *pb.GetJobStreamResponse_Open_:
		f.shown = f.newest
	case *pb.GetJobStreamResponse_State_:
		f.state = e.State.GetCurrent()
		if f.state == pb.Job_RUNNING {
			f.phases.enter(PhaseSource, timeOr(e.State.GetJob().GetAckTime()))
		}
	case *pb.GetJobStreamResponse_Terminal_:
		for _, ev := range e.Terminal.GetEvents() {
			f.terminal(ev)
		}
	}
}

// line shows one line of output and follows the job's phases by it.
func (f *follower) line(at time.Time, style LogStyle, text string) {
	f.phases.observe(at, style, text)
	f.sink(&LogLine{At: at, Phase: f.phases.current, Style: style, Text: text})
}

// explainWait tells why the job is still in the queue.
func (f *follower) explainWait(ctx context.Context) {
	if f.state != pb.Job_QUEUED && f.state != pb.Job_WAITING {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callBudget)
	defer cancel()
	wait, err := f.c.WhyWaiting(ctx, f.jobID)
	if err != nil || wait.Reason == f.reason || wait.Cause == NotWaiting {
		return
	}
	f.reason = wait.Reason
	f.sink(&Waiting{JobID: f.jobID, Wait: wait})
}

func (f *follower) finish(ctx context.Context, done *pb.GetJobStreamResponse_Complete) (*Result, error) {
	f.lines.flush()
	// What is known about the job must be asked even if the caller gave up.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), callBudget)
	defer cancel()
	if st := done.GetError(); st != nil && st.GetCode() != int32(codes.OK) {
		if f.state == pb.Job_RUNNING || f.state == pb.Job_ERROR {
			if phase := f.c.failedPhase(after, f.jobID); phase != "" {
				f.phases.fix(phase)
			}
		}
		failed := f.phases.fail()
		if codes.Code(st.GetCode()) == codes.Canceled || ctx.Err() != nil {
			return nil, f.cancelledError()
		}
		return nil, &JobError{JobID: f.jobID, Phase: failed, Message: strings.TrimSpace(st.GetMessage())}
	}
	f.phases.end()
	result, err := f.c.result(after, f.jobID, done.GetResult())
	if err != nil {
		return nil, err
	}
	result.Phases = f.phases.times
	return result, nil
}

func (f *follower) cancelledError() error {
	return &JobError{JobID: f.jobID, Phase: f.phases.current, Message: "cancelled", Err: context.Canceled}
}

func (f *follower) lost(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return f.cancelledError()
	}
	if err == nil || errors.Is(err, errStreamEnded) {
		err = errStreamEnded
	}
	return f.c.failed("follow job "+f.jobID, err)
}
