//go:build !linux

package engine_test

import "testing"

// mount can't be done here.
func mount(t *testing.T, _, _, _ string) {
	t.Helper()
	t.Skip("a small disk takes a tmpfs")
}
