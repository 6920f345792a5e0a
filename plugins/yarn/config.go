package yarn

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/distribution/reference"
)

// DefaultImage is the image that builds run in when none is named: the long-term
// release of Node.js, with npm, yarn and corepack.
const DefaultImage = "node:22"

// Config are the plugin's options in an app file.
type Config struct {
	// Directory holds package.json, relative to the app's folder. Default:
	// the app's folder.
	Directory string `hcl:"directory,optional"`
	// Output is the folder that the build makes, relative to Directory.
	// Default: the one of build, dist and out that the build has made. Where
	// nothing is built, the folder to publish: "." is all of Directory.
	Output string `hcl:"output,optional"`
	// Image is the image to build in. It needs sh, cat, Node.js and the
	// package manager. Default [DefaultImage].
	Image string `hcl:"image,optional"`
	// Env are environment variables of the install and of the build.
	Env map[string]string `hcl:"env,optional"`
	// InstallCommand is run by sh instead of the package manager's own
	// installation.
	InstallCommand string `hcl:"install_command,optional"`
	// BuildCommand is run by sh instead of the script "build" of package.json.
	BuildCommand string `hcl:"build_command,optional"`
}

// variableName is what a shell can export (POSIX.1, section 8.1).
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// check returns an error that names the option, its value and what would be right.
func (c Config) check() error {
	for _, o := range []struct{ name, value string }{{"directory", c.Directory}, {"output", c.Output}} {
		if o.value != "" && (!filepath.IsLocal(o.value) || strings.ContainsRune(o.value, '\\')) {
			return fmt.Errorf("%s = %q: must be a path below the app's folder, such as \"web\"", o.name, o.value)
		}
	}
	if _, err := reference.ParseNormalizedNamed(c.image()); err != nil {
		return fmt.Errorf("image = %q: must be an image, such as %q: %w", c.Image, DefaultImage, err)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		if !variableName.MatchString(name) {
			return fmt.Errorf("env: %q must be an environment variable's name: letters, digits and _, not starting with a digit", name)
		}
		if strings.ContainsRune(c.Env[name], 0) {
			return fmt.Errorf("env.%s: must not hold a zero byte", name)
		}
	}
	return nil
}

func (c Config) image() string {
	if c.Image == "" {
		return DefaultImage
	}
	return c.Image
}

// directory is Directory in its shortest form: "." is the app's folder.
func (c Config) directory() string { return path.Clean(filepath.ToSlash(c.Directory)) }

// output is Output in its shortest form, or "" when it is to be found.
func (c Config) output() string {
	if c.Output == "" {
		return ""
	}
	return path.Clean(filepath.ToSlash(c.Output))
}
