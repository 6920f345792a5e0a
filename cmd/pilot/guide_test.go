package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGuide runs each block of the guide on a platform of its own, in one
// shell, as a newcomer would.
func TestGuide(t *testing.T) {
	text, err := os.ReadFile("../../docs/guide.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := codeBlocks(string(text), "sh")
	if len(blocks) < 8 {
		t.Fatalf("the guide has %d blocks: is the test reading it right?", len(blocks))
	}
	p := newPlatform(t, "e2e-guide")
	goImage(t)
	// A trace says which line failed. The spec that the test's platform needs is
	// found wherever the guide's commands run.
	script := "set -euo pipefail\nexport PATH=" + filepath.Dir(p.bin) + ":$PATH\n" +
		strings.Join(blocks, "\n")
	file := filepath.Join(t.TempDir(), "guide.sh")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*commandBound)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-x", file)
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "PILOT_HOME="+p.home, "PILOT_STACK="+p.stack, "NO_COLOR=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p.nothingLeft()
}

// codeBlocks are the fenced blocks of a language, in order.
func codeBlocks(text, language string) []string {
	var blocks []string
	for {
		_, rest, ok := strings.Cut(text, "\n```"+language+"\n")
		if !ok {
			return blocks
		}
		block, after, ok := strings.Cut(rest, "\n```\n")
		if !ok {
			return blocks
		}
		blocks, text = append(blocks, block), "\n"+after
	}
}

// goImage gives the image that the tests make the name that the guide builds
// from, unless this machine has that one.
func goImage(t *testing.T) {
	t.Helper()
	const name, made = "golang:1.26", "pilot-go:1.26"
	if exec.Command("docker", "image", "inspect", name).Run() == nil {
		return
	}
	docker(t, "tag", made, name)
	t.Cleanup(func() { docker(t, "image", "rm", name) })
}
