package appconfig

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// FileName is the name of the file that Waypoint looks for in a project.
const FileName = "waypoint.hcl"

// File is a waypoint.hcl. It holds the text itself, and changes only the parts
// it is told to change.
type File struct {
	name string
	src  []byte
	body *hclsyntax.Body
}

// New returns a file for a project without apps. The error is about the name.
func New(project string) (*File, error) {
	if err := CheckProjectName(project); err != nil {
		return nil, err
	}
	return Parse(fmt.Appendf(nil, "project = %q\n", project), FileName)
}

// Load reads a waypoint.hcl. A file that is no HCL gives errors of type
// [*Error] with the line and column; whether it is right, [File.Validate] says.
func Load(path string) (*File, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the app configuration: %w", err)
	}
	return Parse(src, path)
}

// Parse is [Load] for a text; name stands for the file in errors.
func Parse(src []byte, name string) (*File, error) {
	parsed, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, fromDiagnostics(diags)
	}
	body, ok := parsed.Body.(*hclsyntax.Body)
	if !ok {
		return nil, &Error{File: name, Problem: "must be HCL in its native syntax, not JSON"}
	}
	return &File{name: name, src: bytes.Clone(src), body: body}, nil
}

// replace takes over a changed text, which must be HCL still.
func (f *File) replace(src []byte) error {
	changed, err := Parse(src, f.name)
	if err != nil {
		return &brokenError{file: f.name, err: err}
	}
	*f = *changed
	return nil
}

// brokenError says that a change would leave a text that is no HCL.
type brokenError struct {
	file string
	err  error
}

func (e *brokenError) Error() string {
	return fmt.Sprintf("the change would break %s: %v", e.file, e.err)
}
func (e *brokenError) Unwrap() error { return e.err }

// Bytes returns the file's text: exactly what was read, as long as nothing was
// changed.
func (f *File) Bytes() []byte { return bytes.Clone(f.src) }

// Save writes the file to path in one step: whoever reads it meanwhile finds the
// old text or the new one. A file that is there keeps its permissions; a new one
// gets 0644. A symbolic link is followed.
func (f *File) Save(path string) (err error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	mode := os.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".waypoint-*.hcl")
	if err != nil {
		return fmt.Errorf("write the app configuration: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write the app configuration: %w", errors.Join(err, os.Remove(tmp.Name())))
		}
	}()
	if _, err = tmp.Write(f.src); err == nil {
		err = tmp.Chmod(mode)
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// Project returns the project's name, or "" when the file has none or computes
// it.
func (f *File) Project() string {
	if attr, ok := f.body.Attributes["project"]; ok {
		if v, ok := literal[string](attr.Expr); ok {
			return v
		}
	}
	return ""
}

// Apps returns the apps in the order of the file. An app that is not right is
// returned as far as it can be read; [File.Validate] says what is wrong.
func (f *File) Apps() []App {
	r := f.read()
	return r.apps
}

// App returns the app of that name.
func (f *File) App(name string) (App, bool) {
	for _, a := range f.Apps() {
		if a.Name == name {
			return a, true
		}
	}
	return App{}, false
}

// Config returns the configuration that all apps of the project get.
func (f *File) Config() Config { return f.read().config }

// Variables returns the input variables in the order of the file.
func (f *File) Variables() []Variable { return f.read().variables }

// Validate returns everything that Waypoint or a target would refuse, as errors
// of type [*Error] with the file, line and column.
func (f *File) Validate() error { return f.read().validate() }
