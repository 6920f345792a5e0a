package cloudcdn

import (
	"testing"

	"github.com/hashicorp/hcl/v2/hclsimple"
)

// FuzzConfig reads whatever a stanza of an app file may hold.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		"", "bucket = \"b\"\nregion = \"eu-west-1\"\n", "bucket = 1\n", "parallel = -1\nregion = \"x\"\nbucket = \"acme-site\"\n",
		"aliases = [\"a.example\", 7]\nkeep = 99999999999999999999\n", "directory = \"../..\"\n", "root = \"${path.app}\"\n", "bucket = null\n",
		"not_found = \"404.html\"\nspa = true\n", "domain = \"*.example.com\"\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var deploy DeployConfig
		if hclsimple.Decode("app.hcl", []byte(text), nil, &deploy) == nil {
			if err := deploy.check(); err != nil && err.Error() == "" {
				t.Error("an error without words")
			}
		}
		var release ReleaseConfig
		if hclsimple.Decode("app.hcl", []byte(text), nil, &release) == nil {
			if err := release.check(); err != nil && err.Error() == "" {
				t.Error("an error without words")
			}
		}
	})
}
