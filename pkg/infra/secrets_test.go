package infra_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// TestSecrets plants secrets wherever one can enter and searches everything
// that a stack leaves behind or tells.
func TestSecrets(t *testing.T) {
	const input, setting, output = "hush-input-71", "hush-config-72", "hush-output-73"
	c, state, plans := newCloud(), t.TempDir(), t.TempDir()
	var told bytes.Buffer
	program := func(size *float64) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			token, ok := ctx.GetConfig("acme:token")
			if !ok || !ctx.IsConfigSecret("acme:token") {
				return fmt.Errorf("the configuration has no secret token")
			}
			_, err := newThing(ctx, "web", pulumi.Map{
				"size":     pulumi.Float64(*size),
				"password": pulumi.ToSecret(pulumi.String(input)),
				"token":    pulumi.ToSecret(pulumi.String(token)),
				"nested":   pulumi.Map{"list": pulumi.Array{pulumi.ToSecret(pulumi.String(input))}},
			})
			ctx.Export("key", pulumi.ToSecret(pulumi.String(output)))
			return err
		}
	}
	size := 1.0
	s := open(t, c, state, program(&size),
		infra.WithConfig(auto.ConfigMap{"acme:token": {Value: setting, Secret: true}}),
		infra.WithProgress(func(e infra.Event) {
			raw, err := json.Marshal(e)
			if err != nil {
				t.Error(err)
			}
			fmt.Fprintf(&told, "%s %+v\n", raw, e)
		}))
	var written bytes.Buffer
	keep := func(d *infra.Diff) {
		t.Helper()
		plan, err := infra.NewPlan(d)
		if err != nil {
			t.Fatal(err)
		}
		if err := plan.Save(filepath.Join(plans, fmt.Sprint(written.Len())+".json")); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{d.WriteText(&written), d.WriteJSON(&written, infra.Header{}), d.WriteMarkdown(&written, infra.Header{})} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	keep(mustPreview(t, s))
	r := mustUp(t, s)
	if r.Outputs["key"].Value != output {
		t.Fatalf("outputs: %v", r.Outputs)
	}
	size = 2
	keep(mustPreview(t, s))
	mustUp(t, s)
	c.refuse["update web"] = "refused"
	size = 3
	_, err := s.Up(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	fmt.Fprintln(&written, err)
	if exported, err := s.Export(t.Context()); err != nil {
		t.Fatal(err)
	} else {
		written.Write(exported.Deployment)
	}
	history, err := s.History(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range history {
		history[i].Config = nil // the caller's own values, in the clear as in outputs
	}
	raw, err := json.Marshal(history)
	if err != nil {
		t.Fatal(err)
	}
	written.Write(raw)

	search := func(where string, content []byte) {
		for _, secret := range []string{input, setting, output, phrase} {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s holds %q", where, secret)
			}
		}
	}
	search("an event", told.Bytes())
	search("what is written", written.Bytes())
	files := 0
	for _, dir := range []string{state, plans} {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			files++
			search(path, content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 4 || !strings.Contains(written.String(), "[secret]") {
		t.Errorf("the search missed its places: %d files", files)
	}
}
