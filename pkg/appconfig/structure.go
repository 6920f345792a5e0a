package appconfig

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// blockSchema is what Waypoint v0.11.4 takes in a block (internal/config).
type blockSchema struct {
	attrs, blocks []string
}

var (
	rootSchema = blockSchema{
		attrs:  []string{"project", "labels"},
		blocks: []string{"app", "variable", "config", "runner", "plugin", "pipeline"},
	}
	appSchema = blockSchema{
		attrs:  []string{"path", "labels"},
		blocks: []string{"build", "deploy", "release", "config", "url", "runner"},
	}
	stageSchema    = blockSchema{attrs: []string{"labels"}, blocks: []string{"use", "hook", "workspace", "label"}}
	buildSchema    = blockSchema{attrs: []string{"labels"}, blocks: []string{"use", "registry", "hook", "workspace", "label"}}
	configSchema   = blockSchema{attrs: []string{"env", "internal", "file", "file_change_signal"}, blocks: []string{"workspace", "label", "runner"}}
	variableSchema = blockSchema{attrs: []string{"default", "type", "description", "env", "sensitive"}}
)

// labelled are the blocks that carry one label; the others carry none.
var labelled = []string{"app", "variable", "plugin", "pipeline", "use", "workspace", "label", "data_source"}

// check refuses attributes and blocks that are not in the schema.
func (r *reader) check(app, field string, body *hclsyntax.Body, s blockSchema, free []string) {
	for _, name := range sortedKeys(body.Attributes) {
		if !slices.Contains(s.attrs, name) && !slices.Contains(free, name) {
			problem := unknown(name, append(slices.Clone(s.attrs), free...))
			if slices.Contains(s.blocks, name) {
				problem = "is a block: write " + name + " { ... }"
			}
			r.fail(app, dotted(field, name), "", problem, body.Attributes[name].NameRange)
		}
	}
	for _, b := range body.Blocks {
		if !slices.Contains(s.blocks, b.Type) {
			r.fail(app, dotted(field, b.Type), "", unknown(b.Type, s.blocks), b.TypeRange)
			continue
		}
		if want := slices.Contains(labelled, b.Type); want && len(b.Labels) != 1 || !want && len(b.Labels) != 0 {
			problem := "takes no label"
			if want {
				problem = "takes one label: " + b.Type + ` "NAME" { ... }`
			}
			r.fail(app, dotted(field, b.Type), "", problem, b.DefRange())
		}
	}
}
