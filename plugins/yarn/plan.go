package yarn

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
)

// step is one command in the container.
type step struct {
	name    string // "install" or "build"
	command string // for sh
	dir     string // relative to the app's folder
}

// plan is what is to be done in the container.
type plan struct {
	tool  string // name of the package manager, or ""
	steps []step
}

// packageJSON is the part of a package.json that says how to build.
type packageJSON struct {
	Scripts              map[string]string `json:"scripts"`
	PackageManager       string            `json:"packageManager"`
	Dependencies         map[string]any    `json:"dependencies"`
	DevDependencies      map[string]any    `json:"devDependencies"`
	OptionalDependencies map[string]any    `json:"optionalDependencies"`
	Workspaces           any               `json:"workspaces"`
}

// needsNothing says that there is nothing to install.
func (p packageJSON) needsNothing() bool {
	return len(p.Dependencies)+len(p.DevDependencies)+len(p.OptionalDependencies) == 0 && p.Workspaces == nil
}

// maxRead bounds what is read of a package.json or of a package manager's own
// settings, in bytes. Lock files may be larger: of them, only the start counts.
const maxRead = 4 << 20

// read returns the start of a file, and "" when there is none.
func read(root *os.Root, name string) (string, error) {
	f, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxRead))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return string(text), nil
}

func exists(root *os.Root, name string) bool {
	info, err := root.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// errNothingToBuild is returned by makePlan for a folder without package.json.
var errNothingToBuild = errors.New("no package.json")

// makePlan looks at the app's folder and runs nothing.
func makePlan(root *os.Root, c Config) (plan, error) {
	dir := c.directory()
	text, err := read(root, path.Join(dir, "package.json"))
	if err != nil {
		return plan{}, err
	}
	var pkg packageJSON
	switch {
	case text == "" && c.BuildCommand == "":
		return plan{}, errNothingToBuild
	case text != "":
		if err := json.Unmarshal([]byte(text), &pkg); err != nil {
			return plan{}, fmt.Errorf("%s is not JSON: %w", path.Join(dir, "package.json"), err)
		}
	}
	if text != "" && pkg.Scripts["build"] == "" && c.BuildCommand == "" {
		return plan{}, fmt.Errorf("%s has no script \"build\": add one, or set build_command", path.Join(dir, "package.json"))
	}
	var p plan
	var t tool
	installDir := dir
	if text != "" && (c.InstallCommand == "" || c.BuildCommand == "") {
		if t, installDir, err = findTool(root, dir, pkg); err != nil {
			return plan{}, err
		}
		p.tool = t.name
	}
	switch {
	case c.InstallCommand != "":
		p.steps = append(p.steps, step{"install", c.InstallCommand, dir})
	case t.install != "":
		p.steps = append(p.steps, step{"install", t.install, installDir})
	}
	if c.BuildCommand != "" {
		p.steps = append(p.steps, step{"build", c.BuildCommand, dir})
	} else {
		p.steps = append(p.steps, step{"build", t.command + " run build", dir})
	}
	return p, nil
}
