package appconfig

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// blockSchema is what Waypoint v0.11.4 takes in a block (internal/config).
type blockSchema struct {
	attrs, blocks []string
	// required attributes must be there; one block of each type in one must.
	required, one []string
	// inner are the schemas of blocks that this package reads no further.
	inner map[string]*blockSchema
	// open blocks take anything: a plugin's own business.
	open bool
}

var (
	openSchema  = &blockSchema{open: true}
	hookSchema  = &blockSchema{attrs: []string{"when", "command", "on_failure"}, required: []string{"when", "command"}}
	scopeConfig = &blockSchema{attrs: []string{"env", "internal", "file"}}
	runner      = &blockSchema{
		attrs: []string{"profile", "enabled"}, blocks: []string{"data_source", "poll"},
		inner: map[string]*blockSchema{"data_source": openSchema, "poll": {attrs: []string{"enabled", "interval"}}},
	}

	rootSchema = blockSchema{
		attrs:  []string{"project", "labels"},
		blocks: []string{"app", "variable", "config", "runner", "plugin", "pipeline"},
		inner: map[string]*blockSchema{
			"runner": runner, "pipeline": pipelineSchema(),
			"plugin": {
				attrs: []string{"checksum"}, blocks: []string{"type"}, one: []string{"type"},
				inner: map[string]*blockSchema{"type": {attrs: []string{"mapper", "build", "registry", "deploy", "release"}}},
			},
		},
	}
	appSchema = blockSchema{
		attrs:  []string{"path", "labels"},
		blocks: []string{"build", "deploy", "release", "config", "url", "runner"},
		inner:  map[string]*blockSchema{"url": {attrs: []string{"auto_hostname"}}, "runner": runner},
	}
	stageSchema  = scopedSchema("use", "hook")
	buildSchema  = scopedSchema("use", "registry", "hook")
	configSchema = blockSchema{
		attrs:  []string{"env", "internal", "file", "file_change_signal"},
		blocks: []string{"workspace", "label", "runner"},
		inner: map[string]*blockSchema{
			"workspace": scopeConfig, "label": scopeConfig,
			"runner": {
				attrs: scopeConfig.attrs, blocks: []string{"workspace", "label"},
				inner: map[string]*blockSchema{"workspace": scopeConfig, "label": scopeConfig},
			},
		},
	}
	variableSchema = blockSchema{attrs: []string{"default", "type", "description", "env", "sensitive"}}
)

// scopedSchema is a stage's: it may say otherwise for a workspace or a label.
func scopedSchema(blocks ...string) blockSchema {
	scope := &blockSchema{
		attrs: []string{"labels"}, blocks: blocks, one: []string{"use"},
		inner: map[string]*blockSchema{"use": openSchema, "hook": hookSchema, "registry": openSchema},
	}
	return blockSchema{
		attrs: []string{"labels"}, blocks: append(slices.Clone(blocks), "workspace", "label"),
		inner: map[string]*blockSchema{"hook": hookSchema, "workspace": scope, "label": scope},
	}
}

func pipelineSchema() *blockSchema {
	pipeline := &blockSchema{attrs: []string{"labels"}, blocks: []string{"step"}}
	pipeline.inner = map[string]*blockSchema{"step": {
		attrs: []string{"labels", "depends_on", "image_url", "workspace"}, blocks: []string{"use", "pipeline"},
		inner: map[string]*blockSchema{"use": openSchema, "pipeline": pipeline},
	}}
	return pipeline
}

// labelled are the blocks that carry one label; the others carry none.
var labelled = []string{"app", "variable", "plugin", "pipeline", "step", "use", "workspace", "label", "data_source"}

// check refuses attributes and blocks that are not in the schema.
func (r *reader) check(app, field string, body *hclsyntax.Body, s blockSchema, free []string) {
	if s.open {
		return
	}
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
		r.checkBlock(app, field, b, s)
	}
	for _, name := range s.required {
		if _, ok := body.Attributes[name]; !ok {
			r.fail(app, dotted(field, name), "", "must be set", body.MissingItemRange())
		}
	}
	for _, kind := range s.one {
		if !slices.ContainsFunc(body.Blocks, func(b *hclsyntax.Block) bool { return b.Type == kind }) {
			r.fail(app, dotted(field, kind), "", "the block must be there", body.MissingItemRange())
		}
	}
}

// once are blocks of which only one may stand in another.
var once = []string{"runner", "url", "config", "poll", "data_source", "type", "use", "registry"}

func (r *reader) checkBlock(app, field string, b *hclsyntax.Block, s blockSchema) {
	path := dotted(field, b.Type)
	if !slices.Contains(s.blocks, b.Type) {
		r.fail(app, path, "", unknown(b.Type, s.blocks), b.TypeRange)
		return
	}
	if want := slices.Contains(labelled, b.Type); want && len(b.Labels) != 1 || !want && len(b.Labels) != 0 {
		problem := "takes no label"
		if want {
			problem = "takes one label: " + b.Type + ` "NAME" { ... }`
		}
		r.fail(app, path, "", problem, b.DefRange())
	}
	if inner := s.inner[b.Type]; inner != nil {
		r.check(app, path, b.Body, *inner, nil)
		if !inner.open {
			for _, kind := range once {
				r.only(app, kind, b.Body)
			}
			r.types(app, path, b.Body)
		}
	}
	if b.Type == "pipeline" && !slices.ContainsFunc(b.Body.Blocks, func(b *hclsyntax.Block) bool { return b.Type == "step" }) {
		r.fail(app, path, "", "needs a step block", b.DefRange())
	}
}

// kinds are the types of the attributes that this package reads no further.
var kinds = map[string]reflect.Type{
	"enabled": reflect.TypeFor[bool](), "profile": reflect.TypeFor[string](), "interval": reflect.TypeFor[string](),
	"auto_hostname": reflect.TypeFor[bool](), "checksum": reflect.TypeFor[string](), "mapper": reflect.TypeFor[bool](),
	"build": reflect.TypeFor[bool](), "registry": reflect.TypeFor[bool](), "deploy": reflect.TypeFor[bool](), "release": reflect.TypeFor[bool](),
	"when": reflect.TypeFor[string](), "command": reflect.TypeFor[[]string](), "on_failure": reflect.TypeFor[string](),
	"labels": reflect.TypeFor[map[string]string](), "depends_on": reflect.TypeFor[[]string](), "image_url": reflect.TypeFor[string](), "workspace": reflect.TypeFor[string](),
}

func (r *reader) types(app, field string, body *hclsyntax.Body) {
	for _, name := range sortedKeys(body.Attributes) {
		kind, ok := kinds[name]
		if !ok {
			continue
		}
		expr := body.Attributes[name].Expr
		if _, err := decodeExpr(expr, reflect.New(kind).Elem()); err != nil {
			r.fail(app, dotted(field, name), source(r.src, expr), err.Error(), expr.Range())
		}
	}
}

// early refuses what Waypoint can't compute when it loads the file: there are
// only path and workspace then, no var.
func (r *reader) early(app, field string, expr hclsyntax.Expression) {
	for _, t := range expr.Variables() {
		if root := t.RootName(); root != "path" && root != "workspace" {
			r.fail(app, field, source(r.src, expr), strconv.Quote(root)+" is not known here; only path and workspace are", t.SourceRange())
		}
	}
}

// roots are what an expression may start from when a stage runs
// (internal/config and internal/core of Waypoint v0.11.4).
var roots = []string{"var", "path", "workspace", "app", "labels", "artifact", "deploy", "entrypoint", "config"}

// references refuses names that mean nothing, and var.NAME of a variable that
// the file does not declare.
func (r *reader) references(body *hclsyntax.Body) {
	for _, name := range sortedKeys(body.Attributes) {
		for _, t := range body.Attributes[name].Expr.Variables() {
			r.reference(t)
		}
	}
	for _, b := range body.Blocks {
		if b.Type != "variable" { // its type is written with bare words
			r.references(b.Body)
		}
	}
}

func (r *reader) reference(t hcl.Traversal) {
	if root := t.RootName(); !slices.Contains(roots, root) {
		r.fail("", root, "", unknown(root, roots), t.SourceRange())
		return
	} else if root != "var" || len(t) < 2 {
		return
	}
	attr, ok := t[1].(hcl.TraverseAttr)
	if !ok || slices.ContainsFunc(r.variables, func(v Variable) bool { return v.Name == attr.Name }) {
		return
	}
	var names []string
	for _, v := range r.variables {
		names = append(names, v.Name)
	}
	problem := "is not declared: add variable " + strconv.Quote(attr.Name) + " { ... }"
	if n := nearest(attr.Name, names); n != "" {
		problem = "is not declared; did you mean var." + n + "?"
	}
	r.fail("", "var."+attr.Name, "", problem, t.SourceRange())
}
