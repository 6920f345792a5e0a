package infra_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func things(names ...string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		for _, n := range names {
			if _, err := newThing(ctx, n, pulumi.Map{"size": pulumi.Float64(1)}); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestFailedResources(t *testing.T) {
	c := newCloud()
	c.refuse["create bad"] = "quota of things exceeded"
	c.refuse["create worse"] = "zone is full"
	s := open(t, c, t.TempDir(), things("good", "bad", "worse"))
	r, err := s.Up(t.Context())
	var op *infra.OperationError
	if !errors.As(err, &op) {
		t.Fatalf("got %T: %v", err, err)
	}
	first, rest, _ := strings.Cut(err.Error(), "\n")
	if !strings.Contains(first, "2 resources") || !strings.Contains(first, "what succeeded is kept") {
		t.Errorf("first line does not say what to do: %q", first)
	}
	for _, want := range []string{`"bad": `, "quota of things exceeded", `"worse": `, "zone is full"} {
		if !strings.Contains(rest, want) {
			t.Errorf("%q is not in\n%s", want, err)
		}
	}
	for _, e := range op.Errs {
		var re *infra.ResourceError
		if !errors.As(e, &re) || re.Op != "create" || re.Type != thingType || !strings.HasPrefix(re.URN, "urn:pulumi:dev::acme::") {
			t.Errorf("got %T %+v", e, e)
		}
	}
	if r == nil || r.Summary.Create != 1 {
		t.Errorf("what was done is lost: %+v", r)
	}
	delete(c.refuse, "create bad")
	delete(c.refuse, "create worse")
	if r := mustUp(t, s); r.Summary.Create != 2 || r.Summary.Same != 1 {
		t.Errorf("second try: %+v", r.Summary)
	}
}

func TestRefusedInputs(t *testing.T) {
	c := newCloud()
	s := open(t, c, t.TempDir(), func(ctx *pulumi.Context) error {
		_, err := newThing(ctx, "bad", pulumi.Map{"size": pulumi.Float64(-1)})
		return err
	})
	_, err := s.Preview(t.Context())
	var re *infra.ResourceError
	if !errors.As(err, &re) || re.Op != "check" || !strings.Contains(re.Error(), "size must not be negative") {
		t.Fatalf("got %v", err)
	}
}

var errOurs = errors.New("no such region")

func TestBrokenPrograms(t *testing.T) {
	c := newCloud()
	tests := []struct {
		name    string
		program pulumi.RunFunc
		want    string
		check   func(error) bool
	}{
		{"error", func(*pulumi.Context) error { return fmt.Errorf("spec: %w", errOurs) }, "no such region",
			func(err error) bool { var p *infra.ProgramError; return errors.Is(err, errOurs) && errors.As(err, &p) }},
		{"panic", func(*pulumi.Context) error { var none *int; _ = *none; return nil }, "program panicked at trouble_test.go:",
			func(err error) bool { var p *infra.PanicError; return errors.As(err, &p) && p.Stack != "" }},
		{"panic in a guarded apply", func(ctx *pulumi.Context) error {
			web, err := newThing(ctx, "web", nil)
			if err != nil {
				return err
			}
			ctx.Export("url", web.URN().ApplyT(infra.Guard(func(pulumi.URN) string { panic("no host") })))
			return nil
		}, "apply panicked at trouble_test.go:", func(error) bool { return true }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, c, t.TempDir(), tt.program)
			_, err := s.Up(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) || !tt.check(err) {
				t.Fatalf("got %T: %v", err, err)
			}
		})
	}
}

func TestGuardKeepsResults(t *testing.T) {
	f := infra.Guard(func(n int) (string, error) {
		if n == 0 {
			return "", errOurs
		}
		return fmt.Sprint(n), nil
	}).(func(int) (string, error))
	if got, err := f(7); got != "7" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := f(0); !errors.Is(err, errOurs) {
		t.Errorf("got %v", err)
	}
}

func TestPanickingProgress(t *testing.T) {
	c := newCloud()
	s := open(t, c, t.TempDir(), things("one"), infra.WithProgress(func(infra.Event) { panic("no terminal") }))
	r, err := s.Up(t.Context())
	var p *infra.PanicError
	if !errors.As(err, &p) || p.In != "progress function" {
		t.Fatalf("got %v", err)
	}
	if r.Summary.Create != 1 || c.count() != 1 {
		t.Errorf("the operation did not go on: %+v", r.Summary)
	}
}

// TestSlowReader has the engine finish while the progress function still
// stands at the first event.
func TestSlowReader(t *testing.T) {
	c := newCloud()
	finished := make(chan struct{})
	var mu sync.Mutex
	var seen []infra.Event
	s := open(t, c, t.TempDir(), things("a", "b", "c"), infra.WithProgress(func(e infra.Event) {
		if _, ok := e.(infra.OperationStarted); ok {
			<-finished
		}
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, e)
	}))
	go func() {
		for c.count() < 3 && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
		close(finished)
	}()
	mustUp(t, s)
	mu.Lock()
	defer mu.Unlock()
	if _, ok := seen[len(seen)-1].(infra.OperationDone); !ok {
		t.Fatalf("the last event is %T", seen[len(seen)-1])
	}
	started := map[string]bool{}
	done := map[string]bool{}
	for _, e := range seen {
		switch e := e.(type) {
		case infra.ResourceStarted:
			started[e.Name] = true
		case infra.ResourceDone:
			if !started[e.Name] {
				t.Errorf("%s was done before it was started", e.Name)
			}
			done[e.Name] = e.Op == infra.OpCreate && !e.Planning
		}
	}
	for _, n := range []string{"a", "b", "c"} {
		if !done[n] {
			t.Errorf("%s was never done in %+v", n, seen)
		}
	}
}

// TestSlowResource has a create last until it was named as slow.
func TestSlowResource(t *testing.T) {
	c := newCloud()
	named := make(chan struct{})
	var once sync.Once
	c.during = func(string) { <-named }
	s := open(t, c, t.TempDir(), things("mill"), infra.WithSlowAfter(20*time.Millisecond), infra.WithProgress(func(e infra.Event) {
		if e, ok := e.(infra.ResourceSlow); ok {
			if e.Name != "mill" || e.Op != infra.OpCreate || e.Elapsed < 20*time.Millisecond {
				t.Errorf("got %+v", e)
			}
			once.Do(func() { close(named) })
		}
	}))
	mustUp(t, s)
}

// TestReplacementEvents: the new copy and the old one are told apart.
func TestReplacementEvents(t *testing.T) {
	c, want := newCloud(), &spec{size: 1, zone: "a", secret: "x", drop: true}
	var got []string
	s := open(t, c, t.TempDir(), want.program, infra.WithProgress(func(e infra.Event) {
		switch e := e.(type) {
		case infra.ResourceStarted:
			if e.Name == "web" {
				got = append(got, fmt.Sprint("start ", e.Op, " ", e.Replaced))
			}
		case infra.ResourceDone:
			if e.Name == "web" {
				got = append(got, fmt.Sprint("done ", e.Op, " ", e.Replaced))
			}
		}
	}))
	mustUp(t, s)
	want.zone, got = "b", nil
	mustUp(t, s)
	if text := strings.Join(got, ", "); text != "start replace false, done replace false, start delete true, done delete true" {
		t.Errorf("got %s", text)
	}
}
