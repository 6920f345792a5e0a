package appconfig

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// reader reads a whole file, and collects what can't be read.
type reader struct {
	src       []byte
	file      string
	project   string
	body      *hclsyntax.Body
	apps      []App
	config    Config
	where     positions // of the project's own config
	variables []Variable
	plugins   []string
	errs      []error
}

func (f *File) read() *reader {
	r := &reader{src: f.src, file: f.name, body: f.body, project: f.Project(), where: positions{}}
	r.check("", "", f.body, rootSchema, nil)
	for _, b := range f.body.Blocks {
		if b.Type == "config" {
			r.config = r.readConfig("", b.Body, r.where)
		}
		if len(b.Labels) != 1 {
			continue // none of the rest, or said already
		}
		switch b.Type {
		case "app":
			r.apps = append(r.apps, r.app(b))
		case "variable":
			r.variables = append(r.variables, r.variable(b))
		case "plugin":
			r.plugins = append(r.plugins, b.Labels[0])
		}
	}
	for _, kind := range []string{"config", "runner"} {
		r.only("", kind, f.body)
	}
	for _, name := range []string{"project", "labels"} {
		if attr, ok := f.body.Attributes[name]; ok {
			r.early("", name, attr.Expr)
		}
	}
	r.types("", "", f.body)
	r.references(f.body)
	return r
}

// fail records a problem at a place.
func (r *reader) fail(app, field, value, problem string, at hcl.Range) {
	e := &Error{App: app, Field: field, Value: value, Problem: problem}
	r.errs = append(r.errs, e.place(at))
}

func dotted(field, name string) string { return strings.TrimPrefix(field+"."+name, ".") }

func (r *reader) app(b *hclsyntax.Block) App {
	a := App{Name: b.Labels[0], where: positions{"": b.DefRange(), "name": b.LabelRanges[0]}}
	r.check(a.Name, "", b.Body, appSchema, nil)
	r.attr(a.Name, "path", b.Body, &a.Path, a.where)
	r.attr(a.Name, "labels", b.Body, &a.Labels, a.where)
	for _, kind := range []string{"url", "runner"} {
		r.only(a.Name, kind, b.Body)
	}
	if attr, ok := b.Body.Attributes["path"]; ok {
		r.early(a.Name, "path", attr.Expr)
	}
	a.Path = cleanPath(a.Path)
	if cfg := r.only(a.Name, "config", b.Body); cfg != nil {
		a.Config = r.readConfig(a.Name, cfg, a.where)
	}
	if build := r.stage(a, stageBuild, b.Body); build != nil {
		a.Build = *build
		if body := r.only(a.Name, "build", b.Body); body != nil {
			a.Registry = r.stage(a, stageRegistry, body)
		}
	} else if _, attr := b.Body.Attributes["build"]; !attr {
		r.fail(a.Name, "build", "", "the app needs a build block", b.DefRange())
	}
	if deploy := r.stage(a, stageDeploy, b.Body); deploy != nil {
		a.Deploy = *deploy
	} else if _, attr := b.Body.Attributes["deploy"]; !attr {
		r.fail(a.Name, "deploy", "", "the app needs a deploy block", b.DefRange())
	}
	a.Release = r.stage(a, stageRelease, b.Body)
	return a
}

// only returns the body of the one block of that type, or nil. A second one is
// refused.
func (r *reader) only(app, kind string, body *hclsyntax.Body) *hclsyntax.Body {
	var found *hclsyntax.Body
	for _, b := range body.Blocks {
		if b.Type != kind {
			continue
		}
		if found != nil {
			r.fail(app, kind, "", "must stand once only", b.DefRange())
			break
		}
		found = b.Body
	}
	return found
}

// attr reads an attribute that need not be there.
func (r *reader) attr(app, name string, body *hclsyntax.Body, v any, where positions) {
	attr, ok := body.Attributes[name]
	if !ok {
		return
	}
	where[name] = attr.Expr.Range()
	if _, err := decodeExpr(attr.Expr, reflect.ValueOf(v).Elem()); err != nil {
		r.fail(app, name, source(r.src, attr.Expr), err.Error(), attr.Expr.Range())
	}
}

// stage reads a stage's block, or returns nil when there is none.
func (r *reader) stage(a App, kind stageKind, parent *hclsyntax.Body) *Stage {
	name := string(kind)
	body := r.only(a.Name, name, parent)
	if body == nil {
		return nil
	}
	schema := stageSchema
	if kind == stageBuild {
		schema = buildSchema
	}
	r.check(a.Name, name, body, schema, nil)
	for _, b := range parent.Blocks {
		if b.Type == name {
			a.where[name] = b.DefRange()
			break
		}
	}
	s := &Stage{}
	for _, b := range body.Blocks {
		if b.Type != "use" || len(b.Labels) != 1 {
			continue
		}
		if s.Use != "" {
			r.fail(a.Name, name+".use", "", "must stand once only", b.DefRange())
			break
		}
		s.Use = b.Labels[0]
		a.where[name+".use"] = b.LabelRanges[0]
		p, typed := plugins[kind][s.Use]
		if !typed {
			for _, attr := range sortedKeys(b.Body.Attributes) {
				s.setExpression(attr, source(r.src, b.Body.Attributes[attr].Expr))
			}
			continue
		}
		s.Options = p.make()
		r.options(a, s, reflect.ValueOf(s.Options).Elem(), b.Body, p, name, "")
	}
	return s
}

func (s *Stage) setExpression(name, src string) {
	if s.Expressions == nil {
		s.Expressions = map[string]string{}
	}
	s.Expressions[name] = src
}

// options reads the attributes and blocks of a plugin, at one level.
func (r *reader) options(a App, s *Stage, v reflect.Value, body *hclsyntax.Body, p plugin, stage, prefix string) {
	schema := blockSchema{blocks: p.blocks}
	for _, o := range schemaOf(v.Type()) {
		field := stage + "." + prefix + o.name
		if o.block {
			schema.blocks = append(schema.blocks, o.name)
			r.optionBlock(a, s, v.Field(o.index), body, o, stage, prefix)
			continue
		}
		schema.attrs = append(schema.attrs, o.name)
		attr, ok := body.Attributes[o.name]
		if !ok {
			if o.required {
				r.fail(a.Name, field, "", "must be set", a.where.at(field))
			}
			continue
		}
		a.where[field] = attr.Expr.Range()
		known, err := decodeExpr(attr.Expr, v.Field(o.index))
		if err != nil {
			r.fail(a.Name, field, source(r.src, attr.Expr), err.Error(), attr.Expr.Range())
		}
		if !known {
			s.setExpression(prefix+o.name, source(r.src, attr.Expr))
		}
	}
	r.check(a.Name, strings.TrimSuffix(stage+"."+prefix, "."), body, schema, p.attrs)
	for _, name := range p.attrs {
		if attr, ok := body.Attributes[name]; ok {
			s.setExpression(prefix+name, source(r.src, attr.Expr))
		}
	}
}

func (r *reader) optionBlock(a App, s *Stage, v reflect.Value, body *hclsyntax.Body, o option, stage, prefix string) {
	inner := r.only(a.Name, o.name, body)
	if inner == nil {
		return
	}
	for _, b := range body.Blocks {
		if b.Type == o.name {
			a.where[stage+"."+prefix+o.name] = b.DefRange()
			break
		}
	}
	v.Set(reflect.New(v.Type().Elem()))
	r.options(a, s, v.Elem(), inner, plugin{}, stage, prefix+o.name+".")
}

func (r *reader) readConfig(app string, body *hclsyntax.Body, where positions) Config {
	r.check(app, "config", body, configSchema, nil)
	var c Config
	for name, m := range map[string]*map[string]string{"env": &c.Env, "internal": &c.Internal, "file": &c.Files} {
		attr, ok := body.Attributes[name]
		if !ok {
			continue
		}
		where["config."+name] = attr.Expr.Range()
		r.group(app, name, attr, m, &c, where)
	}
	return c
}

// group reads a map whose values may be expressions.
func (r *reader) group(app, name string, attr *hclsyntax.Attribute, m *map[string]string, c *Config, where positions) {
	object, ok := attr.Expr.(*hclsyntax.ObjectConsExpr)
	if !ok {
		// A computed map says nothing before the file runs.
		return
	}
	for _, item := range object.Items {
		key, ok := literal[string](item.KeyExpr)
		if !ok || key == "" {
			r.fail(app, "config."+name, source(r.src, item.KeyExpr), "must be a name written out in the file", item.KeyExpr.Range())
			continue
		}
		where["config."+name+"."+key] = item.ValueExpr.Range()
		v, ok := literal[string](item.ValueExpr)
		if !ok {
			if c.Expressions == nil {
				c.Expressions = map[string]string{}
			}
			c.Expressions[name+"."+key] = source(r.src, item.ValueExpr)
			continue
		}
		if *m == nil {
			*m = map[string]string{}
		}
		(*m)[key] = v
	}
}

func (r *reader) variable(b *hclsyntax.Block) Variable {
	v := Variable{Name: b.Labels[0]}
	field := "variable." + v.Name
	r.check("", field, b.Body, variableSchema, nil)
	if !hclsyntax.ValidIdentifier(v.Name) {
		r.fail("", "variable", strconv.Quote(v.Name), "must be a letter or _, then letters, digits, _ and -", b.LabelRanges[0])
	}
	for name, to := range map[string]any{"description": &v.Description, "env": &v.Env, "sensitive": &v.Sensitive} {
		if attr, ok := b.Body.Attributes[name]; ok {
			known, err := decodeExpr(attr.Expr, reflect.ValueOf(to).Elem())
			if !known || err != nil {
				r.fail("", dotted(field, name), source(r.src, attr.Expr), "must be written out in the file, and of the right type", attr.Expr.Range())
			}
		}
	}
	if attr, ok := b.Body.Attributes["type"]; ok {
		v.Type = source(r.src, attr.Expr)
		if _, diags := typeexpr.TypeConstraint(attr.Expr); diags.HasErrors() {
			r.fail("", field+".type", v.Type, "must be a type: string, number, bool, any, or list(...), map(...) and the like", attr.Expr.Range())
		}
	}
	if attr, ok := b.Body.Attributes["default"]; ok {
		v.Default = source(r.src, attr.Expr)
		r.defaultFits(b, field, attr)
	}
	return v
}
