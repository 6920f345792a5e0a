package infra

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

const userAgent = "pilot"

func (s *stockStack) verb(ctx context.Context, op Operation, f *eventFeed) error {
	switch op.Verb {
	case VerbPreview, VerbUp:
		if op.Verb == VerbUp && !op.DryRun {
			_, err := s.stack.Up(ctx, upOptions(op, f)...)
			return err
		}
		_, err := s.stack.Preview(ctx, previewOptions(op, f)...)
		return err
	case VerbRefresh:
		if op.DryRun {
			_, err := s.stack.PreviewRefresh(ctx, refreshOptions(op, f)...)
			return err
		}
		_, err := s.stack.Refresh(ctx, refreshOptions(op, f)...)
		return err
	case VerbDestroy:
		if op.DryRun {
			_, err := s.stack.PreviewDestroy(ctx, destroyOptions(op, f)...)
			return err
		}
		_, err := s.stack.Destroy(ctx, destroyOptions(op, f)...)
		return err
	}
	return &FieldError{Field: "verb", Value: string(op.Verb), Want: "preview, up, refresh or destroy"}
}

func previewOptions(op Operation, f *eventFeed) []optpreview.Option {
	o := []optpreview.Option{
		optpreview.EventStreams(f.ch), optpreview.UserAgent(userAgent), optpreview.Color("never"),
		optpreview.SuppressProgress(), optpreview.SuppressOutputs(),
		optpreview.Target(op.Targets), optpreview.Replace(op.Replace), optpreview.Message(op.Message),
	}
	if op.Parallel > 0 {
		o = append(o, optpreview.Parallel(op.Parallel))
	}
	if op.TargetDependents {
		o = append(o, optpreview.TargetDependents())
	}
	if op.Refresh {
		o = append(o, optpreview.Refresh())
	}
	return o
}

func upOptions(op Operation, f *eventFeed) []optup.Option {
	o := []optup.Option{
		optup.EventStreams(f.ch), optup.UserAgent(userAgent), optup.Color("never"),
		optup.SuppressProgress(), optup.SuppressOutputs(),
		optup.Target(op.Targets), optup.Replace(op.Replace), optup.Message(op.Message),
	}
	if op.Parallel > 0 {
		o = append(o, optup.Parallel(op.Parallel))
	}
	if op.TargetDependents {
		o = append(o, optup.TargetDependents())
	}
	if op.Refresh {
		o = append(o, optup.Refresh())
	}
	return o
}

func refreshOptions(op Operation, f *eventFeed) []optrefresh.Option {
	o := []optrefresh.Option{
		optrefresh.EventStreams(f.ch), optrefresh.UserAgent(userAgent), optrefresh.Color("never"),
		optrefresh.SuppressProgress(), optrefresh.SuppressOutputs(),
		optrefresh.Target(op.Targets), optrefresh.Message(op.Message),
	}
	if op.Parallel > 0 {
		o = append(o, optrefresh.Parallel(op.Parallel))
	}
	if op.TargetDependents {
		o = append(o, optrefresh.TargetDependents())
	}
	return o
}

func destroyOptions(op Operation, f *eventFeed) []optdestroy.Option {
	o := []optdestroy.Option{
		optdestroy.EventStreams(f.ch), optdestroy.UserAgent(userAgent), optdestroy.Color("never"),
		optdestroy.SuppressProgress(), optdestroy.SuppressOutputs(),
		optdestroy.Target(op.Targets), optdestroy.Message(op.Message),
	}
	if op.Parallel > 0 {
		o = append(o, optdestroy.Parallel(op.Parallel))
	}
	if op.TargetDependents {
		o = append(o, optdestroy.TargetDependents())
	}
	if op.Refresh {
		o = append(o, optdestroy.Refresh())
	}
	return o
}

// eventFeed reads the Automation API's event channel, which blocks the engine
// while nobody does.
type eventFeed struct {
	ch      chan events.EngineEvent
	done    chan struct{}
	stop    chan struct{}
	changes map[apitype.OpType]int
	// lost is why events are missing, nil when the stream came to its end.
	lost error
}

func newEventFeed(to func(apitype.EngineEvent)) *eventFeed {
	f := &eventFeed{ch: make(chan events.EngineEvent), done: make(chan struct{}), stop: make(chan struct{})}
	go f.loop(to)
	return f
}

func (f *eventFeed) loop(to func(apitype.EngineEvent)) {
	defer close(f.done)
	for {
		select {
		case e, ok := <-f.ch:
			if !ok {
				return
			}
			if e.Error != nil {
				f.lost = cmp.Or(f.lost, e.Error)
				continue
			}
			if e.SummaryEvent != nil {
				f.changes = e.SummaryEvent.ResourceChanges
			}
			if to != nil {
				to(e.EngineEvent)
			}
		case <-f.stop:
			f.lost = cmp.Or(f.lost, errors.New("it has no end"))
			return
		}
	}
}

// lateEvents bounds the wait for events after the command has ended. The
// channel is never closed when the command failed before it opened the stream.
const lateEvents = 2 * time.Second

// finish waits for the last event. Its error is ErrEventsLost.
func (f *eventFeed) finish() error {
	t := time.NewTimer(lateEvents)
	defer t.Stop()
	select {
	case <-f.done:
	case <-t.C:
		close(f.stop)
		<-f.done
	}
	if f.lost != nil {
		return fmt.Errorf("%w: %w", ErrEventsLost, f.lost)
	}
	return nil
}

// servedProviders are in-process providers behind gRPC on 127.0.0.1.
type servedProviders struct {
	ports   []string
	cancels []chan bool
	dones   []<-chan error
	closers []io.Closer
}

func serveProviders(ctx context.Context, providers []Provider) (*servedProviders, error) {
	s := &servedProviders{}
	for _, p := range providers {
		srv, err := p.New(ctx)
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("start provider %s: %w", p.Name, err)
		}
		if c, ok := srv.(io.Closer); ok {
			s.closers = append(s.closers, c)
		}
		stop := make(chan bool)
		h, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
			Cancel: stop,
			Init: func(g *grpc.Server) error {
				pulumirpc.RegisterResourceProviderServer(g, srv)
				return nil
			},
		})
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("serve provider %s: %w", p.Name, err)
		}
		s.ports = append(s.ports, fmt.Sprintf("%s:%d", p.Name, h.Port))
		s.cancels, s.dones = append(s.cancels, stop), append(s.dones, h.Done)
	}
	return s, nil
}

// String is the value of PULUMI_DEBUG_PROVIDERS.
func (s *servedProviders) String() string { return strings.Join(s.ports, ",") }

// Close stops the servers and frees the providers.
func (s *servedProviders) Close() {
	for i, c := range s.cancels {
		close(c)
		<-s.dones[i]
	}
	for _, c := range s.closers {
		c.Close()
	}
}
