package main

import (
	"strings"
	"testing"
)

// TestKilledContainers kills each container of a platform, then all of them at
// once, and stops all of them as a reboot does. Each time pilot setup
// brings the platform back, with its data.
func TestKilledContainers(t *testing.T) {
	t.Parallel()
	p := newPlatform(t, "e2e-kill")
	p.run("setup", "--yes")
	p.healthy()
	p.fill()
	list := func() []string {
		return strings.Fields(docker(t, "ps", "--all", "--format", "{{.Names}}", "--filter", "label=io.pilot.stack="+p.stack))
	}
	whole := list()
	if len(whole) < 4 {
		t.Fatalf("only %v", whole)
	}
	back := func() {
		t.Helper()
		p.run("setup", "--yes")
		p.healthy()
		p.filled()
	}
	for _, name := range whole {
		docker(t, "kill", name)
		back()
	}
	docker(t, append([]string{"kill"}, list()...)...)
	back()
	docker(t, append([]string{"stop", "--time", "10"}, list()...)...)
	back()
}
