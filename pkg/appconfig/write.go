package appconfig

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// writer changes an hclwrite body so that it says what a model says, touching
// nothing else.
type writer struct{ err error }

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *writer) raw(body *hclwrite.Body, name, src string) {
	tokens, err := expressionTokens(src)
	if err != nil {
		w.fail(&Error{Field: name, Value: src, Problem: err.Error()})
		return
	}
	body.SetAttributeRaw(name, tokens)
}

func (w *writer) value(body *hclwrite.Body, name string, v reflect.Value) {
	val, err := toValue(v)
	if err != nil {
		w.fail(&Error{Field: name, Problem: err.Error()})
		return
	}
	body.SetAttributeValue(name, val)
}

// options makes body say what next says, given that it says what prev says now.
func (w *writer) options(body *hclwrite.Body, next, prev reflect.Value, nextExpr, prevExpr map[string]string, prefix string) {
	typed := map[string]bool{}
	for _, o := range schemaOf(next.Type()) {
		full := prefix + o.name
		typed[full] = true
		if o.block {
			w.block(body, o.name, next.Field(o.index), prev.Field(o.index), nextExpr, prevExpr, full+".")
			continue
		}
		w.attribute(body, o, next.Field(o.index), prev.Field(o.index), nextExpr, prevExpr, full)
	}
	for _, full := range sortedKeys(nextExpr) {
		name, ok := strings.CutPrefix(full, prefix)
		if ok && !typed[full] && !strings.Contains(name, ".") && nextExpr[full] != prevExpr[full] {
			w.raw(body, name, nextExpr[full])
		}
	}
	for full := range prevExpr {
		name, ok := strings.CutPrefix(full, prefix)
		if _, kept := nextExpr[full]; ok && !kept && !typed[full] && !strings.Contains(name, ".") {
			body.RemoveAttribute(name)
		}
	}
}

func (w *writer) attribute(body *hclwrite.Body, o option, next, prev reflect.Value, nextExpr, prevExpr map[string]string, full string) {
	there := body.GetAttribute(o.name) != nil
	was, wasExpr := prevExpr[full]
	if src, ok := nextExpr[full]; ok {
		if !there || !wasExpr || src != was {
			w.raw(body, o.name, src)
		}
		return
	}
	same := !wasExpr && reflect.DeepEqual(next.Interface(), prev.Interface())
	switch {
	case there && same:
	case next.IsZero() && !o.required:
		body.RemoveAttribute(o.name)
	default:
		w.value(body, o.name, next)
	}
}

func (w *writer) block(body *hclwrite.Body, name string, next, prev reflect.Value, nextExpr, prevExpr map[string]string, prefix string) {
	there := body.FirstMatchingBlock(name, nil)
	wanted := !next.IsNil() || hasPrefix(nextExpr, prefix)
	switch {
	case !wanted && there != nil && !prev.IsNil():
		body.RemoveBlock(there)
		return
	case !wanted:
		return
	case there == nil:
		there = body.AppendNewBlock(name, nil)
	}
	w.options(there.Body(), elemOrZero(next), elemOrZero(prev), nextExpr, prevExpr, prefix)
}

func hasPrefix(m map[string]string, prefix string) bool {
	for k := range m {
		if strings.HasPrefix(k, prefix) {
			return true
		}
	}
	return false
}

// elemOrZero returns what a pointer points to, or the zero value of that.
func elemOrZero(p reflect.Value) reflect.Value {
	if p.IsNil() {
		return reflect.New(p.Type().Elem()).Elem()
	}
	return p.Elem()
}

// use makes the stage's block say what next says.
func (w *writer) use(stage *hclwrite.Body, next, prev Stage) {
	there := stage.FirstMatchingBlock("use", []string{prev.Use})
	differs := next.Use != prev.Use || !reflect.DeepEqual(next.Options, prev.Options) || !maps.Equal(next.Expressions, prev.Expressions)
	if !differs {
		return
	}
	// A block on one line holds one attribute, and hclwrite can't add to it.
	if there == nil || next.Use != prev.Use || oneLine(there) {
		if there != nil {
			stage.RemoveBlock(there)
		}
		there = stage.AppendNewBlock("use", []string{next.Use})
		prev = Stage{}
	}
	none := struct{}{}
	a, b := reflect.ValueOf(none), reflect.ValueOf(none)
	if next.Options != nil {
		a = reflect.ValueOf(next.Options).Elem()
		b = reflect.New(a.Type()).Elem()
		if prev.Options != nil {
			b = reflect.ValueOf(prev.Options).Elem()
		}
	}
	w.options(there.Body(), a, b, next.Expressions, prev.Expressions, "")
}

// oneLine reports whether a block begins and ends on the same line; the comment
// before it is not of it.
func oneLine(b *hclwrite.Block) bool {
	tokens := b.BuildTokens(nil)
	open := slices.IndexFunc(tokens, func(t *hclwrite.Token) bool { return t.Type == hclsyntax.TokenOBrace })
	return !bytes.Contains(bytes.TrimRight(tokens[open+1:].Bytes(), "\r\n"), []byte("\n"))
}

// app makes the app's block say what next says.
func (w *writer) app(body *hclwrite.Body, next, prev App) {
	fresh := prev.Name == ""
	if next.Path != prev.Path {
		w.optional(body, "path", "./"+next.Path, next.Path == "")
	}
	if !reflect.DeepEqual(next.Labels, prev.Labels) {
		w.optional(body, "labels", next.Labels, len(next.Labels) == 0)
	}
	w.config(body, next.Config, prev.Config)
	build := w.child(body, "build", fresh)
	w.use(build, next.Build, prev.Build)
	w.stage(build, "registry", next.Registry, prev.Registry, fresh)
	w.stage(body, "deploy", &next.Deploy, &prev.Deploy, fresh)
	w.stage(body, "release", next.Release, prev.Release, fresh)
}

// optional sets an attribute, or removes it when empty.
func (w *writer) optional(body *hclwrite.Body, name string, v any, empty bool) {
	if empty {
		body.RemoveAttribute(name)
		return
	}
	w.value(body, name, reflect.ValueOf(v))
}

func (w *writer) stage(body *hclwrite.Body, name string, next, prev *Stage, fresh bool) {
	if next == nil {
		if b := body.FirstMatchingBlock(name, nil); b != nil && prev != nil {
			body.RemoveBlock(b)
		}
		return
	}
	if prev == nil {
		prev = &Stage{}
	}
	w.use(w.child(body, name, fresh), *next, *prev)
}

// child returns the body of the only block of that name, made when missing. In
// a fresh app an empty line goes before it.
func (w *writer) child(body *hclwrite.Body, name string, fresh bool) *hclwrite.Body {
	b := body.FirstMatchingBlock(name, nil)
	if b == nil {
		if fresh && (len(body.Attributes()) > 0 || len(body.Blocks()) > 0) {
			body.AppendNewline()
		}
		b = body.AppendNewBlock(name, nil)
	}
	return b.Body()
}

func (w *writer) config(body *hclwrite.Body, next, prev Config) {
	if reflect.DeepEqual(next, prev) || next.empty() && prev.empty() {
		return
	}
	b := w.child(body, "config", prev.empty())
	for _, g := range []struct {
		name       string
		next, prev map[string]string
	}{{"env", next.Env, prev.Env}, {"internal", next.Internal, prev.Internal}, {"file", next.Files, prev.Files}} {
		w.group(b, g.name, g.next, g.prev, next.Expressions, prev.Expressions)
	}
}

// group writes one map of a config block, whose values may be expressions.
func (w *writer) group(body *hclwrite.Body, name string, next, prev, nextExpr, prevExpr map[string]string) {
	a, b := groupExpressions(name, nextExpr), groupExpressions(name, prevExpr)
	if reflect.DeepEqual(a, b) && maps.Equal(next, prev) {
		return
	}
	if len(a)+len(next) == 0 {
		body.RemoveAttribute(name)
		return
	}
	items := map[string]hclwrite.Tokens{}
	for k, v := range next {
		items[k] = hclwrite.TokensForValue(cty.StringVal(v))
	}
	for k, src := range a {
		tokens, err := expressionTokens(src)
		if err != nil {
			w.fail(&Error{Field: "config." + name + "." + k, Value: src, Problem: err.Error()})
			continue
		}
		items[k] = tokens
	}
	var attrs []hclwrite.ObjectAttrTokens
	for _, k := range sortedKeys(items) {
		attrs = append(attrs, hclwrite.ObjectAttrTokens{Name: hclwrite.TokensForValue(cty.StringVal(k)), Value: items[k]})
	}
	body.SetAttributeRaw(name, hclwrite.TokensForObject(attrs))
}

// groupExpressions returns the expressions of one group, without its name.
func groupExpressions(name string, expr map[string]string) map[string]string {
	out := map[string]string{}
	for k, src := range expr {
		if key, ok := strings.CutPrefix(k, name+"."); ok {
			out[key] = src
		}
	}
	return out
}
