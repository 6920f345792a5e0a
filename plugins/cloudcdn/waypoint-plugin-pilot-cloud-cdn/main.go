// waypoint-plugin-pilot-cloud-cdn is started by Waypoint, not by hand.
package main

import (
	sdk "github.com/hashicorp/waypoint-plugin-sdk"

	"github.com/pilot-framework/pilot/plugins/cloudcdn"
)

func main() { sdk.Main(cloudcdn.Options()...) }
