package appconfig

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/gocty"
)

// literal returns an expression's value, when it is written out in the file and
// can be a T.
func literal[T any](expr hcl.Expression) (T, bool) {
	var v T
	known, err := decodeExpr(expr, reflect.ValueOf(&v).Elem())
	return v, known && err == nil
}

// decodeExpr sets v to the value of an expression. It reports false when the
// value is not known before the file runs, and an error when it is known and
// can't be what v is. A null leaves v as it is, as it does in Waypoint.
func decodeExpr(expr hcl.Expression, v reflect.Value) (known bool, err error) {
	val, diags := expr.Value(nil)
	if diags.HasErrors() || !val.IsWhollyKnown() {
		return false, nil
	}
	if val.IsNull() {
		return true, nil
	}
	ty, err := gocty.ImpliedType(v.Interface())
	if err != nil {
		return true, err
	}
	if val, err = convert.Convert(val, ty); err != nil {
		return true, err
	}
	return true, gocty.FromCtyValue(val, v.Addr().Interface())
}

// source returns the text of an expression.
func source(src []byte, expr hcl.Expression) string {
	return string(expr.Range().SliceBytes(src))
}

// expressionProblem says why src is not one HCL expression, or "".
func expressionProblem(src string) string {
	if _, err := expressionTokens(src); err != nil {
		return err.Error()
	}
	return ""
}

// expressionTokens parses an expression as the value of an attribute, so that
// nothing but an expression gets through: no second attribute, no block.
func expressionTokens(src string) (hclwrite.Tokens, error) {
	text := []byte("x = " + src + "\n")
	parsed, diags := hclsyntax.ParseConfig(text, "", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, fmt.Errorf("must be an HCL expression: %s", diags[0].Summary)
	}
	body := parsed.Body.(*hclsyntax.Body)
	if len(body.Attributes) != 1 || len(body.Blocks) != 0 || strings.TrimSpace(src) != source(text, body.Attributes["x"].Expr) {
		return nil, fmt.Errorf("must be one HCL expression, without comments")
	}
	file, diags := hclwrite.ParseConfig(text, "", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, fmt.Errorf("must be an HCL expression: %s", diags[0].Summary)
	}
	return file.Body().GetAttribute("x").Expr().BuildTokens(nil), nil
}

// expression checks an option that is given as source text.
func (c *checker) expression(p plugin, name, src string) {
	first, _, nested := strings.Cut(name, ".")
	if names := p.names(); !slices.Contains(names, first) {
		c.add(name, strconv.Quote(src), "%s", unknown(first, names))
		return
	}
	if nested && !slices.ContainsFunc(schemaOf(reflect.TypeOf(p.make()).Elem()), func(o option) bool { return o.block && o.name == first }) {
		c.add(name, strconv.Quote(src), "has no nested option that can be written as an expression")
		return
	}
	if problem := expressionProblem(src); problem != "" {
		c.add(name, strconv.Quote(src), "%s", problem)
	}
}

// strings refuses strings in options that can't be written into a file.
func (c *checker) strings(o Options) { c.walk("", reflect.ValueOf(o).Elem()) }

func (c *checker) walk(field string, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		c.text(field, v.String())
	case reflect.Slice:
		for i := range v.Len() {
			c.walk(field, v.Index(i))
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			c.walk(field, k)
			c.walk(field, v.MapIndex(k))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			c.walk(field, v.Elem())
		}
	case reflect.Struct:
		for _, o := range schemaOf(v.Type()) {
			c.walk(strings.TrimPrefix(field+"."+o.name, "."), v.Field(o.index))
		}
	}
}

// toValue returns the HCL value of an option.
func toValue(v reflect.Value) (cty.Value, error) {
	ty, err := gocty.ImpliedType(v.Interface())
	if err != nil {
		return cty.NilVal, err
	}
	return gocty.ToCtyValue(v.Interface(), ty)
}
