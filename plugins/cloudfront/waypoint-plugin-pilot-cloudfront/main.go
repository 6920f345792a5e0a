// waypoint-plugin-pilot-cloudfront is started by Waypoint, not by hand.
package main

import (
	sdk "github.com/hashicorp/waypoint-plugin-sdk"

	"github.com/pilot-framework/pilot/plugins/cloudfront"
)

func main() { sdk.Main(cloudfront.Options()...) }
