package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/infra"
)

// pluginMark tells the test binary, started again, to be a provider plugin. Its
// value is a file: the plugin that does not find it makes it and dies in the
// middle of its second creation.
const pluginMark = "ENGINE_TEST_PLUGIN_MARK"

func plugin(mark string) error {
	n := 0
	p := &testprovider.Provider{Hooks: testprovider.Hooks{
		Create: func(context.Context, map[string]any) error {
			if n++; n != 2 {
				return nil
			}
			if _, err := os.Stat(mark); err == nil {
				return nil
			}
			if err := os.WriteFile(mark, nil, 0o600); err != nil {
				return err
			}
			self, err := os.FindProcess(os.Getpid())
			if err != nil {
				return err
			}
			if err := self.Kill(); err != nil {
				return err
			}
			select {}
		},
		Read: func(string, map[string]any) map[string]any { return map[string]any{"value": "x"} },
	}}
	server, err := p.New(context.Background())
	if err != nil {
		return err
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{Init: func(s *grpc.Server) error {
		rpc.RegisterResourceProviderServer(s, server)
		return nil
	}})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}

// withPlugin has a stack's provider be a plugin with a process of its own.
func withPlugin(t *testing.T, s infra.EngineSpec) infra.EngineSpec {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s.Providers, s.PluginDir = nil, t.TempDir()
	dir := filepath.Join(s.PluginDir, "resource-"+testprovider.Name+"-v"+testprovider.Version)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\n%s=%s exec %s\n", pluginMark, filepath.Join(t.TempDir(), "mark"), exe)
	if err := os.WriteFile(filepath.Join(dir, "pulumi-resource-"+testprovider.Name), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPluginDeath kills a provider's process in the middle of a creation: one
// clear error, all that was finished kept, and the next operation takes over
// what had been made.
func TestPluginDeath(t *testing.T) {
	s := withPlugin(t, spec(t, nil, testprovider.Many(4, "x")))
	s.Finders = map[string]infra.Finder{testprovider.Name: found("thing-77")}
	stack := open(t, s)
	_, err := stack.Run(t.Context(), infra.Operation{Verb: infra.VerbUp, Parallel: 1})
	if err == nil {
		t.Fatal("it did not fail")
	}
	for _, want := range []string{"process of the provider test ended in the middle of the creation of thing-1 (test:index:Thing)"} {
		if strings.Count(err.Error(), want) != 1 {
			t.Errorf("%q is not once in: %v", want, err)
		}
	}
	urns, pending := stateURNs(t, stack)
	want(t, "resources kept", len(urns), 1)
	want(t, "pending operations", pending, 1)

	var told []infra.Event
	_, err = stack.Run(t.Context(), infra.Operation{Verb: infra.VerbUp, Notify: func(e infra.Event) { told = append(told, e) }})
	if err != nil {
		t.Fatal(err)
	}
	if len(told) != 1 || told[0].(infra.PendingResolved).Outcome != infra.Adopted {
		t.Errorf("told %v, want that the creation was adopted", told)
	}
	urns, pending = stateURNs(t, stack)
	want(t, "resources", len(urns), 4)
	want(t, "pending operations", pending, 0)
}

// TestLostAnswer fails creations with each kind of error: only of those that
// leave open what came of it the state keeps a pending operation.
func TestLostAnswer(t *testing.T) {
	for text, stays := range map[string]int{
		"read tcp 10.0.0.1:2->10.0.0.2:443: read: connection reset by peer": 1,
		"https response error StatusCode: 500, api error InternalError":     1,
		"request send failed: context deadline exceeded":                    1,
		"VpcLimitExceeded: The maximum number of VPCs has been reached.":    0,
		"AccessDenied: not authorized to perform: iam:CreateRole":           0,
		"size must not be negative":                                         0,
	} {
		t.Run(text, func(t *testing.T) {
			fail := errors.New(text)
			p := &testprovider.Provider{Hooks: testprovider.Hooks{
				Create: func(context.Context, map[string]any) error { return fail },
				Read:   func(string, map[string]any) map[string]any { return map[string]any{"value": "x"} },
			}}
			s := spec(t, p, testprovider.Many(1, "x"))
			asked := 0
			s.Finders = map[string]infra.Finder{testprovider.Name: func(context.Context, infra.Unfinished, infra.Invoke) ([]infra.Candidate, error) {
				asked++
				return []infra.Candidate{{ID: "thing-77"}}, nil
			}}
			stack := open(t, s)
			if _, err := stack.Run(t.Context(), infra.Operation{Verb: infra.VerbUp}); err == nil || !strings.Contains(err.Error(), text) {
				t.Fatalf("got %v", err)
			}
			_, pending := stateURNs(t, stack)
			want(t, "pending operations", pending, stays)
			fail = nil
			run(t, stack, infra.VerbUp)
			want(t, "look-ups", asked, stays)
			urns, pending := stateURNs(t, stack)
			want(t, "resources", len(urns), 1)
			want(t, "pending operations afterwards", pending, 0)
			want(t, "created", int(p.Creates.Load()), 1-stays)
		})
	}
}

// TestNoAnswer has a provider that never answers a check: it is named, and the
// deadline is honoured.
func TestNoAnswer(t *testing.T) {
	p := &testprovider.Provider{Hooks: testprovider.Hooks{Check: func(context.Context) error { select {} }}}
	stack := open(t, spec(t, p, testprovider.Many(1, "x")))
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	named := make(chan infra.CallSlow, 100)
	ended := make(chan error, 1)
	var last apitype.EngineEvent
	go func() {
		_, err := stack.Run(ctx, infra.Operation{
			Verb: infra.VerbUp, SlowAfter: 20e6, CancelLimit: 50e6,
			Notify: func(e infra.Event) {
				if e, ok := e.(infra.CallSlow); ok {
					named <- e
				}
			},
			Events: func(e apitype.EngineEvent) { last = e },
		})
		ended <- err
	}()
	e := <-named
	if line := e.String(); !strings.Contains(line, "provider test") || !strings.Contains(line, "check of thing-0 (test:index:Thing)") || e.Elapsed < 20e6 {
		t.Errorf("got %q %v", line, e.Elapsed)
	}
	cancel(context.DeadlineExceeded)
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if last.CancelEvent == nil {
		t.Error("the events have no end")
	}
}
