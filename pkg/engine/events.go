package engine

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/backend/display"
	pulumi "github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

// pump carries the engine's events to their reader through a buffer without
// bound, so that a slow reader never holds up the engine. The stream ends with
// the engine's cancel event.
type pump struct {
	in       chan pulumi.Event
	received chan struct{} // closed when the last event was taken in
	done     chan struct{} // closed when the last event was handed out

	mu     sync.Mutex
	some   *sync.Cond
	queue  []pulumi.Event
	ended  bool
	failed []string // messages of the error diagnostics
}

// newPump starts a pump that calls tap and to, which may be nil, from one goroutine.
func newPump(to func(apitype.EngineEvent), tap func(pulumi.Event)) *pump {
	p := &pump{in: make(chan pulumi.Event), received: make(chan struct{}), done: make(chan struct{})}
	p.some = sync.NewCond(&p.mu)
	go p.read()
	go p.deliver(to, tap)
	return p
}

func (p *pump) read() {
	defer close(p.received)
	for e := range p.in {
		last := e.Type == pulumi.CancelEvent
		p.mu.Lock()
		if d, ok := e.Payload().(pulumi.DiagEventPayload); ok && d.Severity == "error" && !d.Ephemeral {
			p.failed = append(p.failed, plainText(d.Message))
		}
		p.queue = append(p.queue, e)
		p.ended = last
		p.some.Signal()
		p.mu.Unlock()
		if last {
			return
		}
	}
}

func (p *pump) deliver(to func(apitype.EngineEvent), tap func(pulumi.Event)) {
	defer close(p.done)
	sequence := 0
	for {
		p.mu.Lock()
		for len(p.queue) == 0 && !p.ended {
			p.some.Wait()
		}
		batch := p.queue
		p.queue = nil
		p.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		for _, e := range batch {
			if tap != nil {
				tap(e)
			}
			if to == nil {
				continue
			}
			event, err := display.ConvertEngineEvent(e, false)
			if err != nil {
				continue // internal to the engine: it has no public form
			}
			event.Sequence = sequence
			event.Timestamp = int(time.Now().Unix())
			sequence++
			to(event)
		}
	}
}

// end ends the stream if the engine failed before it could.
func (p *pump) end() {
	select {
	case p.in <- pulumi.NewCancelEvent():
	case <-p.received:
	}
}

// warn adds a diagnostic of our own, before the engine's first.
func (p *pump) warn(message string) {
	p.in <- pulumi.NewEvent(pulumi.DiagEventPayload{
		Prefix: "warning: ", Message: message + "\n", Color: colors.Never, Severity: diag.Warning,
	})
}

// failure words the error diagnostics for an error that only says that the
// reader was told already.
func (p *pump) failure(otherwise error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.failed) == 0 {
		return otherwise
	}
	const shown = 5
	list := p.failed
	more := ""
	if len(list) > shown {
		more = fmt.Sprintf("\nand %d more errors", len(list)-shown)
		list = list[:shown]
	}
	return &diagnosticsError{text: strings.Join(list, "\n") + more, cause: otherwise}
}

// diagnosticsError carries what the engine told in its error events.
type diagnosticsError struct {
	text  string
	cause error
}

func (e *diagnosticsError) Error() string { return e.text }
func (e *diagnosticsError) Unwrap() error { return e.cause }

func plainText(message string) string {
	return strings.TrimSpace(colors.Never.Colorize(message))
}
