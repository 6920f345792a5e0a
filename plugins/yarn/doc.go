// Package yarn is the builder plugin pilot-yarn: it builds a static site from a
// package.json in a container, and hands the folder with the result to the plugin
// that deploys it.
//
// The app's code, which is anybody's code as soon as it installs packages, runs as
// a user without privileges, in a container that has the app's source, a cache of
// its own and the variables that the app file gives it, and nothing else of the
// runner: no environment, no credentials, no way to the Docker endpoint. Files go
// in and out through the Docker API, because the runner may be a container itself,
// or on another machine than the Docker endpoint.
package yarn
