package infra

import (
	"errors"
	"sync"
	"time"
)

// drainLimit bounds how long an operation that has ended waits for the
// progress function to see the last events.
const drainLimit = 5 * time.Second

// progress hands events to the caller's function from a goroutine of its own.
// The queue has no limit: an operation makes a few events a resource, and a
// slow reader must not hold up the engine.
type progress struct {
	show func(Event)
	done chan struct{}

	mu     sync.Mutex
	wake   *sync.Cond
	queue  []Event
	closed bool
	err    error
}

func newProgress(show func(Event)) *progress {
	p := &progress{show: show, done: make(chan struct{})}
	p.wake = sync.NewCond(&p.mu)
	if show == nil {
		close(p.done)
		return p
	}
	go p.loop()
	return p
}

func (p *progress) send(e Event) {
	if p.show == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil && !p.closed {
		p.queue = append(p.queue, e)
		p.wake.Signal()
	}
}

func (p *progress) loop() {
	defer close(p.done)
	for {
		p.mu.Lock()
		for len(p.queue) == 0 && !p.closed {
			p.wake.Wait()
		}
		batch := p.queue
		p.queue = nil
		stop := len(batch) == 0
		p.mu.Unlock()
		if stop {
			return
		}
		if err := p.deliver(batch); err != nil {
			p.mu.Lock()
			p.err, p.queue = err, nil
			p.mu.Unlock()
			return
		}
	}
}

func (p *progress) deliver(batch []Event) (err error) {
	defer contain("progress function", &err)
	for _, e := range batch {
		p.show(e)
	}
	return nil
}

// close waits until all events were seen, within drainLimit, and returns the
// contained panic of the progress function, if there was one.
func (p *progress) close() error {
	p.mu.Lock()
	p.closed = true
	p.wake.Signal()
	p.mu.Unlock()
	t := time.NewTimer(drainLimit)
	defer t.Stop()
	select {
	case <-p.done:
	case <-t.C:
		return errors.New("the progress function did not return within " + drainLimit.String() + " of the operation's end; its last events are lost")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}
