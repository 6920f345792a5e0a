package client

import (
	"context"
	"errors"
	"strings"
	"time"

	pb "github.com/hashicorp/waypoint/pkg/server/gen"
	"google.golang.org/grpc/codes"
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
)

// follower turns a job's stream into events and a result.
type follower struct {
	c      *Client
	jobID  string
	sink   func(Event)
	phases *phases
	lines  *lines
	state  pb.Job_State
	replay replay
	reason string
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

func (f *follower) message(m *pb.GetJobStreamResponse) {
	switch e := m.GetEvent().(type) {
	case *pb.GetJobStreamResponse_Open_:
		f.replay.restart()
	case *pb.GetJobStreamResponse_State_:
		f.state = e.State.GetCurrent()
		// A stream that is taken up again says once more that the job runs.
		if f.state == pb.Job_RUNNING && f.phases.current == PhaseQueue {
			f.phases.enter(PhaseSource, timeOr(e.State.GetJob().GetAckTime()))
		}
	case *pb.GetJobStreamResponse_Terminal_:
		for _, ev := range f.replay.fresh(e.Terminal.GetEvents()) {
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
