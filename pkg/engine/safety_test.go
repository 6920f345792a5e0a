package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/infra"
)

func TestProgramErrors(t *testing.T) {
	for name, c := range map[string]struct {
		program pulumi.RunFunc
		want    string
	}{
		"error": {func(*pulumi.Context) error { return errors.New("out of cheese") }, "out of cheese"},
		"panic": {func(*pulumi.Context) error { panic("no more cheese") }, "no more cheese"},
		"nil pointer": {func(*pulumi.Context) error {
			var thing *testprovider.Thing
			_ = thing.Value
			return nil
		}, "nil pointer"},
		"no program": {nil, "no program"},
		"bad input": {func(ctx *pulumi.Context) error {
			return ctx.RegisterResource(testprovider.Token, "x", pulumi.Map{}, &testprovider.Thing{},
				pulumi.Version(testprovider.Version))
		}, "value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stack := open(t, spec(t, &testprovider.Provider{}, c.program))
			var told []string
			_, err := stack.Run(t.Context(), infra.Operation{Verb: infra.VerbUp, Events: func(e apitype.EngineEvent) {
				if d := e.DiagnosticEvent; d != nil && d.Severity == "error" {
					told = append(told, d.Message)
				}
			}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v does not tell %q", err, c.want)
			}
			if !strings.Contains(strings.Join(told, "\n"), c.want) {
				t.Errorf("error events %q do not tell %q", told, c.want)
			}
		})
	}
}

func TestProviderPanicIsAnError(t *testing.T) {
	p := &testprovider.Provider{Hooks: testprovider.Hooks{
		Create: func(context.Context, map[string]any) error { panic("provider lost its head") },
	}}
	_, err := open(t, spec(t, p, testprovider.Many(1, "x"))).Run(t.Context(), infra.Operation{Verb: infra.VerbUp})
	if err == nil || !strings.Contains(err.Error(), "provider lost its head") {
		t.Errorf("got %v", err)
	}
}

func TestSecretsAreMaskedInEvents(t *testing.T) {
	s := spec(t, &testprovider.Provider{}, func(ctx *pulumi.Context) error {
		_, err := testprovider.NewThing(ctx, "a",
			testprovider.ThingArgs{Value: "v", Secret: pulumi.String("s3cr3t-thing")})
		ctx.Export("s", pulumi.ToSecret(pulumi.String("s3cr3t-output")))
		return errors.Join(err, ctx.Log.Info("the token is s3cr3t-config", nil))
	})
	s.Config = auto.ConfigMap{"test:token": {Value: "s3cr3t-config", Secret: true}}
	var all strings.Builder
	last := -1
	_, err := open(t, s).Run(t.Context(), infra.Operation{Verb: infra.VerbUp, Events: func(e apitype.EngineEvent) {
		want(t, "sequence", e.Sequence, last+1)
		last = e.Sequence
		if err := json.NewEncoder(&all).Encode(e); err != nil {
			t.Error(err)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"s3cr3t-thing", "s3cr3t-output", "s3cr3t-config"} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("events hold %s", secret)
		}
	}
	lines := strings.Split(strings.TrimSpace(all.String()), "\n")
	if !strings.Contains(lines[len(lines)-1], "cancelEvent") {
		t.Errorf("the last event is %s", lines[len(lines)-1])
	}
}

// blocking is a provider whose creations wait until release is closed.
func blocking() (p *testprovider.Provider, started chan string, release chan struct{}) {
	started, release = make(chan string, 100), make(chan struct{})
	p = &testprovider.Provider{Hooks: testprovider.Hooks{
		Create: func(ctx context.Context, in map[string]any) error {
			started <- fmt.Sprint(in["value"])
			select {
			case <-release:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
	}}
	return p, started, release
}

func stateURNs(t testing.TB, s infra.EngineStack) (urns []string, pending int) {
	t.Helper()
	d, err := s.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var dep apitype.DeploymentV3
	if err := json.Unmarshal(d.Deployment, &dep); err != nil {
		t.Fatal(err)
	}
	for _, r := range dep.Resources {
		if string(r.Type) == testprovider.Token {
			urns = append(urns, r.URN.Name())
		}
	}
	return urns, len(dep.PendingOperations)
}

func TestCancelWaitsForWhatIsInFlight(t *testing.T) {
	p, started, release := blocking()
	s := spec(t, p, testprovider.Many(9, "x"))
	stack := open(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := stack.Run(ctx, infra.Operation{Verb: infra.VerbUp})
		ended <- err
	}()
	<-started
	cancel()
	select {
	case err := <-ended:
		t.Fatalf("ended before the creation in flight did: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	// On a busy machine the engine may hear of it only after the next creation, each of which waits for the one before.
	made := 1
	release <- struct{}{}
	var err error
	for over := false; !over; {
		select {
		case <-started:
			made++
			time.Sleep(50 * time.Millisecond)
			release <- struct{}{}
		case err = <-ended:
			over = true
		}
	}
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
	urns, pending := stateURNs(t, stack)
	want(t, "resources saved", len(urns), made)
	want(t, "pending operations", pending, 0)
	// The lock is free again, and the rest can be made.
	close(release)
	if _, err := open(t, s).Run(t.Context(), infra.Operation{Verb: infra.VerbUp}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "servers to be closed", func() bool { return p.Open.Load() == 0 })
}

func TestAbortGivesUpWhatIsInFlight(t *testing.T) {
	// This provider doesn't even hear that it should stop.
	started, release := make(chan struct{}, 10), make(chan struct{})
	defer close(release)
	p := &testprovider.Provider{Hooks: testprovider.Hooks{
		Create: func(context.Context, map[string]any) error { started <- struct{}{}; <-release; return nil },
	}}
	s := spec(t, p, testprovider.Many(3, "x"))
	stack := open(t, s)
	abort := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		_, err := stack.Run(t.Context(), infra.Operation{Verb: infra.VerbUp, Abort: abort})
		ended <- err
	}()
	<-started
	close(abort)
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
	_, pending := stateURNs(t, stack)
	want(t, "pending operations", pending, 1)
	waitFor(t, "servers to be closed", func() bool { return p.Open.Load() == 0 })
}

func TestLockTellsItsHolder(t *testing.T) {
	p, started, release := blocking()
	s := spec(t, p, testprovider.Many(1, "x"))
	first, second := open(t, s), open(t, s)
	ended := make(chan error, 1)
	go func() {
		_, err := first.Run(t.Context(), infra.Operation{Verb: infra.VerbUp})
		ended <- err
	}()
	<-started
	var last apitype.EngineEvent
	_, err := second.Run(t.Context(), infra.Operation{Verb: infra.VerbUp,
		Events: func(e apitype.EngineEvent) { last = e }})
	if last.CancelEvent == nil {
		t.Error("the events of an operation that didn't start have no end")
	}
	var locked *infra.LockedError
	if !errors.As(err, &locked) || !errors.Is(err, infra.ErrLocked) {
		t.Errorf("got %v, want a LockedError", err)
	} else {
		host, _ := os.Hostname()
		want(t, "stack", locked.Stack, "proj/dev")
		want(t, "host", locked.Host, host)
		want(t, "pid", locked.PID, os.Getpid())
		if locked.User == "" || locked.Since.IsZero() || locked.Detail == "" {
			t.Errorf("incomplete: %+v", locked)
		}
	}
	// A preview takes no lock, and sees the creation as pending.
	if _, err := second.Run(t.Context(), infra.Operation{Verb: infra.VerbPreview}); err != nil {
		t.Errorf("preview beside an up: %v", err)
	}
	close(release)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func TestSlowReaderDoesNotHoldUpTheEngine(t *testing.T) {
	p := &testprovider.Provider{}
	stack := open(t, spec(t, p, testprovider.Many(20, "x")))
	first, rest := make(chan struct{}), make(chan struct{})
	var once sync.Once
	ended := make(chan error, 1)
	go func() {
		_, err := stack.Run(t.Context(), infra.Operation{Verb: infra.VerbUp, Events: func(apitype.EngineEvent) {
			once.Do(func() { close(first); <-rest })
		}})
		ended <- err
	}()
	<-first
	waitFor(t, "all to be created while the reader sleeps", func() bool { return p.Creates.Load() == 20 })
	close(rest)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func TestManyStacksSideBySide(t *testing.T) {
	base := spec(t, &testprovider.Provider{}, nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s := base
			s.Ref.Stack = fmt.Sprintf("s%d", i)
			s.Config = auto.ConfigMap{"n": {Value: fmt.Sprint(i)}}
			s.Program = func(ctx *pulumi.Context) error {
				ctx.Export("n", pulumi.String(mustConfig(ctx, "n")))
				return testprovider.Many(5, s.Ref.Stack)(ctx)
			}
			stack := open(t, s)
			res, err := stack.Run(t.Context(), infra.Operation{Verb: infra.VerbUp})
			if err != nil {
				t.Error(err)
				return
			}
			want(t, "n", res.Outputs["n"].Value, any(fmt.Sprint(i)))
			want(t, "first", res.Outputs["first"].Value, any(s.Ref.Stack))
			if _, err := stack.Run(t.Context(), infra.Operation{Verb: infra.VerbDestroy}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
