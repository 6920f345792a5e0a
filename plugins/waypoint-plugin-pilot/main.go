// Command waypoint-plugin-pilot is all of Pilot's plugins in one program, which
// share most of their code. Waypoint starts it, under the name of the plugin that
// it wants, such as waypoint-plugin-pilot-yarn: each is a link to it.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	sdk "github.com/hashicorp/waypoint-plugin-sdk"

	"github.com/pilot-framework/pilot/plugins/cloudcdn"
	"github.com/pilot-framework/pilot/plugins/cloudfront"
	"github.com/pilot-framework/pilot/plugins/yarn"
)

// prefix is what the names of plugins start with.
const prefix = "waypoint-plugin-pilot-"

// plugins serve until the engine asks them to end.
var plugins = map[string]func(){
	"cloud-cdn":  func() { sdk.Main(cloudcdn.Options()...) },
	"cloudfront": func() { sdk.Main(cloudfront.Options()...) },
	"yarn": func() {
		builder := &yarn.Builder{}
		sdk.Main(sdk.WithComponents(builder))
		builder.Wait()
	},
}

func main() {
	name := filepath.Base(os.Args[0])
	if serve, ok := plugins[strings.TrimPrefix(name, prefix)]; ok {
		serve()
		return
	}
	names := slices.Sorted(maps.Keys(plugins))
	if slices.Equal(os.Args[1:], []string{"names"}) {
		for _, n := range names {
			fmt.Println(prefix + n)
		}
		return
	}
	fmt.Fprintf(os.Stderr, "%s: want a link to this program that is named %s and one of %s; \"names\" lists them\n",
		name, prefix, strings.Join(names, ", "))
	os.Exit(2)
}
