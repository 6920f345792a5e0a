// Package examples holds the tests of those examples that are modules of their
// own, which the tests of this module would pass by.
package examples

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write own-tool's go.mod and go.sum anew from those of the root")

// writeModule gives own-tool the root module's requirements, so that both
// build with the same versions.
func writeModule(t *testing.T) {
	t.Helper()
	root, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	const path = "github.com/pilot-framework/pilot"
	mod := regexp.MustCompile(`(?m)^module .*$`).ReplaceAllString(string(root), "module "+path+"/examples/own-tool")
	mod = strings.TrimRight(mod, "\n") + "\n\nrequire " + path + " v0.0.0\n\nreplace " + path + " => ../..\n"
	sum, err := os.ReadFile("../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"go.mod": []byte(mod), "go.sum": sum} {
		if err := os.WriteFile(filepath.Join("own-tool", name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOwnTool builds the tool outside of this module and runs it twice: the
// second run has nothing left to do.
func TestOwnTool(t *testing.T) {
	if *update {
		writeModule(t)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	bin := filepath.Join(t.TempDir(), "own-tool")
	build := exec.CommandContext(ctx, "go", "build", "-o", bin, ".")
	build.Dir = "own-tool"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\nif a requirement is missing, run this test with -update", err, out)
	}
	state := "file://" + t.TempDir()
	run := func(env ...string) (string, string, error) {
		var stdout, stderr bytes.Buffer
		cmd := exec.CommandContext(ctx, bin, state)
		// Nothing but this: no pulumi, no home folder, no network proxy.
		cmd.Env = append([]string{"HOME=" + t.TempDir()}, env...)
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		return stdout.String(), stderr.String(), err
	}
	if _, stderr, err := run(); err == nil || !strings.Contains(stderr, "PULUMI_CONFIG_PASSPHRASE") {
		t.Errorf("without a passphrase: %v\n%s", err, stderr)
	}
	const pass = "PULUMI_CONFIG_PASSPHRASE=open sesame"
	stdout, stderr, err := run(pass)
	if err != nil || stderr != "" || !strings.Contains(stdout, "acme/prod: 1 to create") {
		t.Fatalf("first run: %v\n%s%s", err, stdout, stderr)
	}
	stdout, stderr, err = run(pass)
	if err != nil || stderr != "" || stdout != "acme/prod: no changes, 1 resource unchanged\n" {
		t.Fatalf("second run: %v\n%s%s", err, stdout, stderr)
	}
}
