// Package cloudcdn is the Waypoint plugin pilot-cloud-cdn: it puts a static site
// into a Cloud Storage bucket and serves it through an HTTPS load balancer with
// Cloud CDN.
//
// Each deployment is a folder of its own in the bucket (package site), and a
// release sets the folder that the load balancer's URL map rewrites every path to.
// So a release and a rollback are one change, and a deployment can be destroyed
// without touching any other.
package cloudcdn

import (
	sdk "github.com/hashicorp/waypoint-plugin-sdk"
)

//go:generate go run -C ../../tools/protogen . -root ../.. plugins/cloudcdn/messages.proto

// Options are the components that the plugin's binary serves.
func Options() []sdk.Option {
	return []sdk.Option{sdk.WithComponents(&Platform{}, &Releaser{})}
}

// URL is where the release is reached.
func (x *Release) URL() string { return x.GetUrl() }
