package yarn

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// tool is a package manager, as it is called in the container.
type tool struct {
	name    string // "yarn", "yarn berry", "npm" or "pnpm"
	command string // runs it, for sh
	install string // installs exactly what the lock file says
}

// lockFiles and whose they are.
var lockFiles = []struct{ file, manager string }{
	{"yarn.lock", "yarn"}, {"pnpm-lock.yaml", "pnpm"}, {"package-lock.json", "npm"}, {"npm-shrinkwrap.json", "npm"},
	{"bun.lock", "bun"}, {"bun.lockb", "bun"},
}

// findTool looks for a lock file in dir and in the folders above it: in a
// repository of workspaces there is one, at the top. It returns the folder too.
func findTool(root *os.Root, dir string, pkg packageJSON) (tool, string, error) {
	wanted := managerName(pkg.PackageManager)
	for at := dir; ; at = path.Dir(at) {
		found := map[string]string{}
		var files []string
		for _, l := range lockFiles {
			if name := path.Join(at, l.file); exists(root, name) {
				found[l.manager] = name
				files = append(files, name)
			}
		}
		if len(found) > 0 {
			if at != dir {
				top, err := topPackage(root, at)
				if err != nil {
					return tool{}, "", err
				}
				if pkg.PackageManager == "" {
					pkg.PackageManager, wanted = top.PackageManager, managerName(top.PackageManager)
				}
			}
			t, err := chooseTool(root, at, found, files, wanted, pkg.PackageManager)
			return t, at, err
		}
		if at == "." {
			break
		}
	}
	if pkg.needsNothing() {
		return withoutLock(wanted), dir, nil
	}
	return tool{}, "", fmt.Errorf("%s lists packages, and there is no lock file that says which versions: commit yarn.lock, package-lock.json or pnpm-lock.yaml",
		path.Join(dir, "package.json"))
}

func topPackage(root *os.Root, at string) (packageJSON, error) {
	var top packageJSON
	text, err := read(root, path.Join(at, "package.json"))
	if err != nil || text == "" {
		return top, err
	}
	if err := json.Unmarshal([]byte(text), &top); err != nil {
		return top, fmt.Errorf("%s is not JSON: %w", path.Join(at, "package.json"), err)
	}
	return top, nil
}

// managerName is the name in a packageManager field, such as "yarn@4.5.0+sha224.abc".
func managerName(field string) string {
	name, _, _ := strings.Cut(field, "@")
	return name
}

// withoutLock runs scripts only.
func withoutLock(wanted string) tool {
	if wanted == "" {
		wanted = "npm"
	}
	return tool{name: wanted, command: wanted}
}

func chooseTool(root *os.Root, at string, found map[string]string, files []string, wanted, field string) (tool, error) {
	manager := wanted
	switch {
	case wanted != "" && found[wanted] == "":
		return tool{}, fmt.Errorf("packageManager %q of package.json is not whose lock file is there (%s): commit the lock file of %s", field, strings.Join(files, ", "), wanted)
	case wanted == "" && len(found) > 1:
		return tool{}, fmt.Errorf("lock files of several package managers (%s): remove those that are not used, or set packageManager in package.json", strings.Join(files, ", "))
	case wanted == "":
		for manager = range found {
		}
	}
	switch manager {
	case "npm":
		return tool{"npm", "npm", "npm ci --no-audit --no-fund"}, nil
	case "pnpm":
		return tool{"pnpm", "pnpm", prepare("pnpm") + "pnpm install --frozen-lockfile --store-dir " + cacheDir + "/pnpm"}, nil
	case "yarn":
		return yarnTool(root, at, found["yarn"], field)
	}
	return tool{}, fmt.Errorf("%s: %s is not supported: use yarn, npm or pnpm, or set install_command and build_command", found[manager], manager)
}

// yarnTool tells yarn 1 (classic) from the later ones (berry), which have other
// options and another lock file.
func yarnTool(root *os.Root, at, lock, field string) (tool, error) {
	settings, err := read(root, path.Join(at, ".yarnrc.yml"))
	if err != nil {
		return tool{}, err
	}
	var rc struct {
		YarnPath string `yaml:"yarnPath"`
	}
	if err := yaml.Unmarshal([]byte(settings), &rc); err != nil {
		return tool{}, fmt.Errorf("%s is not YAML: %w", path.Join(at, ".yarnrc.yml"), err)
	}
	if rc.YarnPath != "" {
		release := path.Join(at, rc.YarnPath)
		if !filepath.IsLocal(release) || !exists(root, release) {
			return tool{}, fmt.Errorf("yarnPath %q of %s: the file is not there: commit it", rc.YarnPath, path.Join(at, ".yarnrc.yml"))
		}
		command := "node " + quote(path.Join(sourceDir, release))
		return tool{"yarn berry", command, command + " install --immutable"}, nil
	}
	text, err := read(root, lock)
	if err != nil {
		return tool{}, err
	}
	major, ok := majorVersion(field)
	berry := strings.Contains(text, "\n__metadata:") || strings.HasPrefix(text, "__metadata:")
	switch {
	case ok && major == 1 && berry:
		return tool{}, fmt.Errorf("packageManager %q of package.json is yarn 1, and %s was written by a later one: install with one of them, and commit", field, lock)
	case ok && major > 1:
		return tool{"yarn berry", "yarn", prepare("yarn") + "yarn install --immutable"}, nil
	case berry:
		return tool{}, errors.New(lock + " was written by yarn 2 or later, and nothing says which one: set packageManager in package.json (yarn set version stable)")
	}
	return tool{"yarn", "yarn", "yarn install --frozen-lockfile --non-interactive --mutex file:" + cacheDir + "/yarn-mutex"}, nil
}

// majorVersion is the 4 of yarn@4.5.0.
func majorVersion(field string) (int, bool) {
	_, version, ok := strings.Cut(field, "@")
	if !ok {
		return 0, false
	}
	first, _, _ := strings.Cut(version, ".")
	major, err := strconv.Atoi(first)
	return major, err == nil
}

// prepare puts the version that the project asks for in front of the image's own,
// where corepack can get it.
func prepare(name string) string {
	return "if command -v corepack >/dev/null; then mkdir -p " + binDir + " && corepack enable --install-directory " + binDir + " " + name + "; fi && "
}

// quote makes one word of s for sh.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
