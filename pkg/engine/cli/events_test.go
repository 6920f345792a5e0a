package cli_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/engine"
)

func TestVerbsAndEvents(t *testing.T) {
	dir := t.TempDir()
	state := "file://" + filepath.ToSlash(filepath.Join(dir, "state"))
	p := &testprovider.Provider{}
	s := open(t, engine.Command(provider(p)), dir, state, nil)
	ctx := t.Context()
	must(t, s.SetAllConfig(ctx, auto.ConfigMap{"test:token": {Value: "t0ken", Secret: true}}))

	var progress bytes.Buffer
	seen := make(chan events.EngineEvent)
	kinds := make(chan []string, 1)
	go func() {
		var list []string
		for e := range seen {
			switch {
			case e.ResourcePreEvent != nil:
				list = append(list, "pre")
			case e.SummaryEvent != nil:
				list = append(list, "summary")
			case e.CancelEvent != nil:
				list = append(list, "cancel")
			}
		}
		kinds <- list
	}()
	up, err := s.Up(ctx, optup.ProgressStreams(&progress), optup.EventStreams(seen), optup.Parallel(1))
	must(t, err)
	got := <-kinds
	if !slices.Contains(got, "pre") || got[len(got)-1] == "pre" {
		t.Errorf("events: %v", got)
	}
	for _, word := range []string{"test:index:Thing", "Outputs:", "2 created"} {
		if !strings.Contains(up.StdOut, word) || !strings.Contains(progress.String(), word) {
			t.Errorf("%q is neither in the output nor in the progress:\n%s", word, up.StdOut)
		}
	}
	if strings.Contains(up.StdOut, "hush") {
		t.Error("the output tells a secret")
	}
	check(t, "outputs", up.Outputs["secret"], auto.OutputValue{Value: "hush", Secret: true})

	must(t, s.Workspace().SetTag(ctx, "dev", "team", "blue"))
	tag, err := s.Workspace().GetTag(ctx, "dev", "team")
	must(t, err)
	check(t, "tag", tag, "blue")
	must(t, s.Workspace().RemoveTag(ctx, "dev", "team"))
	must(t, s.RemoveConfig(ctx, "test:token"))
	cfg, err := s.RefreshConfig(ctx)
	must(t, err)
	check(t, "refreshed", cfg["test:token"], auto.ConfigValue{Value: "t0ken", Secret: true})
	pre, err := s.PreviewRefresh(ctx)
	must(t, err)
	check(t, "preview of a refresh", pre.ChangeSummary[apitype.OpSame], 2)
	if _, err := s.Up(ctx, optup.ExpectNoChanges()); err != nil {
		t.Error(err)
	}
	must(t, s.Cancel(ctx))
	_, err = s.Destroy(ctx, optdestroy.Remove())
	must(t, err)
}
