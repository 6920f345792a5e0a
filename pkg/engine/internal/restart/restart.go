// Package restart is how package engine asks for its own program to be started
// again as the raw command line, without importing it.
package restart

// Marker is the environment variable that makes a program that links package
// cli be that command line and nothing else.
const Marker = "PILOT_ENGINE_CLI"

// Linked says whether package cli is part of this program. It is set before
// main starts and never changes after that.
var Linked bool
