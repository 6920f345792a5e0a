// Package cloudsim simulates the aws and gcp resource providers of Pulumi in
// process, so that a stack runs through the real engine with no account, no
// plugin and no network.
package cloudsim
