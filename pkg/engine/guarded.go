package engine

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"

	"github.com/pilot-framework/pilot/pkg/infra"
)

// guarded is a provider whose calls are watched: one that is not answered for
// long is named, one that the end of the provider's process cut off says so, and
// a creation of which nobody knows what came is kept in mind.
//
// Creation, update, deletion and reading are steps of the engine's own, which
// tells of them; here the others are timed.
type guarded struct {
	plugin.Provider
	name  string
	calls *calls
}

func (g *guarded) timed(call, about string) (done func(error) error) {
	over := g.calls.begin(infra.CallSlow{Provider: g.name, Call: call, About: about})
	return func(err error) error {
		over()
		return g.word(call, about, err)
	}
}

// word says plainly that the provider's process is gone.
func (g *guarded) word(call, about string, err error) error {
	if err == nil || !gone(err) {
		return err
	}
	return &infra.ProviderGoneError{Provider: g.name, Call: call, About: about, Err: err}
}

// gone tells the end of the connection to a plugin's process.
func gone(err error) bool {
	text := err.Error()
	return code(err) == codes.Unavailable && (strings.Contains(text, "error reading from server") ||
		strings.Contains(text, "transport is closing") || strings.Contains(text, "connection refused") ||
		strings.Contains(text, "connection reset by peer") || strings.Contains(text, "broken pipe"))
}

func code(err error) codes.Code {
	if e, ok := rpcerror.FromError(err); ok {
		return e.Code()
	}
	return status.Code(err)
}

func (g *guarded) CheckConfig(ctx context.Context, r plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error) {
	done := g.timed("check of its configuration", "")
	out, err := g.Provider.CheckConfig(ctx, r)
	return out, done(err)
}

func (g *guarded) DiffConfig(ctx context.Context, r plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	done := g.timed("comparison of its configuration", "")
	out, err := g.Provider.DiffConfig(ctx, r)
	return out, done(err)
}

func (g *guarded) Configure(ctx context.Context, r plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	done := g.timed("configuration", "")
	out, err := g.Provider.Configure(ctx, r)
	return out, done(err)
}

func (g *guarded) Check(ctx context.Context, r plugin.CheckRequest) (plugin.CheckResponse, error) {
	done := g.timed("check", string(r.URN))
	out, err := g.Provider.Check(ctx, r)
	return out, done(err)
}

func (g *guarded) Diff(ctx context.Context, r plugin.DiffRequest) (plugin.DiffResult, error) {
	done := g.timed("comparison", string(r.URN))
	out, err := g.Provider.Diff(ctx, r)
	return out, done(err)
}

func (g *guarded) Invoke(ctx context.Context, r plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	done := g.timed("function", string(r.Tok))
	out, err := g.Provider.Invoke(ctx, r)
	return out, done(err)
}

func (g *guarded) Call(ctx context.Context, r plugin.CallRequest) (plugin.CallResponse, error) {
	done := g.timed("method", string(r.Tok))
	out, err := g.Provider.Call(ctx, r)
	return out, done(err)
}

func (g *guarded) Create(ctx context.Context, r plugin.CreateRequest) (plugin.CreateResponse, error) {
	out, err := g.Provider.Create(ctx, r)
	if err != nil && !r.Preview && out.ID == "" && unclear(err) {
		g.calls.unsure(string(r.URN))
	}
	return out, g.word("creation", string(r.URN), err)
}

func (g *guarded) Read(ctx context.Context, r plugin.ReadRequest) (plugin.ReadResponse, error) {
	out, err := g.Provider.Read(ctx, r)
	return out, g.word("reading", string(r.URN), err)
}

func (g *guarded) Update(ctx context.Context, r plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	out, err := g.Provider.Update(ctx, r)
	return out, g.word("update", string(r.URN), err)
}

func (g *guarded) Delete(ctx context.Context, r plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	out, err := g.Provider.Delete(ctx, r)
	return out, g.word("deletion", string(r.URN), err)
}

// unclear tells errors that leave open whether what was asked for was done: the
// answer was lost, came too late, or was a failure of the cloud's own.
func unclear(err error) bool {
	switch code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return true
	}
	cause := infra.CauseOf(err.Error())
	return cause == infra.CauseConnection || cause == infra.CauseTimeout || cause == infra.CauseCloud ||
		errors.Is(err, context.DeadlineExceeded)
}

// calls are the calls under way of one operation.
type calls struct {
	tell func(infra.Event)

	mu      sync.Mutex
	running map[*infra.CallSlow]time.Time
	open    map[string]bool
}

func newCalls(tell func(infra.Event)) *calls {
	return &calls{tell: tell, running: map[*infra.CallSlow]time.Time{}, open: map[string]bool{}}
}

func (c *calls) begin(e infra.CallSlow) (over func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running[&e] = time.Now()
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.running, &e)
	}
}

// unsure keeps in mind that a creation may have made something.
func (c *calls) unsure(urn string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[urn] = true
}

func (c *calls) isUnsure(urn string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open[urn]
}

// slow names the calls that have gone without an answer for limit.
func (c *calls) slow(limit time.Duration) {
	c.mu.Lock()
	var late []infra.CallSlow
	for e, since := range c.running {
		if elapsed := time.Since(since); elapsed >= limit {
			named := *e
			named.Elapsed = elapsed
			late = append(late, named)
		}
	}
	c.mu.Unlock()
	for _, e := range late {
		c.tell(e)
	}
}

// watch calls slow each limit until over is closed.
func (c *calls) watch(limit time.Duration, over <-chan struct{}) {
	t := time.NewTicker(limit)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			c.slow(limit)
		case <-over:
			return
		}
	}
}
