package appconfig

import (
	"errors"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty/convert"
)

// validate returns all that is wrong with the file, in its order.
func (r *reader) validate() error {
	errs := slices.Clone(r.errs)
	if attr, ok := r.body.Attributes["project"]; !ok {
		errs = append(errs, &Error{File: r.file, Line: 1, Column: 1, Field: "project", Problem: "must be set: the project's name"})
	} else if len(attr.Expr.Variables()) == 0 {
		if problem := plainName.check(r.project); problem != "" {
			e := &Error{Field: "project", Value: source(r.src, attr.Expr), Problem: problem}
			errs = append(errs, e.place(attr.Expr.Range()))
		}
	}
	names := map[string]bool{}
	for _, a := range r.apps {
		c := &checker{app: a.Name, where: a.where, read: true}
		if names[strings.ToLower(a.Name)] {
			c.add("name", "", "the project has an app of this name already")
		}
		names[strings.ToLower(a.Name)] = true
		a.check(c, r.plugins)
		errs = append(errs, c.errs...)
	}
	c := &checker{where: r.where}
	c.config(r.config)
	errs = append(errs, c.errs...)
	return inOrder(errs)
}

// inOrder joins errors in the order of their lines, and says each thing once.
func inOrder(errs []error) error {
	slices.SortStableFunc(errs, func(a, b error) int {
		var x, y *Error
		if !errors.As(a, &x) || !errors.As(b, &y) {
			return 0
		}
		if x.Line != y.Line {
			return x.Line - y.Line
		}
		return x.Column - y.Column
	})
	var kept []error
	at := map[string]bool{}
	for _, err := range errs {
		var e *Error
		if errors.As(err, &e) {
			// "must be set" twice, of the file and of the option.
			key := e.App + "\x00" + e.Field + "\x00" + e.Value
			if e.Field != "" && at[key] {
				continue
			}
			at[key] = true
		}
		kept = append(kept, err)
	}
	return errors.Join(kept...)
}

// defaultFits checks a variable's name and default as Waypoint does when it
// loads the file.
func (r *reader) defaultFits(b *hclsyntax.Block, field string, attr *hclsyntax.Attribute) {
	val, diags := attr.Expr.Value(nil)
	if diags.HasErrors() {
		// dynamic(...) is the one function allowed here; Waypoint calls it.
		if call, ok := attr.Expr.(*hclsyntax.FunctionCallExpr); !ok || call.Name != "dynamic" {
			r.fail("", field+".default", source(r.src, attr.Expr), `must be a value, or dynamic(...)`, attr.Expr.Range())
		}
		return
	}
	kind, ok := b.Body.Attributes["type"]
	if !ok {
		return
	}
	ty, diags := typeexpr.TypeConstraint(kind.Expr)
	if diags.HasErrors() {
		return
	}
	if _, err := convert.Convert(val, ty); err != nil {
		r.fail("", field+".default", source(r.src, attr.Expr), err.Error(), attr.Expr.Range())
	}
}
