package appconfig

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Detection is what a folder's files say about the app in it.
type Detection struct {
	// Language is "go", "node", "python", "static" or, when only a
	// Dockerfile says anything, "".
	Language string
	// Entry is where the program begins, relative to the folder, when that
	// is known: "main.go", "cmd/server", "server.js", "app.py", "index.html".
	Entry string
	// Framework is what a Node.js app is made with: "vite", "next" and so on.
	Framework string
	// PackageManager is whose lock file is there: "yarn", "npm", "pnpm" or
	// "bun". Empty when there is none.
	PackageManager string
	// Static is true when the build makes files to serve, and no program.
	Static bool
	// Build is the build kind to use, or "" when the folder has nothing that a
	// build kind starts from.
	Build string
	// Directory is where a static build puts its files, when that is known:
	// "." where the files are there already. A Dockerfile beside it, which says
	// how a container serves them, changes nothing about that.
	Directory string
	// Port is the TCP port that the app listens on, or 0 when unknown.
	Port int
	// Reason says, in a sentence, what led to this.
	Reason string

	// siteLacks says what a package.json still needs to make a static site.
	siteLacks string
}

// ErrNotDetected is returned by [Detect] when no file says what the app is.
var ErrNotDetected = errors.New("no Dockerfile, go.mod, package.json, requirements.txt, pyproject.toml or index.html")

// Target returns the name of the target to propose on a platform of that cloud:
// "local", "aws", "gcp" or "kubernetes". Anything else is taken for "local".
func (d Detection) Target(cloud string) string {
	switch {
	case cloud == "aws" && d.Static:
		return "aws-cloudfront"
	case cloud == "aws":
		return "aws-ecs"
	case cloud == "gcp" && d.Static:
		return "google-cloud-cdn"
	case cloud == "gcp":
		return "google-cloud-run"
	case cloud == "kubernetes":
		return "kubernetes"
	}
	return "docker"
}

// BuildFor returns the build kind to propose for a target: what was detected,
// when the target takes it, else the target's own default. Its second result
// says what the folder lacks for it, or is "".
func (d Detection) BuildFor(target Target) (kind, lacking string) {
	if slices.Contains(target.Builds, d.Build) {
		return d.Build, ""
	}
	kind = target.Builds[0]
	switch kind {
	case "docker":
		lacking = "a Dockerfile"
	case "yarn":
		lacking = d.lackingForSite()
	case "aws-ami":
		lacking = "a machine image of the app"
	}
	return kind, lacking
}

func (d Detection) lackingForSite() string {
	switch {
	case d.Directory != "":
		return ""
	case d.Language == "node":
		return d.siteLacks
	}
	return "a package.json with a build script, or an index.html"
}

// folder is the folder being looked at.
type folder string

// maxRead bounds what is read of one file, in bytes: what says something stands
// at the front of files that people write.
const maxRead = 1 << 20

func (f folder) read(name string) string {
	file, err := os.Open(filepath.Join(string(f), name))
	if err != nil {
		return ""
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxRead))
	if err != nil {
		return ""
	}
	// Editors on Windows begin files with a byte order mark.
	return strings.TrimPrefix(string(text), "\ufeff")
}

func (f folder) has(name string) bool {
	info, err := os.Stat(filepath.Join(string(f), name))
	return err == nil && info.Mode().IsRegular()
}

// first returns the first of names that is there, or "".
func (f folder) first(names ...string) string {
	for _, n := range names {
		if f.has(n) {
			return n
		}
	}
	return ""
}

// Detect looks at a folder's files, and runs none of them. It returns
// [ErrNotDetected] when they say nothing, and the reason when the folder can't be
// read.
func Detect(dir string) (Detection, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return Detection{}, fmt.Errorf("look at the app's folder: %w", err)
	}
	if !info.IsDir() {
		return Detection{}, fmt.Errorf("look at the app's folder: %s is not a folder", dir)
	}
	f := folder(dir)
	d, ok := f.language()
	if f.has("Dockerfile") {
		d.Build, d.Static = "docker", false
		d.Port = exposed(f.read("Dockerfile"))
		d.Reason = "Dockerfile says how to build it"
		if d.Port != 0 {
			d.Reason += fmt.Sprintf(", and exposes port %d", d.Port)
		}
		return d, nil
	}
	if !ok {
		return Detection{}, fmt.Errorf("%s: %w", dir, ErrNotDetected)
	}
	return d, nil
}

// language tries the languages in the order in which their files mean most: a
// package.json beside go.mod is often a tool of the Go app's.
func (f folder) language() (Detection, bool) {
	switch {
	case f.has("go.mod"):
		return f.golang(), true
	case f.has("package.json"):
		return f.node(), true
	case f.first("requirements.txt", "pyproject.toml", "Pipfile", "setup.py") != "":
		return f.python(), true
	case f.has("index.html"):
		return Detection{
			Language: "static", Entry: "index.html", Static: true, Build: "yarn", Directory: ".",
			Reason: "index.html and no package.json: files to serve as they are",
		}, true
	}
	return Detection{}, false
}

func (f folder) golang() Detection {
	d := Detection{Language: "go", Build: "pack", Reason: "go.mod: a Go program"}
	if goMain.MatchString(f.read("main.go")) {
		d.Entry = "main.go"
	}
	commands := f.commands()
	if d.Entry == "" && len(commands) > 0 {
		d.Entry = commands[0]
	}
	if d.Entry != "" {
		d.Reason += ", which begins in " + d.Entry
	}
	if len(commands) > 1 && d.Entry == commands[0] {
		d.Reason += ", the first of its programs: the others are " + strings.Join(commands[1:], ", ")
	}
	return d
}

var goMain = regexp.MustCompile(`(?m)^package main\b`)

// commands returns the folders below cmd that hold a Go program.
func (f folder) commands() []string {
	entries, err := fs.ReadDir(os.DirFS(string(f)), "cmd")
	if err != nil {
		return nil
	}
	var found []string
	for _, e := range entries {
		if e.IsDir() && goMain.MatchString(f.read(filepath.Join("cmd", e.Name(), "main.go"))) {
			found = append(found, "cmd/"+e.Name())
		}
	}
	return found
}

func (f folder) python() Detection {
	list := f.first("requirements.txt", "pyproject.toml", "Pipfile", "setup.py")
	d := Detection{
		Language: "python", Build: "pack", Reason: list + ": a Python program",
		Entry: f.first("manage.py", "app.py", "main.py", "wsgi.py", "asgi.py", "server.py"),
	}
	if d.Entry != "" {
		d.Reason += ", which begins in " + d.Entry
	}
	if !f.has("Procfile") {
		d.Reason += "; a Procfile with a line web: ... has to say how to start it"
	}
	return d
}

var (
	stages = regexp.MustCompile(`(?mi)^[ \t]*FROM[ \t]`)
	expose = regexp.MustCompile(`(?mi)^\s*EXPOSE\s+([0-9]{1,5})(/tcp)?(\s|$)`)
)

// exposed returns the first TCP port that a Dockerfile exposes, or 0. The last
// stage is the one that runs.
func exposed(dockerfile string) int {
	if found := stages.FindAllStringIndex(dockerfile, -1); len(found) > 0 {
		dockerfile = dockerfile[found[len(found)-1][0]:]
	}
	m := expose.FindStringSubmatch(dockerfile)
	if m == nil {
		return 0
	}
	port, err := strconv.Atoi(m[1])
	if err != nil || port < 1 || port > 65535 {
		return 0
	}
	return port
}
