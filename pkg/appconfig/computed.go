package appconfig

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// ComputedEnv tells which names in config.env, of the file or of the app, have a
// value that is an expression: those that [File.DeliverConfig] hands to the app's
// environment, and those left out, because only Waypoint's own entrypoint knows what
// they are made of: the function dynamic, and other values of config.
func (f *File) ComputedEnv(app string) (delivered, left []string) {
	all := f.expressionsOfEnv(app)
	for _, name := range sortedKeys(all) {
		if deployable(all[name]) {
			delivered = append(delivered, name)
		} else {
			left = append(left, name)
		}
	}
	return delivered, left
}

// computedEnv are the expressions that are delivered.
func (f *File) computedEnv(app string) map[string]string {
	all := f.expressionsOfEnv(app)
	maps.DeleteFunc(all, func(_, expr string) bool { return !deployable(expr) })
	return all
}

func (f *File) expressionsOfEnv(app string) map[string]string {
	out := map[string]string{}
	add := func(c Config) {
		for name := range c.Env {
			delete(out, name)
		}
		for name, expr := range c.Expressions {
			if key, ok := strings.CutPrefix(name, "env."); ok {
				out[key] = expr
			}
		}
	}
	add(f.Config())
	if a, ok := f.App(app); ok {
		add(a.Config)
	}
	return out
}

// deployable reports whether an expression means the same in a deploy plugin's
// options as in config.env.
func deployable(expr string) bool {
	parsed, diags := hclsyntax.ParseExpression([]byte(expr), FileName, hcl.InitialPos)
	if diags.HasErrors() {
		return false
	}
	for _, v := range parsed.Variables() {
		if v.RootName() == "config" {
			return false
		}
	}
	calls := false
	_ = hclsyntax.VisitAll(parsed, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok && call.Name == "dynamic" {
			calls = true
		}
		return nil
	})
	return !calls
}

// object is an HCL object of expressions, by name.
func object(values map[string]string) string {
	var items []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		key := string(hclwrite.TokensForValue(cty.StringVal(name)).Bytes())
		items = append(items, key+" = "+values[name])
	}
	return "{ " + strings.Join(items, ", ") + " }"
}
