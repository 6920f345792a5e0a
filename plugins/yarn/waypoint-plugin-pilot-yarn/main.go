// Command waypoint-plugin-pilot-yarn serves the builder plugin pilot-yarn.
package main

import (
	sdk "github.com/hashicorp/waypoint-plugin-sdk"

	"github.com/pilot-framework/pilot/plugins/yarn"
)

func main() {
	builder := &yarn.Builder{}
	sdk.Main(sdk.WithComponents(builder)) // returns when the engine asks the plugin to end
	builder.Wait()
}
