package infra_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestHeldTo changes the program, or the world, between the preview and the
// apply: nothing may be done then.
func TestHeldTo(t *testing.T) {
	tests := []struct {
		name   string
		opts   []infra.OpOption
		change func(*testing.T, *cloud, *spec)
		want   []string
	}{
		{"another value", nil, func(_ *testing.T, _ *cloud, s *spec) { s.size = 7 }, []string{`"web"`, "size", "agreed to 2, now 7"}},
		{"a replacement", nil, func(_ *testing.T, _ *cloud, s *spec) { s.zone = "b" }, []string{`"web"`, "agreed to update, now replace because of zone"}},
		{"a deletion", nil, func(_ *testing.T, _ *cloud, s *spec) { s.drop = true }, []string{`"extra"`, "agreed to same, now delete"}},
		{"nothing left", nil, func(_ *testing.T, _ *cloud, s *spec) { s.size = 1 }, []string{`"web"`, "agreed to update, now same"}},
		{"drift", []infra.OpOption{infra.WithRefresh()}, func(t *testing.T, c *cloud, _ *spec) { c.remove("extra") }, []string{`"extra"`, "now create"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, want := newCloud(), &spec{size: 1, zone: "a", secret: "x"}
			s := open(t, c, t.TempDir(), want.program)
			mustUp(t, s)
			want.size = 2
			d := mustPreview(t, s, tt.opts...)
			tt.change(t, c, want)
			writes := c.writes()
			_, err := s.Up(t.Context(), append(tt.opts, infra.HeldTo(d))...)
			var dev *infra.DeviationError
			if !errors.As(err, &dev) {
				t.Fatalf("got %v", err)
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q is not in\n%v", w, err)
				}
			}
			if c.writes() != writes {
				t.Error("something was done all the same")
			}
		})
	}
}

// TestHeldToUnderTheLock has another operation change the stack while one that
// was agreed to waits for the lock: it finds out before it does anything.
func TestHeldToUnderTheLock(t *testing.T) {
	c, want, state := newCloud(), &spec{size: 1, zone: "a", secret: "x"}, t.TempDir()
	s := open(t, c, state, want.program)
	mustUp(t, s)
	inside, release := make(chan struct{}), make(chan struct{})
	c.during = func(name string) {
		if name == "gate" {
			close(inside)
			<-release
		}
	}
	other := &spec{size: 9, zone: "a", secret: "x"}
	holder := open(t, c, state, func(ctx *pulumi.Context) error {
		return errors.Join(other.program(ctx), things("gate")(ctx))
	})
	ended := make(chan error, 1)
	go func() {
		_, err := holder.Up(t.Context())
		ended <- err
	}()
	<-inside
	want.size = 2
	waiting := make(chan struct{})
	var once sync.Once
	patient := open(t, c, state, want.program, infra.WithLockWait(time.Minute, func(infra.LockWait) { once.Do(func() { close(waiting) }) }))
	d := mustPreview(t, patient)
	held := make(chan error, 1)
	go func() {
		_, err := patient.Up(t.Context(), infra.HeldTo(d))
		held <- err
	}()
	<-waiting
	close(release)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	writes := c.writes()
	var dev *infra.DeviationError
	if err := <-held; !errors.As(err, &dev) {
		t.Fatalf("got %v", err)
	}
	if c.writes() != writes {
		t.Error("something was done all the same")
	}
}

func TestPlan(t *testing.T) {
	c, want := newCloud(), &spec{size: 1, zone: "a", secret: "plan-s3cret"}
	s := open(t, c, t.TempDir(), want.program)
	d := mustPreview(t, s)
	plan, err := infra.NewPlan(d)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "plan.json")
	if err := plan.Save(file); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "plan-s3cret") {
		t.Error("the plan file holds a secret in plain")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode: %v %v", info.Mode(), err)
	}
	loaded, err := infra.LoadPlan(file)
	if err != nil {
		t.Fatal(err)
	}
	if text(t, loaded.Diff) != text(t, d) {
		t.Errorf("loaded:\n%s\nsaved:\n%s", text(t, loaded.Diff), text(t, d))
	}
	if in := step(t, loaded.Diff, "web").Inputs; in["password"] != infra.SecretMark {
		t.Errorf("marker is lost: %#v", in["password"])
	}
	want.size = 5
	var dev *infra.DeviationError
	if _, err := s.Up(t.Context(), infra.HeldToPlan(loaded)); !errors.As(err, &dev) || c.writes() != 0 {
		t.Fatalf("changed program: %v, %d writes", err, c.writes())
	}
	want.size = 1
	if r, err := s.Up(t.Context(), infra.HeldToPlan(loaded)); err != nil || r.Summary.Create != 2 {
		t.Fatalf("held to the plan: %v %+v", err, r)
	}

	for name, damage := range map[string]func(string) string{
		"cut off":         func(s string) string { return s[:len(s)/2] },
		"altered":         func(s string) string { return strings.Replace(s, `"size": 1`, `"size": 3`, 1) },
		"another version": func(s string) string { return strings.Replace(s, `"version": 1`, `"version": 9`, 1) },
		"another format":  func(string) string { return `{"kind":"something else"}` },
		"empty":           func(string) string { return "" },
	} {
		bad := damage(string(raw))
		if bad == string(raw) {
			t.Fatalf("%s: no damage done", name)
		}
		if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := infra.LoadPlan(file); err == nil {
			t.Errorf("a plan that is %s was accepted", name)
		}
	}
}

func TestImport(t *testing.T) {
	c, state := newCloud(), t.TempDir()
	other := open(t, c, t.TempDir(), things("db"))
	mustUp(t, other)
	s := open(t, c, state, things("db", "more"))
	id := "thing-1"

	var fe *infra.FieldError
	if _, err := s.Import(t.Context(), []infra.Existing{{Type: thingType, Name: "bd", ID: id}}); !errors.As(err, &fe) || !strings.Contains(err.Error(), "it declares db, more") {
		t.Fatalf("wrong name: %v", err)
	}
	r, err := s.Import(t.Context(), []infra.Existing{{Type: thingType, Name: "db", ID: id}})
	if err != nil || r.Summary.Import != 1 || r.Summary.Create != 0 || c.count() != 1 {
		t.Fatalf("import: %v %+v", err, r)
	}
	if _, err := s.Import(t.Context(), []infra.Existing{{Type: thingType, Name: "db", ID: id}}); !errors.As(err, &fe) {
		t.Fatalf("imported twice: %v", err)
	}
	if d := mustPreview(t, s); d.Summary.Same != 1 || d.Summary.Create != 1 {
		t.Errorf("after the import:\n%s", text(t, d))
	}
}

func TestOwnResourcesAndTransforms(t *testing.T) {
	c, want := newCloud(), &spec{size: 1, zone: "a", secret: "x"}
	s := open(t, c, t.TempDir(), want.program,
		infra.WithProgram(things("mine")),
		infra.WithTransform(func(_ context.Context, args *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
			if args.Name != "web" {
				return nil
			}
			args.Props["size"] = pulumi.Float64(42)
			return &pulumi.ResourceTransformResult{Props: args.Props, Opts: args.Opts}
		}))
	d := mustPreview(t, s)
	if d.Summary.Create != 3 || step(t, d, "web").Inputs["size"] != 42.0 || step(t, d, "mine").Op != infra.OpCreate {
		t.Errorf("got\n%s%+v", text(t, d), step(t, d, "web").Inputs)
	}
}

func TestTargets(t *testing.T) {
	c, want := newCloud(), &spec{size: 1, zone: "a", secret: "x"}
	s := open(t, c, t.TempDir(), want.program)
	mustUp(t, s)
	d := mustPreview(t, s)
	extra := step(t, d, "extra").URN
	if d := mustPreview(t, s, infra.Replace(extra)); d.Summary.Replace != 1 || len(step(t, d, "extra").ReplaceReasons) == 0 {
		t.Errorf("requested replacement:\n%s", text(t, d))
	}
	if r, err := s.Destroy(t.Context(), infra.Targets(extra)); err != nil || r.Summary.Delete != 1 || c.count() != 1 {
		t.Errorf("destroy of a target: %v %+v", err, r)
	}
	var fe *infra.FieldError
	if _, err := s.Preview(t.Context(), infra.Targets("extra")); !errors.As(err, &fe) {
		t.Errorf("a target that is no URN: %v", err)
	}
}
