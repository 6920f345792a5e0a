package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
)

// interrupted leaves a stack whose second creation was given up.
func interrupted(t *testing.T, find infra.Finder) infra.EngineSpec {
	t.Helper()
	started, n := make(chan struct{}, 10), 0
	p := &testprovider.Provider{Hooks: testprovider.Hooks{
		Create: func(ctx context.Context, _ map[string]any) error {
			if n++; n == 2 {
				started <- struct{}{}
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		},
		// A read finds whatever id it is asked for.
		Read: func(_ string, props map[string]any) map[string]any { return map[string]any{"value": "x"} },
	}}
	s := spec(t, p, testprovider.Many(2, "x"))
	if find != nil {
		s.Finders = map[string]infra.Finder{testprovider.Name: find}
	}
	stack := open(t, s)
	abort := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		_, err := stack.Run(t.Context(), infra.Operation{Verb: infra.VerbUp, Abort: abort, Parallel: 1})
		ended <- err
	}()
	<-started
	close(abort)
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
	_, pending := stateURNs(t, stack)
	want(t, "pending operations", pending, 1)
	return s
}

func found(ids ...string) infra.Finder {
	return func(context.Context, infra.Unfinished, infra.Invoke) (all []infra.Candidate, err error) {
		for _, id := range ids {
			all = append(all, infra.Candidate{ID: id})
		}
		return all, nil
	}
}

// TestPendingCreation resolves an interrupted creation in each way there is.
func TestPendingCreation(t *testing.T) {
	for name, c := range map[string]struct {
		find    infra.Finder
		outcome infra.Outcome
		// resources is how many the state holds after the repair.
		resources int
	}{
		"no finder":        {nil, infra.Cleared, 1},
		"nothing made":     {found(), infra.Cleared, 1},
		"known already":    {found("thing-1"), infra.Cleared, 1},
		"made":             {found("thing-77"), infra.Adopted, 2},
		"made, found once": {found("thing-77", "thing-1", "thing-77"), infra.Adopted, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := interrupted(t, c.find)
			stack := open(t, s)
			var told []infra.Event
			err := stack.(infra.Repairer).Repair(t.Context(), infra.Repair{}, func(e infra.Event) { told = append(told, e) })
			if err != nil || len(told) != 1 {
				t.Fatalf("told %v, %v", told, err)
			}
			r := told[0].(infra.PendingResolved)
			want(t, "outcome", r.Outcome, c.outcome)
			if !strings.Contains(r.String(), "thing-1") {
				t.Errorf("%q doesn't name the resource", r)
			}
			urns, pending := stateURNs(t, stack)
			want(t, "resources", len(urns), c.resources)
			want(t, "pending", pending, 0)
			run(t, stack, infra.VerbUp)
			urns, _ = stateURNs(t, stack)
			want(t, "resources after the next up", len(urns), 2)
		})
	}
}

// TestUnclearCreation leaves to people what can't be known, and says how.
func TestUnclearCreation(t *testing.T) {
	unreachable := errors.New("the API is unreachable")
	for name, c := range map[string]struct {
		find infra.Finder
		want string
	}{
		"several": {found("thing-77", "thing-78"), "any of thing-77, thing-78"},
		"unreachable": {func(context.Context, infra.Unfinished, infra.Invoke) ([]infra.Candidate, error) {
			return nil, unreachable
		}, "unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			s := interrupted(t, c.find)
			stack := open(t, s)
			_, err := stack.Run(t.Context(), infra.Operation{Verb: infra.VerbUp})
			var u *infra.UnresolvedError
			if !errors.As(err, &u) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "pilot repair") {
				t.Fatalf("got %v, want an UnresolvedError that tells of %q", err, c.want)
			}
			if u.Doing != "creating" || !strings.HasSuffix(u.URN, "thing-1") {
				t.Errorf("got %+v", u.Pending)
			}
			repairer := open(t, s).(infra.Repairer)
			if err := repairer.Repair(t.Context(), infra.Repair{Adopt: map[string]string{u.URN: "thing-78"}}, nil); err != nil {
				t.Fatal(err)
			}
			urns, pending := stateURNs(t, stack)
			want(t, "resources", len(urns), 2)
			want(t, "pending", pending, 0)
		})
	}
	t.Run("struck off", func(t *testing.T) {
		s := interrupted(t, found("thing-77", "thing-78"))
		stack, err := infra.Open(t.Context(), s.Ref, s.Program, infra.WithEngine(engine.New()), infra.WithState(s.State),
			infra.WithSecrets(s.Secrets), infra.WithProvider(s.Providers[0]))
		if err != nil {
			t.Fatal(err)
		}
		defer stack.Close()
		pending, err := stack.Pending(t.Context())
		if err != nil || len(pending) != 1 {
			t.Fatalf("%v, %v", pending, err)
		}
		var field *infra.FieldError
		if err := stack.Repair(t.Context(), infra.Repair{Forget: []string{"urn:pulumi:dev::proj::a::b"}}); !errors.As(err, &field) {
			t.Errorf("got %v, want an unknown URN refused", err)
		}
		if err := stack.Repair(t.Context(), infra.Repair{Forget: []string{pending[0].URN}}); err != nil {
			t.Fatal(err)
		}
		if pending, err := stack.Pending(t.Context()); err != nil || len(pending) != 0 {
			t.Errorf("%v, %v", pending, err)
		}
	})
}
