package infra_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/engine/cli"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// TestStockCLI takes a stack through its life over the Automation API, with
// the provider behind gRPC, and expects the same diffs as from the engine in
// this process, on the same state.
func TestStockCLI(t *testing.T) {
	t.Run("served in process", func(t *testing.T) { stockLife(t, engine.Command()) })
	t.Run("child processes", func(t *testing.T) { stockChild(t, pulumiCommand(t)) })
}

func TestMain(m *testing.M) {
	if cli.Invoked(os.Args[0]) {
		os.Exit(cli.Main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// pulumiCommand is the ordinary pulumi command: this test binary under that name.
func pulumiCommand(t *testing.T) auto.PulumiCommand {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(root, "bin"), 0o755), os.Symlink(exe, filepath.Join(root, "bin", "pulumi"))); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PULUMI_SKIP_UPDATE_CHECK", "true")
	cmd, err := auto.NewPulumiCommand(&auto.PulumiCommandOptions{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	return cmd
}

// stockChild is short: each call starts processes.
func stockChild(t *testing.T, cmd auto.PulumiCommand) {
	c, want := newCloud(), &spec{size: 1, zone: "a", secret: "s3cret"}
	s := open(t, c, t.TempDir(), want.program, infra.WithEngine(infra.StockCLI(cmd)))
	if r := mustUp(t, s, infra.Message("by the command")); r.Summary.Create != 2 || r.Outputs["password"].Value != "s3cret" {
		t.Errorf("up: %+v", r)
	}
	if h, err := s.History(t.Context(), 1); err != nil || len(h) != 1 || h[0].Message != "by the command" {
		t.Errorf("history: %v %+v", err, h)
	}
	want.size, want.drop = -1, true
	var re *infra.ResourceError
	if _, err := s.Preview(t.Context()); !errors.As(err, &re) || !strings.Contains(err.Error(), "size must not be negative") || strings.Contains(err.Error(), "stdout") {
		t.Errorf("got %v", err)
	}
}

func stockLife(t *testing.T, cmd auto.PulumiCommand) {
	c, want, state := newCloud(), &spec{size: 1, zone: "a", secret: "s3cret"}, t.TempDir()
	stock := open(t, c, state, want.program, infra.WithEngine(infra.StockCLI(cmd)))
	direct := open(t, c, state, want.program)

	both := func() *infra.Diff {
		t.Helper()
		a, b := mustPreview(t, stock), mustPreview(t, direct)
		if text(t, a) != text(t, b) {
			t.Errorf("over the Automation API:\n%s\nin process:\n%s", text(t, a), text(t, b))
		}
		return a
	}
	d := both()
	if (d.Summary != infra.Summary{Create: 2}) {
		t.Fatalf("got\n%s", text(t, d))
	}
	r := mustUp(t, stock, infra.HeldTo(d), infra.Message("over the Automation API"))
	if r.Summary.Create != 2 || r.Outputs["address"].Value == "" || !r.Outputs["password"].Secret || r.Outputs["password"].Value != "s3cret" {
		t.Fatalf("up: %+v %v", r.Summary, r.Outputs)
	}
	if d := both(); !d.Empty() {
		t.Errorf("after up:\n%s", text(t, d))
	}
	want.zone, want.drop = "b", true
	if d := both(); (d.Summary != infra.Summary{Replace: 1, Delete: 1}) {
		t.Errorf("changed:\n%s", text(t, d))
	}
	c.set(t, "web", "size", 5.0)
	if d, err := stock.Drift(t.Context()); err != nil || property(t, step(t, d, "web"), "size").New != 5.0 {
		t.Errorf("drift: %v", err)
	}
	if h, err := stock.History(t.Context(), 1); err != nil || len(h) != 1 || h[0].Message != "over the Automation API" {
		t.Errorf("history: %v %+v", err, h)
	}

	c.refuse["delete extra"] = "extra is in use"
	_, err := stock.Up(t.Context())
	var re *infra.ResourceError
	if !errors.As(err, &re) || re.Op != "delete" || !strings.Contains(err.Error(), "extra is in use") || strings.Contains(err.Error(), "stdout") {
		t.Errorf("got %v", err)
	}
	delete(c.refuse, "delete extra")

	there := c.count()
	if r, err := stock.Destroy(t.Context()); err != nil || c.count() != 0 || r.Summary.Delete != there {
		t.Fatalf("destroy: %v %+v, %d things left", err, r, c.count())
	}
	if err := stock.Remove(t.Context()); err != nil {
		t.Error(err)
	}
}
