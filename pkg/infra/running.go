package infra

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// running is one engine step under way.
type running struct {
	Resource
	since time.Time
}

// eventOp is what an engine step is called in events. The middle step of a
// replacement only notes it down, and unchanged resources are no news.
func eventOp(op apitype.OpType) (o Op, replaced bool) {
	switch op {
	case apitype.OpReplace, apitype.OpSame:
		return "", false
	case apitype.OpDeleteReplaced:
		return OpDelete, true
	case apitype.OpRefresh:
		return OpRefresh, false
	}
	return normalOp(op), false
}

// runningKey tells the new copy of a replaced resource from the old one.
func runningKey(urn string, replaced bool) string {
	if replaced {
		return urn + "#old"
	}
	return urn
}

func (c *collector) start(m apitype.StepEventMetadata, planning bool) {
	op, replaced := eventOp(m.Op)
	if op == "" {
		return
	}
	key := runningKey(m.URN, replaced)
	if now, ok := c.running[key]; ok && now.Op == op {
		return
	}
	r := running{Resource: resourceOf(m, op), since: time.Now()}
	r.Planning, r.Replaced = planning, replaced
	c.running[key] = r
	c.emit(ResourceStarted{Resource: r.Resource, At: r.since})
}

func (c *collector) end(m apitype.StepEventMetadata) {
	_, replaced := eventOp(m.Op)
	key := runningKey(m.URN, replaced)
	if r, ok := c.running[key]; ok {
		delete(c.running, key)
		c.emit(ResourceDone{Resource: r.Resource, Elapsed: time.Since(r.since)})
	}
}

func (c *collector) failed(m apitype.StepEventMetadata) {
	op, replaced := eventOp(m.Op)
	key := runningKey(m.URN, replaced)
	r, ok := c.running[key]
	if !ok {
		r = running{Resource: resourceOf(m, op), since: time.Now()}
	}
	delete(c.running, key)
	// A replacement whose old copy stays behind has been made all the same.
	if rec := c.records[m.URN]; rec != nil && !replaced {
		rec.failed = true
	}
	c.fail.at(m.URN)
	c.fail.ops[m.URN], c.fail.types[m.URN] = r.Op, m.Type
	c.emit(ResourceFailed{Resource: r.Resource, Elapsed: time.Since(r.since), Err: c.fail.resourceError(m.URN)})
}

func resourceOf(m apitype.StepEventMetadata, op Op) Resource {
	r := Resource{URN: m.URN, Type: m.Type, Name: urnName(m.URN), Op: op, Structural: !custom(m) || isProvider(m.Type)}
	switch {
	case m.New != nil:
		r.Parent = m.New.Parent
	case m.Old != nil:
		r.Parent = m.Old.Parent
	}
	return r
}

// slow emits an event for each resource that has been worked on for longer
// than limit, components aside: they last as long as their children.
func (c *collector) slow(limit time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.running {
		if elapsed := time.Since(r.since); elapsed >= limit && !r.Structural {
			c.emit(ResourceSlow{Resource: r.Resource, Elapsed: elapsed})
		}
	}
}

// watch calls slow every limit until the returned function is called.
func (c *collector) watch(limit time.Duration) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(limit)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				c.slow(limit)
			case <-done:
				return
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}
