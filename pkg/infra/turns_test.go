package infra_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestCancel cancels in the middle of a create: it is finished and saved, the
// next resource is not begun, and the stack is not left locked.
func TestCancel(t *testing.T) {
	c := newCloud()
	ctx, cancel := context.WithCancel(t.Context())
	c.during = func(name string) {
		if name == "first" {
			cancel()
		}
	}
	s := open(t, c, t.TempDir(), func(pctx *pulumi.Context) error {
		first, err := newThing(pctx, "first", nil)
		if err != nil {
			return err
		}
		_, err = newThing(pctx, "second", nil, pulumi.DependsOn([]pulumi.Resource{first}))
		return err
	})
	_, err := s.Up(ctx)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "run it again") {
		t.Fatalf("got %v", err)
	}
	if c.count() != 1 {
		t.Fatalf("%d things after the cancel", c.count())
	}
	if r := mustUp(t, s); r.Summary.Create != 1 || r.Summary.Same != 1 || c.count() != 2 {
		t.Errorf("after the cancel: %+v, %d things", r.Summary, c.count())
	}
}

// TestLocked has one stack held in the middle of a create while another is
// refused, then waits, then gets its turn.
func TestLocked(t *testing.T) {
	c, state := newCloud(), t.TempDir()
	inside, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	c.during = func(name string) {
		if name == "slow" {
			once.Do(func() { close(inside) })
			<-release
		}
	}
	holder := open(t, c, state, things("slow"))
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := holder.Up(t.Context()); err != nil {
			t.Error(err)
		}
	})
	<-inside

	impatient := open(t, c, state, things("slow"))
	_, err := impatient.Up(t.Context())
	var held *infra.LockedError
	if !errors.Is(err, infra.ErrLocked) || !errors.As(err, &held) || held.PID == 0 || held.User == "" || held.Since.IsZero() {
		t.Fatalf("got %v", err)
	}

	var releaseOnce sync.Once
	var waits []infra.LockWait
	patient := open(t, c, state, things("slow"), infra.WithLockWait(time.Minute, func(w infra.LockWait) {
		waits = append(waits, w)
		releaseOnce.Do(func() { close(release) })
	}))
	r := mustUp(t, patient)
	wg.Wait()
	if r.Summary.Same != 1 || len(waits) == 0 || waits[0].Holder.PID == 0 || waits[0].Left <= 0 {
		t.Errorf("after the wait: %+v, %+v", r.Summary, waits)
	}
}

func TestClosed(t *testing.T) {
	s := open(t, newCloud(), t.TempDir(), things())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Preview(t.Context()); !errors.Is(err, infra.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Outputs(t.Context()); !errors.Is(err, infra.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
