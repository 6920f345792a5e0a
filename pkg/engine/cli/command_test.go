package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
)

func program(ctx *pulumi.Context) error {
	a, err := testprovider.NewThing(ctx, "a", testprovider.ThingArgs{Value: "one", Secret: pulumi.String("hush")})
	if err != nil {
		return err
	}
	zone, _ := ctx.GetConfig("proj:zone")
	ctx.Export("value", a.Value)
	ctx.Export("secret", a.Secret)
	ctx.Export("zone", pulumi.String(zone))
	ctx.Export("nested", pulumi.Map{"list": pulumi.ToStringArray([]string{"x", "y"}), "n": pulumi.Int(3)})
	return nil
}

// open selects the stack in dir through cmd, or makes it.
func open(t *testing.T, cmd auto.PulumiCommand, dir, state string, env map[string]string) auto.Stack {
	t.Helper()
	vars := map[string]string{"PULUMI_CONFIG_PASSPHRASE": "correct horse", "PULUMI_HOME": filepath.Join(dir, "home")}
	for k, v := range env {
		vars[k] = v
	}
	s, err := auto.UpsertStackInlineSource(t.Context(), "dev", "proj", program,
		auto.Pulumi(cmd), auto.WorkDir(dir), auto.EnvVars(vars),
		auto.Project(workspace.Project{
			Name:    tokens.PackageName("proj"),
			Runtime: workspace.NewProjectRuntimeInfo("go", nil),
			Backend: &workspace.ProjectBackend{URL: state},
		}))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

// TestBothWays writes with one of the two and reads, previews and goes on
// with the other, on the same state and settings.
func TestBothWays(t *testing.T) {
	for name, ours := range map[string]bool{"ours first": true, "theirs first": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &testprovider.Provider{}
			env := map[string]string{"PULUMI_DEBUG_PROVIDERS": served(t, p)}
			dir := t.TempDir()
			state := "file://" + filepath.ToSlash(filepath.Join(dir, "state"))
			if err := os.MkdirAll(filepath.Join(dir, "state"), 0o700); err != nil {
				t.Fatal(err)
			}
			var writer, reader auto.PulumiCommand = engine.Command(), restarted{t}
			if !ours {
				writer, reader = reader, writer
			}
			w := open(t, writer, dir, state, env)
			ctx := t.Context()
			must(t, w.SetAllConfig(ctx, auto.ConfigMap{
				"zone": {Value: "north"}, "test:token": {Value: "t0ken", Secret: true},
			}))
			must(t, w.SetConfigWithOptions(ctx, "deep.er[0]", auto.ConfigValue{Value: "v"}, &auto.ConfigOptions{Path: true}))
			up, err := w.Up(ctx, optup.Message("first"))
			must(t, err)
			check(t, "changes", *up.Summary.ResourceChanges, map[string]int{"create": 2})
			check(t, "message", strings.Trim(up.Summary.Message, `"`), "first")

			r := open(t, reader, dir, state, env)
			compare(t, w, r)
			pre, err := r.Preview(ctx, optpreview.Refresh())
			must(t, err)
			check(t, "preview by the other", pre.ChangeSummary, map[apitype.OpType]int{apitype.OpSame: 2})
			up, err = r.Up(ctx)
			must(t, err)
			check(t, "up by the other", *up.Summary.ResourceChanges, map[string]int{"same": 2})
			_, err = w.Refresh(ctx, optrefresh.Message("look"))
			must(t, err)
			d, err := r.Export(ctx)
			must(t, err)
			must(t, w.Import(ctx, d))
			compare(t, w, r, "outputs", "export", "history")
			_, err = r.Destroy(ctx)
			must(t, err)
			must(t, w.Workspace().RemoveStack(ctx, "dev"))
			list, err := r.Workspace().ListStacks(ctx)
			must(t, err)
			check(t, "stacks after the removal", len(list), 0)
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// compare asks both for all that they can tell of the stack, or for some of it.
func compare(t *testing.T, a, b auto.Stack, only ...string) {
	t.Helper()
	ctx := t.Context()
	for what, ask := range map[string]func(auto.Stack) (any, error){
		"outputs":    func(s auto.Stack) (any, error) { return s.Outputs(ctx) },
		"config":     func(s auto.Stack) (any, error) { return s.GetAllConfig(ctx) },
		"secret key": func(s auto.Stack) (any, error) { return s.GetConfig(ctx, "test:token") },
		"path": func(s auto.Stack) (any, error) {
			return s.GetConfigWithOptions(ctx, "deep.er[0]", &auto.ConfigOptions{Path: true})
		},
		"history": func(s auto.Stack) (any, error) { return s.History(ctx, 0, 0) },
		"stacks": func(s auto.Stack) (any, error) {
			list, err := s.Workspace().ListStacks(ctx)
			for i := range list {
				list[i].Current = false
			}
			return list, err
		},
		"tags":   func(s auto.Stack) (any, error) { return s.Workspace().ListTags(ctx, s.Name()) },
		"whoami": func(s auto.Stack) (any, error) { return s.Workspace().WhoAmIDetails(ctx) },
		"export": func(s auto.Stack) (any, error) {
			d, err := s.Export(ctx)
			return string(d.Deployment), err
		},
	} {
		if len(only) > 0 && !slices.Contains(only, what) {
			continue
		}
		x, err := ask(a)
		must(t, err)
		y, err := ask(b)
		must(t, err)
		check(t, what, x, y)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	state := "file://" + filepath.ToSlash(filepath.Join(dir, "state"))
	s := open(t, engine.Command(), dir, state, nil)
	ctx := t.Context()
	err := s.Workspace().SelectStack(ctx, "nowhere")
	if !auto.IsSelectStack404Error(err) {
		t.Errorf("select: got %v", err)
	}
	err = s.Workspace().CreateStack(ctx, "dev")
	if !auto.IsCreateStack409Error(err) {
		t.Errorf("create: got %v", err)
	}
	s.Workspace().SetProgram(func(*pulumi.Context) error { return fmt.Errorf("out of cheese") })
	_, err = s.Up(ctx)
	if err == nil || !auto.IsRuntimeError(err) || !strings.Contains(err.Error(), "out of cheese") {
		t.Errorf("up: got %v", err)
	}
	s.Workspace().SetProgram(func(*pulumi.Context) error { panic("no cheese at all") })
	_, err = s.Up(ctx)
	if err == nil || !strings.Contains(err.Error(), "no cheese at all") {
		t.Errorf("up with a panic: got %v", err)
	}
}

// TestHandOff runs what is not served in process: this binary is started again.
func TestHandOff(t *testing.T) {
	dir := t.TempDir()
	state := "file://" + filepath.ToSlash(filepath.Join(dir, "state"))
	cmd := engine.Command()
	open(t, cmd, dir, state, nil)
	out, errOut, code, err := cmd.Run(t.Context(), dir, nil, nil, nil,
		[]string{"PULUMI_CONFIG_PASSPHRASE=correct horse"}, "stack", "ls")
	if err != nil || code != 0 || !strings.Contains(out, "dev") {
		t.Errorf("stack ls: %q %q %d %v", out, errOut, code, err)
	}
	_, errOut, code, err = cmd.Run(t.Context(), dir, nil, nil, nil, nil, "no-such-command")
	if err == nil || code == 0 || !strings.Contains(errOut, "no-such-command") {
		t.Errorf("no-such-command: %q %d %v", errOut, code, err)
	}
	if v := cmd.Version(); !v.EQ(sdk.Version) {
		t.Errorf("version %v", v)
	}
}

func provider(p *testprovider.Provider) infra.Provider {
	return infra.Provider{Name: testprovider.Name, Version: testprovider.Version, New: p.New}
}
