package appconfig

import (
	"bytes"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// AddApp puts the app at the end of the file and leaves all before it as it is,
// byte for byte. It returns an error when the app is not valid, and one that is
// [ErrExists] when the file has an app of that name: Waypoint's server does not
// tell upper from lower case.
func (f *File) AddApp(a App) error {
	if err := a.Validate(); err != nil {
		return err
	}
	for _, other := range f.Apps() {
		if strings.EqualFold(other.Name, a.Name) {
			return &Error{App: a.Name, Problem: ErrExists.Error(), err: ErrExists}
		}
	}
	out := hclwrite.NewEmptyFile()
	var w writer
	w.app(out.Body().AppendNewBlock("app", []string{a.Name}).Body(), a, App{})
	if w.err != nil {
		return w.err
	}
	return f.appendText(hclwrite.Format(out.Bytes()))
}

// UpdateApp changes the app of that name to be like a: what is the same stays as
// it is written, what differs is written anew, and what this package has no type
// for is kept. It returns [ErrNotFound] when there is no such app.
func (f *File) UpdateApp(a App) error {
	if err := a.Validate(); err != nil {
		return err
	}
	prev, ok := f.App(a.Name)
	if !ok {
		return &Error{App: a.Name, Problem: ErrNotFound.Error(), err: ErrNotFound}
	}
	if reflect.DeepEqual(prev, a) {
		return nil
	}
	return f.edit(func(root *hclwrite.Body) error {
		var w writer
		b := root.FirstMatchingBlock("app", []string{a.Name})
		if b == nil {
			return &Error{App: a.Name, Problem: ErrNotFound.Error(), err: ErrNotFound}
		}
		w.app(b.Body(), a, prev)
		return w.err
	})
}

// RemoveApp takes the app of that name out, with the comment before it. It
// returns [ErrNotFound] when there is no such app.
func (f *File) RemoveApp(name string) error {
	return f.edit(func(root *hclwrite.Body) error {
		b := root.FirstMatchingBlock("app", []string{name})
		if b == nil {
			return &Error{App: name, Problem: ErrNotFound.Error(), err: ErrNotFound}
		}
		root.RemoveBlock(b)
		return nil
	})
}

// SetConfig changes the configuration that all apps of the project get.
func (f *File) SetConfig(c Config) error {
	var check checker
	check.config(c)
	if err := check.err(); err != nil {
		return err
	}
	prev := f.Config()
	return f.edit(func(root *hclwrite.Body) error {
		var w writer
		w.config(root, c, prev)
		return w.err
	})
}

// AddVariable puts an input variable at the end of the file. It returns
// [ErrExists] when there is one of that name.
func (f *File) AddVariable(v Variable) error {
	field := "variable." + v.Name
	if !hclsyntax.ValidIdentifier(v.Name) {
		return &Error{Field: "variable", Value: strconv.Quote(v.Name), Problem: "must be a letter or _, then letters, digits, _ and -"}
	}
	for _, other := range f.Variables() {
		if other.Name == v.Name {
			return &Error{Field: field, Problem: ErrExists.Error(), err: ErrExists}
		}
	}
	out := hclwrite.NewEmptyFile()
	body := out.Body().AppendNewBlock("variable", []string{v.Name}).Body()
	var w writer
	if v.Type != "" {
		w.raw(body, "type", v.Type)
	}
	if v.Default != "" {
		w.raw(body, "default", v.Default)
	}
	if v.Description != "" {
		body.SetAttributeValue("description", cty.StringVal(v.Description))
	}
	if len(v.Env) > 0 {
		names := make([]cty.Value, len(v.Env))
		for i, n := range v.Env {
			names[i] = cty.StringVal(n)
		}
		body.SetAttributeValue("env", cty.ListVal(names))
	}
	if v.Sensitive {
		body.SetAttributeValue("sensitive", cty.True)
	}
	if w.err != nil {
		return w.err
	}
	text := hclwrite.Format(out.Bytes())
	added, err := Parse(text, f.name)
	if err != nil {
		return err
	}
	if r := added.read(); len(r.errs) > 0 {
		var e *Error
		if !errors.As(r.errs[0], &e) {
			return r.errs[0]
		}
		placeless := *e
		placeless.File, placeless.Line, placeless.Column = "", 0, 0
		return &placeless
	}
	return f.appendText(text)
}

// edit applies a change to the file's syntax tree, which keeps comments and
// order.
func (f *File) edit(change func(*hclwrite.Body) error) error {
	err := f.editText(f.src, change)
	var broken *brokenError
	if !errors.As(err, &broken) {
		return err
	}
	// hclwrite takes a comment after a brace for one of what comes next, and takes
	// it away with that, the end of the line included.
	return f.editText(ownLines(f.src, f.name), change)
}

func (f *File) editText(src []byte, change func(*hclwrite.Body) error) error {
	tree, diags := hclwrite.ParseConfig(src, f.name, hcl.InitialPos)
	if diags.HasErrors() {
		return fromDiagnostics(diags)
	}
	if err := change(tree.Body()); err != nil {
		return err
	}
	return f.replace(keepSpacing(f.src, tree.BuildTokens(nil).Bytes()))
}

// ownLines moves each comment that follows a brace to a line of its own, apart
// from what comes after it.
func ownLines(src []byte, name string) []byte {
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	var out []byte
	last := 0
	for i := 1; i < len(tokens); i++ {
		brace, comment := tokens[i-1], tokens[i]
		if comment.Type != hclsyntax.TokenComment || (brace.Type != hclsyntax.TokenOBrace && brace.Type != hclsyntax.TokenCBrace) {
			continue
		}
		out = append(append(out, src[last:brace.Range.End.Byte]...), '\n')
		out = append(append(out, comment.Bytes...), '\n')
		last = comment.Range.End.Byte
	}
	return append(out, src[last:]...)
}

// appendText puts blocks at the end of the file, after an empty line, with the
// line ends that the file has.
func (f *File) appendText(text []byte) error {
	src := f.Bytes()
	end := "\n"
	if bytes.Contains(src, []byte("\r\n")) {
		end = "\r\n"
		text = bytes.ReplaceAll(text, []byte("\n"), []byte(end))
	}
	if len(src) > 0 {
		if !bytes.HasSuffix(src, []byte("\n")) {
			src = append(src, end...)
		}
		src = append(src, end...)
	}
	return f.replace(append(src, text...))
}
