package engine_test

import (
	"syscall"
	"testing"
)

// mount mounts a tmpfs for the test, or changes one that is there.
func mount(t *testing.T, kind, dir, options string) {
	t.Helper()
	flags := uintptr(0)
	if kind == "" {
		flags = syscall.MS_REMOUNT
		options = options[len("remount,"):]
	}
	if err := syscall.Mount("tmpfs", dir, kind, flags, options); err != nil {
		t.Fatalf("mount a small disk, which takes root: %v", err)
	}
	if kind != "" {
		t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	}
}
