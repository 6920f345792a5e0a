// Package cloudfront is the Waypoint plugin pilot-cloudfront: it puts a static site
// into a private S3 bucket and serves it through Amazon CloudFront.
//
// Each deployment is a folder of its own in the bucket (package site), and a
// release sets the origin path of the distribution to that folder. So a release
// and a rollback are one change, and a deployment can be destroyed without
// touching any other.
package cloudfront

import (
	sdk "github.com/hashicorp/waypoint-plugin-sdk"
)

//go:generate go run -C ../../tools/protogen . -root ../.. plugins/cloudfront/messages.proto

// Options are the components that the plugin's binary serves.
func Options() []sdk.Option {
	return []sdk.Option{sdk.WithComponents(&Platform{}, &Releaser{})}
}

// URL is where the release is reached.
func (x *Release) URL() string { return x.GetUrl() }
