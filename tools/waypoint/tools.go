//go:build tools

// Package tools pins the Waypoint version that the Pilot server image carries.
package tools

import _ "github.com/hashicorp/waypoint/cmd/waypoint"
