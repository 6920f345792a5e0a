package stacks_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// cut interrupts an operation at one call: it aborts, and the call's answer
// never comes, as if the process had been killed there.
type cut struct {
	mu sync.Mutex
	// at is the call, as "create aws:ec2/vpc:Vpc"; empty is none.
	at string
	// after has the cloud do what it was asked for before the cut.
	after bool
	abort chan struct{}
	calls []string
}

func (c *cut) arm(at string, after bool) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.after, c.abort = at, after, make(chan struct{})
	return c.abort
}

// passes tells whether a call goes on; one that is cut waits for its end.
func (c *cut) passes(ctx context.Context, call string, after bool) bool {
	c.mu.Lock()
	if !after {
		c.calls = append(c.calls, call)
	}
	hit := c.at == call && c.after == after
	if hit {
		c.at = ""
		close(c.abort)
	}
	c.mu.Unlock()
	if hit {
		<-ctx.Done()
	}
	return !hit
}

// cutServer is a provider whose calls can be cut.
type cutServer struct {
	pulumirpc.ResourceProviderServer
	cut *cut
}

func withCut(p infra.Provider, c *cut) infra.Provider {
	inner := p.New
	p.New = func(ctx context.Context) (pulumirpc.ResourceProviderServer, error) {
		s, err := inner(ctx)
		return &cutServer{s, c}, err
	}
	return p
}

var errCut = errors.New("cut off")

func callOf(op, urn string) string { return op + " " + string(resource.URN(urn).Type()) }

func (s *cutServer) Create(ctx context.Context, in *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	call := callOf("create", in.GetUrn())
	if in.GetPreview() {
		return s.ResourceProviderServer.Create(ctx, in)
	}
	if !s.cut.passes(ctx, call, false) {
		return nil, errCut
	}
	out, err := s.ResourceProviderServer.Create(ctx, in)
	if err == nil && !s.cut.passes(ctx, call, true) {
		return nil, errCut
	}
	return out, err
}

func (s *cutServer) Delete(ctx context.Context, in *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	call := callOf("delete", in.GetUrn())
	if !s.cut.passes(ctx, call, false) {
		return nil, errCut
	}
	out, err := s.ResourceProviderServer.Delete(ctx, in)
	if err == nil && !s.cut.passes(ctx, call, true) {
		return nil, errCut
	}
	return out, err
}

// interruptible opens a stack whose clouds' calls can be cut.
func interruptible(t *testing.T, sim *cloudsim.Sim, state string, p stacks.Platform, c *cut, told func(infra.Event)) *infra.Stack {
	t.Helper()
	if err := p.Complete(); err != nil {
		t.Fatal(err)
	}
	opts := []infra.Option{
		infra.WithEngine(engine.New()), infra.WithState("file://" + state), infra.WithConfig(p.Config()), infra.WithProgress(told),
		infra.WithSecrets(infra.Secrets{Passphrase: func(context.Context) (string, error) { return "correct horse", nil }}),
	}
	for _, provider := range p.Providers() {
		opts = append(opts, infra.WithProvider(provider))
	}
	for _, provider := range sim.Providers() {
		opts = append(opts, infra.WithProvider(withCut(provider, c)))
	}
	for pkg, find := range p.(stacks.Finding).Finders() {
		opts = append(opts, infra.WithFinder(pkg, find))
	}
	s, err := infra.Open(t.Context(), infra.Ref{Project: "acme", Stack: "prod"}, p.Program(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// consistent holds the cloud against the state: nothing too many, nothing lost.
func consistent(t *testing.T, sim *cloudsim.Sim, s *infra.Stack) {
	t.Helper()
	state, err := s.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	orphans, err := sim.Orphans(state)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range orphans {
		t.Errorf("orphan: %s %s", o.Type, o.ID)
	}
	lost, err := sim.Lost(state)
	if err != nil || len(lost) > 0 {
		t.Errorf("lost: %v, %v", lost, err)
	}
	if pending, err := s.Pending(t.Context()); err != nil || len(pending) > 0 {
		t.Errorf("still pending: %v, %v", pending, err)
	}
}

// TestInterruptedCalls cuts every kind of creation and deletion of each cloud
// short, once before the cloud did it and once after, and wants the next
// operation to find out which it was.
func TestInterruptedCalls(t *testing.T) {
	for _, c := range clouds {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			outcomes := map[infra.Outcome]int{}
			told := func(e infra.Event) {
				if r, ok := e.(infra.PendingResolved); ok {
					mu.Lock()
					outcomes[r.Outcome]++
					mu.Unlock()
				}
			}
			dry := &cut{}
			whole := interruptible(t, simulated(t), t.TempDir(), c.spec(), dry, nil)
			for _, f := range []func(context.Context, ...infra.OpOption) (*infra.Result, error){whole.Up, whole.Destroy} {
				if _, err := f(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			var types []string
			for _, call := range dry.calls {
				if typ, ok := strings.CutPrefix(call, "create "); ok && !slices.Contains(types, typ) {
					types = append(types, typ)
				}
			}
			if len(types) < 15 {
				t.Fatalf("only %d types: %v", len(types), types)
			}
			sim, knife := simulated(t), &cut{}
			s := interruptible(t, sim, t.TempDir(), c.spec(), knife, told)
			for _, typ := range types {
				for _, after := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s after=%t", strings.ReplaceAll(typ, "/", "."), after), func(t *testing.T) {
						for _, step := range []struct {
							op string
							do func(context.Context, ...infra.OpOption) (*infra.Result, error)
						}{{"create ", s.Up}, {"delete ", s.Destroy}} {
							_, err := step.do(t.Context(), infra.WithAbort(knife.arm(step.op+typ, after)))
							if !errors.Is(err, context.Canceled) {
								t.Fatalf("%s%s: got %v, want an aborted operation", step.op, typ, err)
							}
							if _, err := step.do(t.Context()); err != nil {
								t.Fatal(err)
							}
							consistent(t, sim, s)
						}
					})
				}
			}
			t.Logf("%s: creation and deletion of %d types, each cut off before and after it happened: %v", c.name, len(types), outcomes)
			for _, o := range []infra.Outcome{infra.Adopted, infra.Cleared, infra.Removed} {
				if outcomes[o] == 0 {
					t.Errorf("nothing was %s", o)
				}
			}
		})
	}
}
