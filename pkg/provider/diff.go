package provider

import (
	"reflect"
	"slices"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

// differ compares a resource's recorded inputs with its new ones, field by
// field, down to the paths that a person would name.
type differ struct {
	// inPlace names the fields whose change needs no replacement.
	inPlace map[string]bool
	// skip names the fields that are not compared.
	skip map[string]bool
	out  map[string]p.PropertyDiff
}

func newDiffer(inPlace ...string) *differ {
	d := &differ{inPlace: map[string]bool{}, skip: map[string]bool{}, out: map[string]p.PropertyDiff{}}
	for _, field := range inPlace {
		d.inPlace[field] = true
	}
	return d
}

// compare takes two structs of the same type with pulumi tags.
func (d *differ) compare(was, is any) {
	d.walk(nil, reflect.ValueOf(was), reflect.ValueOf(is))
}

// mark records a difference at path.
func (d *differ) mark(path []any, kind p.DiffKind, replace bool) {
	if replace {
		kind += "&replace"
	}
	d.out[pathString(path)] = p.PropertyDiff{Kind: kind}
}

// response is what Diff returns. deleteFirst says how a replacement goes.
func (d *differ) response(deleteFirst bool) infer.DiffResponse {
	return infer.DiffResponse{
		HasChanges:          len(d.out) > 0,
		DeleteBeforeReplace: deleteFirst,
		DetailedDiff:        d.out,
	}
}

func (d *differ) walk(path []any, was, is reflect.Value) {
	if d.skip[fieldPath(path)] {
		return
	}
	if was.Kind() == reflect.Pointer {
		if was.IsNil() || is.IsNil() {
			d.leaf(path, was, is)
			return
		}
		was, is = was.Elem(), is.Elem()
	}
	switch was.Kind() {
	case reflect.Struct:
		for _, field := range reflect.VisibleFields(was.Type()) {
			tag, _, _ := strings.Cut(field.Tag.Get("pulumi"), ",")
			if tag == "" {
				continue
			}
			d.walk(append(slices.Clone(path), tag), was.FieldByIndex(field.Index), is.FieldByIndex(field.Index))
		}
	case reflect.Slice:
		for i := range max(was.Len(), is.Len()) {
			here := append(slices.Clone(path), i)
			switch {
			case i >= was.Len():
				d.mark(here, p.Add, d.replaces(path))
			case i >= is.Len():
				d.mark(here, p.Delete, d.replaces(path))
			default:
				d.walk(here, was.Index(i), is.Index(i))
			}
		}
	case reflect.Map:
		for _, key := range was.MapKeys() {
			here := append(slices.Clone(path), key.String())
			if v := is.MapIndex(key); v.IsValid() {
				d.walk(here, was.MapIndex(key), v)
			} else {
				d.mark(here, p.Delete, d.replaces(path))
			}
		}
		for _, key := range is.MapKeys() {
			if !was.MapIndex(key).IsValid() {
				d.mark(append(slices.Clone(path), key.String()), p.Add, d.replaces(path))
			}
		}
	default:
		d.leaf(path, was, is)
	}
}

func (d *differ) leaf(path []any, was, is reflect.Value) {
	switch {
	case reflect.DeepEqual(was.Interface(), is.Interface()):
	case was.IsZero():
		d.mark(path, p.Add, d.replaces(path))
	case is.IsZero():
		d.mark(path, p.Delete, d.replaces(path))
	default:
		d.mark(path, p.Update, d.replaces(path))
	}
}

func (d *differ) replaces(path []any) bool {
	for i := len(path); i > 0; i-- {
		if d.inPlace[fieldPath(path[:i])] {
			return false
		}
	}
	return true
}

// fieldPath is a path without its indexes: files.content.
func fieldPath(path []any) string {
	var names []string
	for _, step := range path {
		if s, ok := step.(string); ok {
			names = append(names, s)
		}
	}
	return strings.Join(names, ".")
}
