package engine_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
)

// spec gives a stack in a new state directory, served by p.
func spec(t testing.TB, p *testprovider.Provider, program pulumi.RunFunc) infra.EngineSpec {
	return specOn("file://"+filepath.ToSlash(filepath.Join(t.TempDir(), "state")), p, program)
}

// specOn is spec for a state that is there already, as a child process has it.
func specOn(state string, p *testprovider.Provider, program pulumi.RunFunc) infra.EngineSpec {
	return infra.EngineSpec{
		Ref:   infra.Ref{Project: "proj", Stack: "dev"},
		State: state,
		Secrets: infra.Secrets{Passphrase: func(context.Context) (string, error) {
			return "correct horse", nil
		}},
		Program:   program,
		Providers: []infra.Provider{local(p)},
	}
}

func local(p *testprovider.Provider) infra.Provider {
	return infra.Provider{Name: testprovider.Name, Version: testprovider.Version, New: p.New}
}

func open(t testing.TB, s infra.EngineSpec) infra.EngineStack {
	t.Helper()
	stack, err := engine.New().Open(t.Context(), s)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { stack.Close() })
	return stack
}

func run(t testing.TB, s infra.EngineStack, verb infra.Verb) infra.OperationResult {
	t.Helper()
	res, err := s.Run(t.Context(), infra.Operation{Verb: verb})
	if err != nil {
		t.Fatalf("%s: %v", verb, err)
	}
	return res
}

func want(t testing.TB, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// keepsSecret opens a stack again: it still tells its secret output, and what is
// exported of it holds none in the clear.
func keepsSecret(t *testing.T, s infra.EngineSpec) (infra.EngineStack, apitype.UntypedDeployment) {
	t.Helper()
	again := open(t, s)
	out, err := again.Outputs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want(t, "secret of the stack opened again", out["secret"], auto.OutputValue{Value: "hush", Secret: true})
	dep, err := again.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(dep.Deployment), "hush") {
		t.Error("the exported state holds a secret in the clear")
	}
	return again, dep
}

func TestLife(t *testing.T) {
	p := &testprovider.Provider{}
	s := spec(t, p, func(ctx *pulumi.Context) error {
		a, err := testprovider.NewThing(ctx, "a", testprovider.ThingArgs{Value: "one", Secret: pulumi.String("hush")})
		if err != nil {
			return err
		}
		ctx.Export("value", a.Value)
		ctx.Export("secret", a.Secret)
		ctx.Export("zone", pulumi.String(mustConfig(ctx, "zone")))
		return nil
	})
	s.Config = auto.ConfigMap{"zone": {Value: "north"}, "test:token": {Value: "t0ken", Secret: true}}
	stack := open(t, s)

	want(t, "preview creates", run(t, stack, infra.VerbPreview).Changes[apitype.OpCreate], 2)
	want(t, "creations after a preview", p.Creates.Load(), int64(0))

	res := run(t, stack, infra.VerbUp)
	want(t, "up creates", res.Changes[apitype.OpCreate], 2)
	want(t, "value", res.Outputs["value"], auto.OutputValue{Value: "one"})
	want(t, "secret", res.Outputs["secret"], auto.OutputValue{Value: "hush", Secret: true})
	want(t, "zone", res.Outputs["zone"], auto.OutputValue{Value: "north"})

	want(t, "second up sames", run(t, stack, infra.VerbUp).Changes[apitype.OpSame], 2)
	run(t, stack, infra.VerbRefresh)

	again, dep := keepsSecret(t, s)
	want(t, "destroy deletes", run(t, again, infra.VerbDestroy).Changes[apitype.OpDelete], 2)
	if err := again.Import(t.Context(), dep); err != nil {
		t.Fatal(err)
	}
	if err := again.Remove(t.Context()); err == nil {
		t.Error("removed a stack that has resources")
	}
	want(t, "up after import", run(t, again, infra.VerbUp).Changes[apitype.OpSame], 2)
	run(t, again, infra.VerbDestroy)

	hist, err := again.History(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	var verbs []string
	for _, h := range hist {
		verbs = append(verbs, h.Kind+":"+h.Result)
	}
	want(t, "history", strings.Join(verbs, " "),
		"destroy:succeeded update:succeeded destroy:succeeded refresh:succeeded update:succeeded update:succeeded")
	if err := again.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "servers to be closed", func() bool { return p.Open.Load() == 0 })
}

func mustConfig(ctx *pulumi.Context, key string) string {
	v, _ := ctx.GetConfig("proj:" + key)
	return v
}

func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("gave up waiting for %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestWrongPassphrase(t *testing.T) {
	wrong := func(s infra.EngineSpec) infra.EngineSpec {
		s.Secrets.Passphrase = func(context.Context) (string, error) { return "battery staple", nil }
		return s
	}
	for name, program := range map[string]pulumi.RunFunc{
		"no secret in the state": testprovider.Many(1, "x"),
		"a secret in the state": func(ctx *pulumi.Context) error {
			_, err := testprovider.NewThing(ctx, "a", testprovider.ThingArgs{Value: "v", Secret: pulumi.String("hush")})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := &testprovider.Provider{}
			s := spec(t, p, program)
			run(t, open(t, s), infra.VerbUp)
			s.Program = testprovider.Many(3, "y")
			before := p.Creates.Load()
			_, err := open(t, wrong(s)).Run(t.Context(), infra.Operation{Verb: infra.VerbUp})
			if !errors.Is(err, engine.ErrWrongPassphrase) && (err == nil || !strings.Contains(err.Error(), "wrong passphrase")) {
				t.Errorf("got %v, want a wrong passphrase", err)
			}
			want(t, "creations with a wrong passphrase", p.Creates.Load(), before)
			run(t, open(t, s), infra.VerbUp)
		})
	}
}

func TestPassphraseIsAskedForOnce(t *testing.T) {
	s := spec(t, &testprovider.Provider{}, testprovider.Many(1, "x"))
	asked := 0
	s.Secrets.Passphrase = func(context.Context) (string, error) { asked++; return "correct horse", nil }
	stack := open(t, s)
	run(t, stack, infra.VerbPreview)
	want(t, "times a preview without secrets asks", asked, 0)
	run(t, stack, infra.VerbUp)
	run(t, stack, infra.VerbDestroy)
	want(t, "times asked", asked, 1)
}
