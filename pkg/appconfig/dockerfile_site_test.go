package appconfig

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestDockerfileOfASite(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"site-files.Dockerfile": {"index.html": "<p>"},
		"site-vite.Dockerfile":  {"package.json": `{"scripts":{"build":"vite build"},"devDependencies":{"vite":"5"}}`, "package-lock.json": "{}"},
	} {
		for _, target := range Targets() {
			text, err := Dockerfile(folderOf(t, files), target)
			if target.Static {
				if err == nil || !strings.Contains(err.Error(), "needs no Dockerfile") {
					t.Errorf("%s on %s: %v", name, target.Name, err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, []byte(text))
		}
	}
}

// The commands of the Dockerfile are those of a shell, which does not need Docker to
// show what they leave.
func TestDockerfileOfASiteServesNothingElse(t *testing.T) {
	dir := folderOf(t, map[string]string{
		"index.html": "<p>", "docs/index.html": "<p>", ".well-known/security.txt": "a",
		"waypoint.hcl": "", ".git/config": "", ".env": "SECRET=1", ".dockerignore": "", "docs/.htpasswd": "x", ".a/b/c": "",
	})
	text, err := Dockerfile(dir, targets[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	templates := t.TempDir()
	for line := range strings.Lines(text) {
		line, ok := strings.CutPrefix(line, "RUN ")
		if !ok {
			continue
		}
		command := exec.Command("sh", "-c", strings.ReplaceAll(line, "/etc/nginx/templates", templates))
		command.Dir = dir
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	var left []string
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			left = append(left, rel)
		}
		return err
	})
	if got := strings.Join(left, " "); err != nil || got != ".well-known/security.txt docs/index.html index.html" {
		t.Errorf("served are %s (%v)", got, err)
	}
	template, err := os.ReadFile(filepath.Join(templates, "default.conf.template"))
	if err != nil || string(template) != "server { listen ${PORT}; root /site; absolute_redirect off; }\n" {
		t.Errorf("the server's template is %q (%v)", template, err)
	}
}
