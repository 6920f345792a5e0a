package appconfig_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/appconfig"
)

func TestDockerfile(t *testing.T) {
	docker, err := appconfig.TargetByName("docker")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		files map[string]string
		want  []string // of the Dockerfile
		fails string
	}{
		"go":        {map[string]string{"go.mod": "module x\n", "cmd/api/main.go": "package main\n"}, []string{`RUN ["go", "build", "-o", "/app", "./cmd/api"]`, "USER 1000:1000"}, ""},
		"go no cmd": {map[string]string{"go.mod": "module x\n"}, nil, "no package main"},
		"npm":       {map[string]string{"package.json": `{"scripts": {"start": "x"}}`, "package-lock.json": ""}, []string{"RUN npm ci", `CMD ["npm", "start"]`}, ""},
		"yarn":      {map[string]string{"package.json": `{"main": "server.js"}`, "server.js": "", "yarn.lock": ""}, []string{"yarn install --frozen-lockfile", `CMD ["node", "server.js"]`}, ""},
		"bun":       {map[string]string{"package.json": `{"scripts": {"start": "x"}}`, "bun.lock": ""}, nil, "bun"},
		"no start":  {map[string]string{"package.json": `{}`}, nil, "no start script"},
		"python":    {map[string]string{"requirements.txt": "flask\n", "app.py": ""}, []string{"-r requirements.txt", `CMD ["python", "app.py"]`}, ""},
		"procfile":  {map[string]string{"pyproject.toml": "", "Procfile": "worker: x\nweb: gunicorn --bind 0.0.0.0:$PORT app\r\n"}, []string{"pip install --no-cache-dir .", "CMD exec gunicorn --bind 0.0.0.0:$PORT app\n"}, ""},
		"django":    {map[string]string{"requirements.txt": "", "manage.py": ""}, nil, "Procfile"},
		"static":    {map[string]string{"index.html": ""}, []string{"FROM ${WEB_IMAGE} AS files", "COPY --from=files /site /site"}, ""},
		"vite bun":  {map[string]string{"package.json": `{"scripts": {"build": "x"}, "devDependencies": {"vite": "5"}}`, "bun.lock": ""}, nil, "bun"},
		"no JSON":   {map[string]string{"package.json": `{"scripts": [`}, nil, "package.json can't be read: unexpected end of JSON input"},
		"BOM":       {map[string]string{"package.json": "\ufeff" + `{"scripts": {"start": "x"}}`}, []string{`CMD ["npm", "start"]`}, ""},
		"there":     {map[string]string{"go.mod": "", "Dockerfile": ""}, nil, "already"},
		"nothing":   {nil, nil, "no Dockerfile, go.mod"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := appconfig.Dockerfile(written(t, c.files), docker)
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("%v, want %q", err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("it lacks %s:\n%s", want, got)
				}
			}
		})
	}
}

func written(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Docker builds the one for Go, with an image of this machine, and it runs.
func TestDockerfileOfAGoProgramBuilds(t *testing.T) {
	dir := written(t, map[string]string{
		"go.mod": "module x\n\ngo 1.21\n", "main.go": "package main\n\nfunc main() { println(\"it runs\") }\n",
	})
	text, err := appconfig.Dockerfile(dir, appconfig.Target{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	// Makes the image when it is missing.
	if out, err := exec.Command("../../tools/go-image/make.sh").CombinedOutput(); err != nil {
		t.Fatalf("make the image of Go: %v\n%s", err, out)
	}
	image := fmt.Sprintf("pilot-test-appconfig-%d", os.Getpid())
	if out, err := exec.Command("docker", "build", "-q", "-t", image, "--build-arg", "GO_IMAGE=pilot-go:1.26", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, text)
	}
	t.Cleanup(func() { _ = exec.Command("docker", "rmi", "-f", image).Run() })
	out, err := exec.Command("docker", "run", "--rm", image).CombinedOutput()
	if err != nil || string(out) != "it runs\n" {
		t.Errorf("%q, %v", out, err)
	}
}
