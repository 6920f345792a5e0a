// Package nodeimage tests the Node.js image that make.sh makes.
package nodeimage

import (
	"os/exec"
	"strings"
	"testing"
)

func TestImage(t *testing.T) {
	if out, err := exec.Command("./make.sh").CombinedOutput(); err != nil {
		t.Fatalf("make.sh: %v\n%s", err, out)
	}
	out, err := exec.Command("docker", "run", "--rm", "--network", "none", "--cap-drop", "ALL", "--user", "1000:1000", "pilot-node:18",
		"sh", "-c", "id -un; node --version; npm --version; yarn --version; printenv | grep -c NPM").CombinedOutput()
	lines := strings.Fields(string(out))
	if len(lines) != 5 || lines[0] != "node" || !strings.HasPrefix(lines[1], "v18.") || !strings.HasPrefix(lines[3], "1.22.") || lines[4] != "0" {
		t.Errorf("the image says %q, %v", out, err)
	}
}
