// Package daemon looks at a Docker daemon behind mutual TLS from outside: how
// far its machine's boot has come, which certificate it shows, whom it lets
// in, which versions of the API it speaks. It can have the daemon restarted
// over its own API, with the containers going on.
package daemon
