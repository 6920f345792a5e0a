package site

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/plugins/site/sitepb"
)

// The source is not published by mistake.
func TestReadRefusesTheSource(t *testing.T) {
	for name, test := range map[string]struct {
		directory string
		files     []string
		want      string
	}{
		"an app in JavaScript":     {".", []string{"package.json"}, `directory "." holds package.json`},
		"an app in Go":             {".", []string{"go.mod"}, `directory "." holds go.mod`},
		"files and the app file":   {".", []string{"waypoint.hcl"}, `directory "." holds waypoint.hcl`},
		"written in another way":   {"web/..", []string{"waypoint.hcl"}, `directory "web/.." holds waypoint.hcl`},
		"an app's folder of many":  {"web", []string{"web/package.json"}, `directory "web" holds package.json`},
		"what is to be done":       {".", []string{"package.json"}, `set directory to the build's output, such as "build"`},
		"what else is to be done":  {".", []string{"waypoint.hcl"}, `set output = "." of pilot-yarn in the build stanza and leave directory out`},
		"files as they are":        {".", nil, ""},
		"a build's output":         {"build", []string{"package.json", "go.mod", "waypoint.hcl"}, ""},
		"further down":             {".", []string{"files/package.json"}, ""},
		"what the build handed on": {"", []string{"build/package.json"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			source := t.TempDir()
			write(t, source, map[string]string{"index.html": "x", "web/index.html": "x", "build/index.html": "x"})
			for _, file := range test.files {
				write(t, source, map[string]string{file: "{}"})
			}
			in, err := Read(t.Context(), source, test.directory, &sitepb.Folder{Path: filepath.Join(source, "build")}, "index.html")
			if err == nil {
				in.Close()
			}
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
