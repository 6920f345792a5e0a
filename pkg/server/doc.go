// Package server puts the Pilot server on a Docker endpoint: the server itself,
// the receiver of source for "pilot up", and the runners, from one image. It is
// the same on every cloud and on this machine, because a Docker endpoint is all
// that it asks for.
package server
