package appconfig

import (
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// packageJSON is the part of a package.json that says what the app is.
type packageJSON struct {
	Main            string            `json:"main"`
	Scripts         map[string]string `json:"scripts"`
	Dependencies    map[string]any    `json:"dependencies"`
	DevDependencies map[string]any    `json:"devDependencies"`
	PackageManager  string            `json:"packageManager"`
}

func (p packageJSON) has(name string) bool {
	_, dep := p.Dependencies[name]
	_, dev := p.DevDependencies[name]
	return dep || dev
}

// siteBuilder is a framework whose build makes a static site.
type siteBuilder struct {
	name, dependency, output string
}

// siteBuilders in the order of meaning: Astro, SvelteKit and others bring Vite
// with them. The folders are the tools' own defaults.
var siteBuilders = []siteBuilder{
	{"next", "next", "out"},
	{"gatsby", "gatsby", "public"},
	{"astro", "astro", "dist"},
	{"sveltekit", "@sveltejs/adapter-static", "build"},
	{"docusaurus", "@docusaurus/core", "build"},
	{"eleventy", "@11ty/eleventy", "_site"},
	{"react", "react-scripts", "build"},
	{"vue", "@vue/cli-service", "dist"},
	{"parcel", "parcel", "dist"},
	{"vite", "vite", "dist"},
}

// servers are what a package.json depends on when the app listens itself.
var servers = []string{
	"express", "fastify", "koa", "@hapi/hapi", "hono", "@hono/node-server", "@nestjs/core", "restify", "polka",
	"@sveltejs/adapter-node", "@astrojs/node", "nuxt", "@remix-run/node", "@remix-run/serve", "@react-router/serve",
}

func (f folder) packageJSON() (packageJSON, error) {
	var p packageJSON
	if err := json.Unmarshal([]byte(f.read("package.json")), &p); err != nil {
		return p, fmt.Errorf("package.json can't be read: %w", err)
	}
	return p, nil
}

func (f folder) node() Detection {
	d := Detection{Language: "node"}
	p, err := f.packageJSON()
	if err != nil {
		d.Build, d.Reason, d.siteLacks = "pack", "a Node.js program: "+err.Error(), "a package.json that can be read"
		return d
	}
	d.PackageManager = f.packageManager(p)
	listens := ""
	for _, s := range servers {
		if _, ok := p.Dependencies[s]; ok {
			listens = s
			break
		}
	}
	if p.Scripts["build"] == "" {
		d.siteLacks = "a script named build in package.json"
	}
	for _, b := range siteBuilders {
		if !p.has(b.dependency) {
			continue
		}
		d.Framework = b.name
		if d.siteLacks == "" {
			d.siteLacks = f.exportLacks(b)
		}
		if listens == "" && d.siteLacks == "" {
			d.Static, d.Build, d.Directory = true, "yarn", b.output
			d.Reason = "package.json: a static site made with " + b.name + ", built into " + b.output + f.lockNote(d)
			return d
		}
		break
	}
	d.Build = "pack"
	d.Entry = f.nodeEntry(p)
	d.Reason = "package.json: a Node.js program"
	switch {
	case listens != "":
		d.Reason += " that serves with " + listens
	case d.Framework != "":
		d.Reason += " made with " + d.Framework
	}
	if d.Entry != "" {
		d.Reason += ", which begins in " + d.Entry
	}
	d.Reason += f.lockNote(d)
	return d
}

func (f folder) lockNote(d Detection) string {
	if d.PackageManager == "" {
		return "; there is no lock file, so that two builds may differ"
	}
	return "; " + d.PackageManager + " installs"
}

// packageManager goes by the lock file, then by what package.json asks for.
func (f folder) packageManager(p packageJSON) string {
	for _, lock := range []struct{ file, manager string }{
		{"yarn.lock", "yarn"}, {"pnpm-lock.yaml", "pnpm"}, {"package-lock.json", "npm"},
		{"npm-shrinkwrap.json", "npm"}, {"bun.lock", "bun"}, {"bun.lockb", "bun"},
	} {
		if f.has(lock.file) {
			return lock.manager
		}
	}
	return ""
}

var (
	nextExport  = regexp.MustCompile(`output\s*:\s*['"]export['"]`)
	astroServer = regexp.MustCompile(`output\s*:\s*['"](server|hybrid)['"]`)
)

// exportLacks returns what keeps the framework from making files, and no server,
// or "".
func (f folder) exportLacks(b siteBuilder) string {
	switch b.name {
	case "next":
		name := f.first("next.config.js", "next.config.mjs", "next.config.ts", "next.config.cjs")
		if nextExport.MatchString(f.read(name)) {
			return ""
		}
		if name == "" {
			name = "a next.config.js"
		}
		return `output: "export" in ` + name + ", without which Next.js builds a server"
	case "astro":
		name := f.first("astro.config.mjs", "astro.config.js", "astro.config.ts")
		if m := astroServer.FindStringSubmatch(f.read(name)); m != nil {
			return fmt.Sprintf(`output: "static" in %s, where %q makes Astro build a server`, name, m[1])
		}
	}
	return ""
}

var runsFile = regexp.MustCompile(`(?:^|\s)(?:node|tsx|ts-node|nodemon|bun)\s+(?:--?\S+\s+)*([\w./-]+\.[cm]?[jt]s)\b`)

// nodeEntry returns the file that starts the app: what the start script runs,
// then main, then the usual names.
func (f folder) nodeEntry(p packageJSON) string {
	if m := runsFile.FindStringSubmatch(p.Scripts["start"]); m != nil {
		return path.Clean(m[1])
	}
	if p.Main != "" && f.has(p.Main) {
		return strings.TrimPrefix(path.Clean(p.Main), "./")
	}
	return f.first("server.js", "index.js", "app.js", "server.mjs", "index.mjs", "src/index.js", "src/server.js", "server.ts", "src/index.ts")
}
