package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// TestSchemas holds the published schemas against the Go types. Run it with
// -update to write them anew; a change that breaks readers needs a new version.
func TestSchemas(t *testing.T) {
	comments := map[string]string{}
	r := &jsonschema.Reflector{}
	for _, dir := range []string{"cmd/pilot", "pkg/infra", "stacks", "stacks/aws", "stacks/gcp", "stacks/local"} {
		t.Chdir(filepath.Join(checkout(t)))
		if err := r.AddGoComments("github.com/pilot-framework/pilot", "./"+dir); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range r.CommentMap {
		comments[name] = strings.TrimSpace(text)
	}
	for _, name := range schemaNames() {
		var got bytes.Buffer
		if err := writeSchema(&got, name, comments); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(checkout(t), "docs", "schema", schemaVersion, strings.TrimSuffix(name, ".yaml")+".json")
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want, got.Bytes()) {
			t.Errorf("%s is not what the types say; run the test with -update", file)
		}
		compile(t, name)
	}
}

func checkout(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(sourceDir)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(filepath.Dir(dir))
}

// sourceDir is this package's folder, where tests start.
var sourceDir = func() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return dir
}()

func compile(t *testing.T, name string) *validator.Schema {
	t.Helper()
	file := filepath.Join(checkout(t), "docs", "schema", schemaVersion, strings.TrimSuffix(name, ".yaml")+".json")
	s, err := validator.NewCompiler().Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSpecSchema has the schema and the reader agree on what a spec may say.
func TestSpecSchema(t *testing.T) {
	schema := compile(t, specFileName)
	for text, good := range map[string]bool{
		"target: local\nlocal: {runners: 2, ports: {ui: 1234}}\n":                             true,
		"target: aws\naws: {region: eu-west-1, size: medium, network: {cidr: 10.2.0.0/16}}\n": true,
		"target: gcp\ngcp: {project: acme, size: small}\n":                                    true,
		"target: local\nlocal: {runers: 2}\n":                                                 false,
		"target: aws\naws: {network: {sidr: 10.2.0.0/16}}\n":                                  false,
		"tarket: local\n": false,
	} {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); (err == nil) != good {
			t.Errorf("%q: schema says %v, want good=%v", text, err, good)
		}
	}
}
