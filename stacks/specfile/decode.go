// Package specfile reads a platform's spec from YAML and refuses what does not
// belong there, by line and column.
package specfile

import (
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Error is something wrong at one place of a file.
type Error struct {
	// File, Line and Column say where; lines and columns count from 1.
	File         string
	Line, Column int
	// Message says what is wrong and what would be right.
	Message string

	err error
}

// Unwrap gives the error that Locate was given, if it was that.
func (e *Error) Unwrap() error { return e.err }

// Error gives file:line:column: message.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Decode reads node into the struct that into points to, by its yaml tags.
// Unknown keys, keys given twice and values of the wrong kind are refused.
func Decode(file string, node *yaml.Node, into any) error {
	if node == nil || node.Kind == 0 {
		return nil
	}
	return decoder{file}.value(node, reflect.ValueOf(into).Elem(), "")
}

type decoder struct{ file string }

func (d decoder) fail(n *yaml.Node, format string, args ...any) error {
	return &Error{File: d.file, Line: n.Line, Column: n.Column, Message: fmt.Sprintf(format, args...)}
}

var durationType = reflect.TypeOf(time.Duration(0))

func (d decoder) value(n *yaml.Node, v reflect.Value, path string) error {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Tag == "!!null" {
		return nil
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return d.value(n, v.Elem(), path)
	}
	if v.Type() == durationType {
		t, err := time.ParseDuration(n.Value)
		if err != nil {
			return d.fail(n, "%s: %q is no duration; want one such as 90s or 10m", path, n.Value)
		}
		v.SetInt(int64(t))
		return nil
	}
	switch v.Kind() {
	case reflect.Struct:
		return d.fields(n, v, path)
	case reflect.Map:
		return d.entries(n, v, path)
	case reflect.Slice:
		return d.items(n, v, path)
	default:
		return d.scalar(n, v, path)
	}
}

func (d decoder) fields(n *yaml.Node, v reflect.Value, path string) error {
	if n.Kind != yaml.MappingNode {
		return d.fail(n, "%s: want a group of keys, got %s", or(path, "the file"), kind(n))
	}
	index := map[string]int{}
	var known []string
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		index[name] = i
		known = append(known, name)
	}
	sort.Strings(known)
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		at, ok := index[key.Value]
		if !ok {
			return d.fail(key, "unknown key %q%s; known here: %s", key.Value, within(path), strings.Join(known, ", "))
		}
		if seen[key.Value] {
			return d.fail(key, "key %q is given twice%s", key.Value, within(path))
		}
		seen[key.Value] = true
		if err := d.value(val, v.Field(at), join(path, key.Value)); err != nil {
			return err
		}
	}
	return nil
}

func (d decoder) entries(n *yaml.Node, v reflect.Value, path string) error {
	if n.Kind != yaml.MappingNode {
		return d.fail(n, "%s: want a group of keys, got %s", path, kind(n))
	}
	out := reflect.MakeMap(v.Type())
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		name := reflect.ValueOf(key.Value).Convert(v.Type().Key())
		if out.MapIndex(name).IsValid() {
			return d.fail(key, "key %q is given twice%s", key.Value, within(path))
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(n.Content[i+1], elem, join(path, key.Value)); err != nil {
			return err
		}
		out.SetMapIndex(name, elem)
	}
	v.Set(out)
	return nil
}

func (d decoder) items(n *yaml.Node, v reflect.Value, path string) error {
	if n.Kind != yaml.SequenceNode {
		return d.fail(n, "%s: want a list, got %s", path, kind(n))
	}
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		if err := d.value(item, out.Index(i), path+"["+strconv.Itoa(i)+"]"); err != nil {
			return err
		}
	}
	v.Set(out)
	return nil
}

func (d decoder) scalar(n *yaml.Node, v reflect.Value, path string) error {
	if n.Kind != yaml.ScalarNode {
		return d.fail(n, "%s: want %s, got %s", path, v.Kind(), kind(n))
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Value)
	case reflect.Bool:
		b, err := strconv.ParseBool(n.Value)
		if err != nil || n.Tag != "!!bool" {
			return d.fail(n, "%s: %q is no truth value; want true or false", path, n.Value)
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(n.Value, 10, 64)
		if err != nil {
			return d.fail(n, "%s: %q is no whole number", path, n.Value)
		}
		v.SetInt(i)
	default:
		return d.fail(n, "%s: cannot hold %s", path, kind(n))
	}
	return nil
}

func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a group of keys"
	case yaml.SequenceNode:
		return "a list"
	}
	return fmt.Sprintf("%q", n.Value)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func within(path string) string {
	if path == "" {
		return ""
	}
	return " in " + path
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
