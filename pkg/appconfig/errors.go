package appconfig

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// ErrExists is returned when an app or variable of that name is in the file
// already.
var ErrExists = errors.New("is in the file already")

// ErrNotFound is returned when the file has no app of that name.
var ErrNotFound = errors.New("not found in the file")

// Error is one thing wrong in a file, an app or a spec.
type Error struct {
	// File, Line and Column say where, when the value was read from a file.
	// Line and Column count from 1; the column counts characters.
	File         string
	Line, Column int
	// App is the app's name, when the error is about one.
	App string
	// Field is the option, such as "deploy.memory".
	Field string
	// Value is what it was set to.
	Value string
	// Problem says what is wrong and what would be right.
	Problem string

	err error
}

// Error returns FILE:LINE:COLUMN: app "NAME": FIELD = VALUE: PROBLEM, leaving
// out what is not known.
func (e *Error) Error() string {
	var b strings.Builder
	switch {
	case e.Line > 0:
		fmt.Fprintf(&b, "%s:%d:%d: ", e.File, e.Line, e.Column)
	case e.File != "":
		fmt.Fprintf(&b, "%s: ", e.File)
	}
	if e.App != "" {
		fmt.Fprintf(&b, "app %q: ", e.App)
	}
	if e.Field != "" {
		b.WriteString(e.Field)
		if e.Value != "" {
			fmt.Fprintf(&b, " = %s", e.Value)
		}
		b.WriteString(": ")
	}
	b.WriteString(e.Problem)
	return b.String()
}

// Unwrap returns ErrExists or ErrNotFound where they apply.
func (e *Error) Unwrap() error { return e.err }

// positions maps a field, such as "deploy.memory", to where the file sets it.
type positions map[string]hcl.Range

// at returns the place of the field, or else that of the nearest thing that
// holds it.
func (p positions) at(field string) hcl.Range {
	for {
		if r, ok := p[field]; ok {
			return r
		}
		i := strings.LastIndexByte(field, '.')
		if i < 0 {
			return p[""]
		}
		field = field[:i]
	}
}

// place fills in where e is.
func (e *Error) place(r hcl.Range) *Error {
	e.File, e.Line, e.Column = r.Filename, r.Start.Line, r.Start.Column
	return e
}

// fromDiagnostics turns what the HCL parser says into errors of this package.
func fromDiagnostics(diags hcl.Diagnostics) error {
	var errs []error
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		e := &Error{Problem: strings.TrimSuffix(d.Summary, ".")}
		if d.Detail != "" {
			e.Problem += ": " + strings.TrimSuffix(strings.ReplaceAll(d.Detail, "\n", " "), ".")
		}
		if d.Subject != nil {
			_ = e.place(*d.Subject)
		}
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}
