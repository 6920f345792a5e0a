package appconfig

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/waypoint-plugin-sdk/component"
)

// TestOptionsAreThoseOfThePlugins holds every options type against the options
// that the real plugin of that name says it has.
func TestOptionsAreThoseOfThePlugins(t *testing.T) {
	for _, kind := range slices.Sorted(maps.Keys(plugins)) {
		for _, use := range sortedKeys(plugins[kind]) {
			if strings.HasPrefix(use, "pilot-") {
				continue
			}
			t.Run(string(kind)+"/"+use, func(t *testing.T) {
				compareOptions(t, plugins[kind][use], configOf(t, kind, use))
			})
		}
	}
}

// configOf returns the plugin's own options struct.
func configOf(t *testing.T, kind stageKind, use string) any {
	raw, ok := startPlugin(t, kind, use).(component.Configurable)
	if !ok {
		return &struct{}{}
	}
	cfg, err := raw.Config()
	if err != nil {
		t.Fatal(err)
	}
	if cfg == nil {
		return &struct{}{}
	}
	return cfg
}

func compareOptions(t *testing.T, p plugin, real any) {
	t.Helper()
	schema, _ := gohcl.ImpliedBodySchema(real)
	var want []string
	for _, a := range schema.Attributes {
		if _, ours := p.make().(*KubernetesDeploy); ours && a.Name == "ports" {
			continue // declared there to say that it is gone
		}
		if a.Required {
			a.Name += " required"
		}
		want = append(want, a.Name)
	}
	for _, b := range schema.Blocks {
		want = append(want, b.Type+" block")
	}
	var got []string
	for _, o := range schemaOf(reflect.TypeOf(p.make()).Elem()) {
		switch {
		case o.block:
			o.name += " block"
		case o.required:
			o.name += " required"
		}
		got = append(got, o.name)
	}
	got = append(got, p.attrs...)
	for _, b := range p.blocks {
		got = append(got, b+" block")
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("options here:\n%s\nof the plugin:\n%s", strings.Join(got, ", "), strings.Join(want, ", "))
	}
}
