// Package appconfig is a typed model of waypoint.hcl, the file that says how
// the apps of a project are built, deployed and released.
//
// A fresh app needs a name and a target; everything else has a default, which
// comes from the [Platform] the app will run on:
//
//	file, err := appconfig.New("shop")
//	app, err := appconfig.NewApp(appconfig.Spec{Name: "web", Target: "docker"}, appconfig.Platform{})
//	err = file.AddApp(app)
//	err = file.Save("waypoint.hcl")
//
// A file that somebody edited by hand is read with [Load]. What is in it stays
// in it: comments, order, blocks and options that this package has no type for.
// A file that was read and not changed is written back byte for byte.
//
// Options whose value is an expression, such as var.tag or gitrefhash(), are
// kept as source text in [Stage.Expressions], because their value is known only
// when Waypoint runs the file.
//
// [File.Validate] refuses what Waypoint v0.11.4 or a cloud would refuse later,
// with the file, line and column, the value and what would be right. It looks
// into every option that has a type here; nested blocks without one (an
// aws-ecs "sidecar", for example) are left to Waypoint.
package appconfig
