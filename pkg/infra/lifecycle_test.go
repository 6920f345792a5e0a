package infra_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// spec is what the tests' program makes: changing it changes the stack.
type spec struct {
	size   float64
	zone   string
	drop   bool
	secret string
}

func (s *spec) program(ctx *pulumi.Context) error {
	g, err := newGroup(ctx, "net")
	if err != nil {
		return err
	}
	web, err := newThing(ctx, "web", pulumi.Map{
		"size": pulumi.Float64(s.size), "zone": pulumi.String(s.zone),
		"tags":     pulumi.StringMap{"owner": pulumi.String("ann")},
		"password": pulumi.ToSecret(pulumi.String(s.secret)),
	}, pulumi.Parent(g))
	if err != nil {
		return err
	}
	if !s.drop {
		if _, err := newThing(ctx, "extra", pulumi.Map{"peer": web.Address}); err != nil {
			return err
		}
	}
	ctx.Export("address", web.Address)
	ctx.Export("password", web.Password)
	return nil
}

func mustPreview(t *testing.T, s *infra.Stack, opts ...infra.OpOption) *infra.Diff {
	t.Helper()
	d, err := s.Preview(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mustUp(t *testing.T, s *infra.Stack, opts ...infra.OpOption) *infra.Result {
	t.Helper()
	r, err := s.Up(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t *testing.T, d *infra.Diff) string {
	t.Helper()
	var b bytes.Buffer
	if err := d.WriteText(&b, infra.WithColor(infra.ColorNever)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func step(t *testing.T, d *infra.Diff, name string) infra.Step {
	t.Helper()
	for _, s := range d.Steps {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no step for %q in\n%s", name, text(t, d))
	return infra.Step{}
}

func property(t *testing.T, s infra.Step, path string) infra.PropertyChange {
	t.Helper()
	for _, p := range s.Properties {
		if p.Path == path {
			return p
		}
	}
	t.Fatalf("no change of %s in %+v", path, s.Properties)
	return infra.PropertyChange{}
}

// TestLife takes one stack from nothing to nothing.
func TestLife(t *testing.T) {
	c, want := newCloud(), &spec{size: 1, zone: "a", secret: "s3cret-one"}
	s := open(t, c, t.TempDir(), want.program)

	d := mustPreview(t, s)
	t.Log("\n" + text(t, d))
	if (d.Summary != infra.Summary{Create: 2}) || d.Empty() || c.writes() != 0 {
		t.Fatalf("first preview: %+v, %d writes", d.Summary, c.writes())
	}
	if in := step(t, d, "web").Inputs; in["password"] != infra.SecretMark {
		t.Errorf("secret input is shown as %v", in["password"])
	}
	if in := step(t, d, "extra").Inputs; in["peer"] != infra.UnknownMark {
		t.Errorf("unknown input is shown as %v", in["peer"])
	}
	if g := step(t, d, "net"); !g.Structural || step(t, d, "web").Parent != g.URN {
		t.Errorf("component: %+v", g)
	}

	r := mustUp(t, s, infra.HeldTo(d), infra.Message("first"))
	if r.Summary.Create != 2 || c.count() != 2 || r.Outputs["address"].Value == "" || !r.Outputs["password"].Secret {
		t.Fatalf("up: %+v %v", r.Summary, r.Outputs)
	}
	if d := mustPreview(t, s); !d.Empty() || d.Summary.Same != 2 {
		t.Fatalf("preview of an unchanged program:\n%s", text(t, d))
	}

	want.size, want.secret = 2, "s3cret-two"
	d = mustPreview(t, s)
	t.Log("\n" + text(t, d))
	if (d.Summary != infra.Summary{Update: 1, Same: 1}) {
		t.Fatalf("changed size: %+v", d.Summary)
	}
	if p := property(t, step(t, d, "web"), "size"); p.Kind != infra.KindUpdate || p.Old != 1.0 || p.New != 2.0 {
		t.Errorf("size: %+v", p)
	}
	if p := property(t, step(t, d, "web"), "password"); !p.Secret || p.New != infra.SecretMark {
		t.Errorf("password: %+v", p)
	}
	mustUp(t, s)

	want.zone, want.drop = "b", true
	d = mustPreview(t, s)
	t.Log("\n" + text(t, d))
	if (d.Summary != infra.Summary{Replace: 1, Delete: 1}) {
		t.Fatalf("changed zone: %+v", d.Summary)
	}
	web := step(t, d, "web")
	if strings.Join(web.ReplaceReasons, ",") != "zone" || property(t, web, "zone").Kind != infra.KindUpdateReplace {
		t.Errorf("replacement: %+v", web)
	}
	r = mustUp(t, s, infra.HeldTo(d))
	if (r.Summary != infra.Summary{Replace: 1, Delete: 1}) || c.count() != 1 {
		t.Fatalf("up: %+v", r.Summary)
	}
	t.Log("\n" + text(t, r.Diff))

	h, err := s.History(t.Context(), 0)
	if err != nil || len(h) != 3 || h[2].Message != "first" {
		t.Fatalf("history: %v %+v", err, h)
	}
	pd, err := s.PreviewDestroy(t.Context())
	if err != nil || pd.Summary.Delete != 1 {
		t.Fatalf("preview of destroy: %v %+v", err, pd)
	}
	if r, err := s.Destroy(t.Context(), infra.HeldTo(pd)); err != nil || r.Summary.Delete != 1 || c.count() != 0 {
		t.Fatalf("destroy: %v %+v", err, r)
	}
	if err := s.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestDrift changes the real resources and expects to be told, with the state
// left as it was.
func TestDrift(t *testing.T) {
	c, want := newCloud(), &spec{size: 1, zone: "a", secret: "x"}
	s := open(t, c, t.TempDir(), want.program)
	mustUp(t, s)
	d, err := s.Drift(t.Context())
	if err != nil || !d.Empty() || d.Summary.Same != 2 {
		t.Fatalf("drift of a fresh stack: %v\n%s", err, text(t, d))
	}
	before, err := s.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	c.set(t, "web", "size", 9.0)
	c.remove("extra")
	d, err = s.Drift(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + text(t, d))
	if (d.Summary != infra.Summary{Update: 1, Delete: 1}) {
		t.Fatalf("drift: %+v", d.Summary)
	}
	if p := property(t, step(t, d, "web"), "size"); p.Old != 1.0 || p.New != 9.0 {
		t.Errorf("drift of size: %+v", p)
	}
	after, err := s.Export(t.Context())
	if err != nil || !bytes.Equal(before.Deployment, after.Deployment) {
		t.Errorf("drift changed the state (%v)", err)
	}

	if d := mustPreview(t, s, infra.WithRefresh()); d.Summary.Update != 1 || d.Summary.Create != 1 || len(d.Drift) != 2 {
		t.Errorf("preview with refresh:\n%s", text(t, d))
	}
	if r, err := s.Refresh(t.Context()); err != nil || r.Summary.Update != 1 || r.Summary.Delete != 1 {
		t.Fatalf("refresh: %v %+v", err, r)
	}
	if r := mustUp(t, s); (r.Summary != infra.Summary{Update: 1, Create: 1}) {
		t.Errorf("up after refresh: %+v", r.Summary)
	}
}
