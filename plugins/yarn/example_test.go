package yarn_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/plugins/yarn"
)

// The zero configuration builds with the project's own script, in the default image.
func ExampleConfig() {
	config := yarn.Config{Directory: "site", Env: map[string]string{"NODE_ENV": "production"}}
	fmt.Println(config.Directory, config.Image == "", yarn.DefaultImage)
	// Output: site true node:22
}
