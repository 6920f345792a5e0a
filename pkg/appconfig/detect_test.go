package appconfig

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	for name, test := range map[string]struct {
		files  map[string]string
		want   Detection // without Reason
		reason string
		aws    string
	}{
		"dockerfile": {
			map[string]string{"Dockerfile": "FROM golang AS build\nEXPOSE 1\nFROM scratch\nexpose 8080/tcp\n", "go.mod": "module x\n", "main.go": "package main\n"},
			Detection{Language: "go", Entry: "main.go", Build: "docker", Port: 8080}, "Dockerfile says how to build it, and exposes port 8080", "aws-ecs",
		},
		"go command": {
			map[string]string{"go.mod": "module x\n", "cmd/lib/lib.go": "package lib\n", "cmd/server/main.go": "// Server.\npackage main\n"},
			Detection{Language: "go", Entry: "cmd/server", Build: "pack"}, "go.mod: a Go program, which begins in cmd/server", "aws-ecs",
		},
		"dockerfile in Latin-1": {
			map[string]string{"Dockerfile": "# caf\xe9 " + strings.Repeat("\xe9", 40) + "\nFROM golang AS build\nEXPOSE 1\nfrom\tscratch\nEXPOSE 8080\n"},
			Detection{Build: "docker", Port: 8080}, "exposes port 8080", "aws-ecs",
		},
		"dockerfile of a site": {
			map[string]string{"Dockerfile": "FROM scratch\n", "index.html": ""},
			Detection{Language: "static", Entry: "index.html", Build: "docker", Directory: "."}, "Dockerfile says how to build it", "aws-ecs",
		},
		"go commands": {
			map[string]string{"go.mod": "module x\n", "cmd/api/main.go": "package main\n", "cmd/job/main.go": "package main\n", "cmd/web/main.go": "package main\n"},
			Detection{Language: "go", Entry: "cmd/api", Build: "pack"}, "begins in cmd/api, the first of its programs: the others are cmd/job, cmd/web", "aws-ecs",
		},
		"byte order mark": {
			map[string]string{"package.json": "\ufeff" + `{"scripts":{"build":"vite build"},"devDependencies":{"vite":"5"}}`},
			Detection{Language: "node", Framework: "vite", Static: true, Build: "yarn", Directory: "dist"}, "a static site made with vite", "aws-cloudfront",
		},
		"vite with yarn": {
			map[string]string{"package.json": `{"scripts":{"build":"vite build"},"devDependencies":{"vite":"5"}}`, "yarn.lock": "", "index.html": ""},
			Detection{Language: "node", Framework: "vite", PackageManager: "yarn", Static: true, Build: "yarn", Directory: "dist"}, "a static site made with vite, built into dist; yarn installs", "aws-cloudfront",
		},
		"react with npm": {
			map[string]string{"package.json": `{"scripts":{"build":"react-scripts build"},"dependencies":{"react-scripts":"5"}}`, "package-lock.json": "{}"},
			Detection{Language: "node", Framework: "react", PackageManager: "npm", Static: true, Build: "yarn", Directory: "build"}, "npm installs", "aws-cloudfront",
		},
		"next export": {
			map[string]string{"package.json": `{"scripts":{"build":"next build"},"dependencies":{"next":"14"}}`, "next.config.mjs": "export default { output: 'export' }", "pnpm-lock.yaml": ""},
			Detection{Language: "node", Framework: "next", PackageManager: "pnpm", Static: true, Build: "yarn", Directory: "out"}, "pnpm installs", "aws-cloudfront",
		},
		"next server": {
			map[string]string{"package.json": `{"scripts":{"build":"next build","start":"next start"},"dependencies":{"next":"14"}}`},
			Detection{Language: "node", Framework: "next", Build: "pack"}, "a Node.js program made with next; there is no lock file", "aws-ecs",
		},
		"express beside vite": {
			map[string]string{"package.json": `{"scripts":{"build":"vite build","start":"NODE_ENV=production node --enable-source-maps ./src/server.js"},"dependencies":{"express":"4"},"devDependencies":{"vite":"5"}}`, "package-lock.json": "{}"},
			Detection{Language: "node", Framework: "vite", PackageManager: "npm", Entry: "src/server.js", Build: "pack"}, "serves with express, which begins in src/server.js", "aws-ecs",
		},
		"broken package.json": {
			map[string]string{"package.json": `{`},
			Detection{Language: "node", Build: "pack"}, "can't be read", "aws-ecs",
		},
		"python": {
			map[string]string{"requirements.txt": "flask\n", "app.py": ""},
			Detection{Language: "python", Entry: "app.py", Build: "pack"}, "a Procfile with a line web: ... has to say how to start it", "aws-ecs",
		},
		"pyproject with Procfile": {
			map[string]string{"pyproject.toml": "", "Procfile": "web: gunicorn x"},
			Detection{Language: "python", Build: "pack"}, "pyproject.toml: a Python program", "aws-ecs",
		},
		"static": {
			map[string]string{"index.html": "<p>"},
			Detection{Language: "static", Entry: "index.html", Static: true, Build: "yarn", Directory: "."}, "files to serve as they are", "aws-cloudfront",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Detect(folderOf(t, test.files))
			if err != nil {
				t.Fatal(err)
			}
			reason := got.Reason
			got.Reason, got.siteLacks = "", ""
			if got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
			if !strings.Contains(reason, test.reason) {
				t.Errorf("reason %q lacks %q", reason, test.reason)
			}
			if target := got.Target("aws"); target != test.aws {
				t.Errorf("on AWS: %s", target)
			}
			if target := got.Target("local"); target != "docker" {
				t.Errorf("here: %s", target)
			}
		})
	}
}

func folderOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDetectSaysWhatIsMissing(t *testing.T) {
	if _, err := Detect(t.TempDir()); !errors.Is(err, ErrNotDetected) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Detect(filepath.Join(t.TempDir(), "no")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	site, err := Detect(folderOf(t, map[string]string{"index.html": ""}))
	if err != nil {
		t.Fatal(err)
	}
	program, err := Detect(folderOf(t, map[string]string{"app.py": "", "requirements.txt": ""}))
	if err != nil {
		t.Fatal(err)
	}
	node := func(packageJSON string, more ...string) Detection {
		t.Helper()
		files := map[string]string{"package.json": packageJSON}
		for i := 0; i < len(more); i += 2 {
			files[more[i]] = more[i+1]
		}
		d, err := Detect(folderOf(t, files))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	next := `{"scripts":{"build":"next build"},"dependencies":{"next":"14"}}`
	astro := `{"scripts":{"build":"astro build"},"dependencies":{"astro":"5"}}`
	for _, test := range []struct {
		d                     Detection
		target, kind, lacking string
	}{
		{site, "aws-cloudfront", "yarn", ""},
		{site, "docker", "docker", "a Dockerfile"},
		{program, "docker", "pack", ""},
		{program, "aws-cloudfront", "yarn", "a package.json with a build script, or an index.html"},
		{program, "aws-ec2", "aws-ami", "a machine image of the app"},
		{node(next), "aws-cloudfront", "yarn", `output: "export" in a next.config.js, without which Next.js builds a server`},
		{node(next, "next.config.mjs", "export default {}"), "google-cloud-cdn", "yarn", `output: "export" in next.config.mjs, without which Next.js builds a server`},
		{node(astro, "astro.config.mjs", "output: 'server'"), "aws-cloudfront", "yarn", `output: "static" in astro.config.mjs, where "server" makes Astro build a server`},
		{node(`{}`), "aws-cloudfront", "yarn", "a script named build in package.json"},
		{node(`{"scripts":{"build":"node build.js"}}`), "aws-cloudfront", "yarn", ""},
		{node(`{`), "aws-cloudfront", "yarn", "a package.json that can be read"},
		{node(next, "next.config.mjs", "output: 'export'", "Dockerfile", "FROM scratch"), "aws-cloudfront", "yarn", ""},
	} {
		at, err := TargetByName(test.target)
		if err != nil {
			t.Fatal(err)
		}
		if kind, lacking := test.d.BuildFor(at); kind != test.kind || lacking != test.lacking {
			t.Errorf("%s on %s: %q, lacking %q", test.d.Language, test.target, kind, lacking)
		}
	}
}
