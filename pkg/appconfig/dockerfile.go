package appconfig

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// The base images of the Dockerfiles that [Dockerfile] writes, all kept up by their
// makers today. Each is the default of a build argument, so that another one may be
// named without an edit.
const (
	goImage     = "golang:1"
	nodeImage   = "node:24-slim"
	pythonImage = "python:3.13-slim"
	webImage    = "nginxinc/nginx-unprivileged:stable"
)

// Dockerfile returns a Dockerfile for the Go, Node.js or Python program in a folder,
// as [Detect] sees it, or for the static site, which a web server serves where the
// target runs containers. It listens on PORT, and runs as no superuser. The error says
// what keeps it from being written: a Dockerfile that is there, a folder with no such
// program, no known way to start it, or a target that serves a site's files itself.
func Dockerfile(dir string, target Target) (string, error) {
	d, err := Detect(dir)
	if err != nil {
		return "", err
	}
	f := folder(dir)
	problem := func(format string, args ...any) (string, error) {
		return "", fmt.Errorf("%s: "+format, append([]any{dir}, args...)...)
	}
	switch {
	case f.has("Dockerfile"):
		return problem("there is a Dockerfile already")
	case d.Static && target.Static:
		return problem("a static site needs no Dockerfile: a target such as aws-cloudfront serves its files")
	case d.Static:
		return f.siteDockerfile(d)
	case d.Language == "go" && d.Entry == "":
		return problem("no package main in main.go or below cmd: a Dockerfile can't tell what to build")
	case d.Language == "go":
		return f.goDockerfile(d), nil
	case d.Language == "node":
		return f.nodeDockerfile(d)
	case d.Language == "python":
		return f.pythonDockerfile(d)
	}
	return problem("there is no Dockerfile to propose for it")
}

func (f folder) goDockerfile(d Detection) string {
	pkg := "."
	if d.Entry != "main.go" {
		pkg = "./" + d.Entry
	}
	return joined(
		"ARG GO_IMAGE="+goImage,
		"FROM ${GO_IMAGE} AS build",
		"ENV CGO_ENABLED=0 GOFLAGS=-trimpath",
		"WORKDIR /src",
		"# The modules are a layer of their own, which a change of the source keeps.",
		"COPY go.* ./",
		`RUN ["go", "mod", "download"]`,
		"COPY . .",
		fmt.Sprintf(`RUN ["go", "build", "-o", "/app", %q]`, pkg),
		"",
		"FROM scratch",
		"COPY --from=build /etc/ssl/ /etc/ssl/",
		"COPY --from=build /app /app",
		"USER 1000:1000",
		`ENTRYPOINT ["/app"]`,
	)
}

func (f folder) nodeDockerfile(d Detection) (string, error) {
	p, err := f.packageJSON()
	if err != nil {
		return "", fmt.Errorf("%s: %w", string(f), err)
	}
	start := ""
	switch ext := path.Ext(d.Entry); {
	case p.Scripts["start"] != "":
		start = `["npm", "start"]`
	case ext == ".js" || ext == ".mjs" || ext == ".cjs":
		start = fmt.Sprintf(`["node", %q]`, d.Entry)
	default:
		return "", fmt.Errorf("%s: package.json has no start script and no entry, so nothing says how to start it", string(f))
	}
	install, err := f.nodeInstall(d)
	if err != nil {
		return "", err
	}
	return joined(
		"ARG NODE_IMAGE="+nodeImage,
		"FROM ${NODE_IMAGE}",
		"WORKDIR /app",
		"COPY . .",
		"RUN "+install+" && npm run build --if-present",
		"ENV NODE_ENV=production",
		"USER 1000:1000",
		"CMD "+start,
	), nil
}

// nodeInstall is the command that installs the packages.
func (f folder) nodeInstall(d Detection) (string, error) {
	install, ok := map[string]string{
		"":     "npm install",
		"npm":  "npm ci",
		"yarn": "corepack enable && yarn install --frozen-lockfile",
		"pnpm": "corepack enable && pnpm install --frozen-lockfile",
	}[d.PackageManager]
	if !ok {
		return "", fmt.Errorf("%s: there is no Dockerfile to propose for %s", string(f), d.PackageManager)
	}
	return install, nil
}

var procfileWeb = regexp.MustCompile(`(?m)^web:[ \t]*(\S.*?)[ \t\r]*$`)

func (f folder) pythonDockerfile(d Detection) (string, error) {
	start := ""
	if m := procfileWeb.FindStringSubmatch(f.read("Procfile")); m != nil {
		// The shell form: the line may use $PORT.
		start = "exec " + m[1]
	} else if name := path.Base(d.Entry); name == "app.py" || name == "main.py" || name == "server.py" {
		start = fmt.Sprintf(`["python", %q]`, d.Entry)
	} else {
		return "", fmt.Errorf("%s: nothing says how to start it: write a Procfile with a line web: COMMAND", string(f))
	}
	install := "pip install --no-cache-dir ."
	if f.has("requirements.txt") {
		install = "pip install --no-cache-dir -r requirements.txt"
	} else if f.has("Pipfile") {
		return "", fmt.Errorf("%s: there is no Dockerfile to propose for a Pipfile; pip installs a requirements.txt", string(f))
	}
	return joined(
		"ARG PYTHON_IMAGE="+pythonImage,
		"FROM ${PYTHON_IMAGE}",
		"WORKDIR /app",
		"COPY . .",
		"RUN "+install,
		"ENV PYTHONUNBUFFERED=1",
		"USER 1000:1000",
		"CMD "+start,
	), nil
}

func joined(all ...string) string { return strings.Join(all, "\n") + "\n" }
