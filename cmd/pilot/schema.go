package main

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"sort"
	"strings"

	"github.com/invopop/jsonschema"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

// schemaVersion is part of every schema's address. A change that old readers
// could stumble over makes a new one.
const schemaVersion = "v1"

// schemas are the JSON forms that other programs may rely on.
func schemas() map[string]any {
	return map[string]any{
		"preview":   infra.Report{},
		"drift":     driftReport{},
		"setup":     setupReport{},
		"status":    stacks.Status{},
		"doctor":    []finding{},
		"history":   []pastUpdate{},
		"version":   versions{},
		"configure": configureReport{},
		"up-event":  jobEvent{},
	}
}

func schemaCommand(s *session) *cli.Command {
	return &cli.Command{
		Name:      "schema",
		Usage:     "print the JSON Schema of " + specFileName + " or of a command's --json",
		ArgsUsage: "[" + strings.Join(schemaNames(), "|") + "]",
		Action: func(c *cli.Context) error {
			return writeSchema(s.out, c.Args().First(), nil)
		},
	}
}

func schemaNames() []string {
	names := []string{specFileName}
	for name := range schemas() {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// writeSchema writes one schema. comments, where given, are the sources'
// comments by type and field, which become descriptions.
func writeSchema(w io.Writer, name string, comments map[string]string) error {
	r := &jsonschema.Reflector{Anonymous: true, ExpandedStruct: true, CommentMap: comments}
	var schema *jsonschema.Schema
	if name == "" || name == specFileName {
		name = specFileName
		schema = specSchema(r)
	} else {
		v, ok := schemas()[name]
		if !ok {
			return usagef("schema %q: want one of %s", name, strings.Join(schemaNames(), ", "))
		}
		// Readers must not break when a field is added.
		r.AllowAdditionalProperties = true
		r.ExpandedStruct = reflect.TypeOf(v).Kind() == reflect.Struct
		schema = r.Reflect(v)
	}
	schema.ID = jsonschema.ID(fmt.Sprintf("https://pilotframework.com/schema/%s/%s.json", schemaVersion, strings.TrimSuffix(name, ".yaml")))
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(schema)
}

// specSchema is the spec file's: the head that all targets share, and a section
// for each target.
func specSchema(r *jsonschema.Reflector) *jsonschema.Schema {
	r.FieldNameTag = "yaml"
	r.RequiredFromJSONSchemaTags = true
	schema := r.Reflect(&specHead{})
	for _, t := range targets {
		section := r.Reflect(t.New())
		section.Version = ""
		for name, def := range section.Definitions {
			if schema.Definitions == nil {
				schema.Definitions = jsonschema.Definitions{}
			}
			// Each target has types of the same names.
			schema.Definitions[t.Name+"."+name] = def
		}
		section.Definitions = nil
		prefixRefs(section, t.Name)
		for name, def := range schema.Definitions {
			if strings.HasPrefix(name, t.Name+".") {
				prefixRefs(def, t.Name)
			}
		}
		schema.Properties.Set(t.Name, section)
	}
	return schema
}

const definitions = "#/$defs/"

// prefixRefs points a section's references at its own definitions.
func prefixRefs(s *jsonschema.Schema, target string) {
	if s == nil {
		return
	}
	if name, ok := strings.CutPrefix(s.Ref, definitions); ok && !strings.HasPrefix(name, target+".") {
		s.Ref = definitions + target + "." + name
	}
	prefixRefs(s.Items, target)
	prefixRefs(s.AdditionalProperties, target)
	if s.Properties != nil {
		for p := s.Properties.Oldest(); p != nil; p = p.Next() {
			prefixRefs(p.Value, target)
		}
	}
}
