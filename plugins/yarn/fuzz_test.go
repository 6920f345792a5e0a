package yarn

import (
	"testing"

	"github.com/hashicorp/hcl/v2/hclsimple"
)

// FuzzConfig reads whatever a build stanza may hold.
func FuzzConfig(f *testing.F) {
	for _, seed := range []string{
		"", "directory = \"web\"\n", "directory = \"../..\"\n", "output = \"/etc\"\n", "image = \"node:20\"\n", "env = {A = \"b\", C = 1}\n",
		"env = {\"A=B\" = \"\\u0000\"}\n", "command = [\"build\", null]\n", "memory = -1\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var c Config
		if hclsimple.Decode("app.hcl", []byte(text), nil, &c) != nil {
			return
		}
		if err := c.check(); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
