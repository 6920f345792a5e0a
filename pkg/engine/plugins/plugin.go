package plugins

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
)

// Plugin is one provider plugin.
type Plugin struct {
	// Name is the Pulumi package, such as aws.
	Name string
	// Version has no leading v, such as 6.83.4.
	Version string
}

var (
	moduleForm  = regexp.MustCompile(`^github\.com/pulumi/pulumi-([a-z0-9-]+)/sdk(?:/v[0-9]+)?$`)
	nameForm    = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	versionForm = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?$`)
)

// Of is the plugin that belongs to a provider's Go SDK, by the path of its
// module, such as github.com/pulumi/pulumi-aws/sdk/v6. Name and version are
// those that this binary was built with.
func Of(module string) (Plugin, error) {
	found := moduleForm.FindStringSubmatch(module)
	if found == nil {
		return Plugin{}, fmt.Errorf("plugin of module %q: want the SDK of a Pulumi provider, such as github.com/pulumi/pulumi-aws/sdk/v6", module)
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return Plugin{}, fmt.Errorf("plugin of module %s: this binary was built without module information", module)
	}
	return of(found[1], module, info.Deps)
}

func of(name, module string, deps []*debug.Module) (Plugin, error) {
	for _, dep := range deps {
		if dep.Path != module {
			continue
		}
		if dep.Replace != nil {
			dep = dep.Replace
		}
		p := Plugin{Name: name}
		if len(dep.Version) > 1 {
			p.Version = dep.Version[1:]
		}
		if err := p.check(); err != nil {
			return Plugin{}, fmt.Errorf("plugin of module %s %q: built from a folder, not from a release; name a plugin folder instead", module, dep.Version)
		}
		return p, nil
	}
	return Plugin{}, fmt.Errorf("plugin of module %s: this binary does not use that module", module)
}

func (p Plugin) check() error {
	if !nameForm.MatchString(p.Name) {
		return fmt.Errorf("plugin name %q: want the name of a Pulumi package, such as aws", p.Name)
	}
	if !versionForm.MatchString(p.Version) {
		return fmt.Errorf("version %q of plugin %s: want a semantic version without a leading v, such as 6.83.4", p.Version, p.Name)
	}
	return nil
}

// String gives name and version.
func (p Plugin) String() string { return p.Name + " " + p.Version }

// Archive is the release's file for this operating system and processor.
func (p Plugin) Archive() string {
	return fmt.Sprintf("pulumi-resource-%s-v%s-%s-%s.tar.gz", p.Name, p.Version, runtime.GOOS, runtime.GOARCH)
}

// Folder is the plugin's folder within a folder of plugins.
func (p Plugin) Folder() string { return fmt.Sprintf("resource-%s-v%s", p.Name, p.Version) }

// Program is the plugin's program within its folder.
func (p Plugin) Program() string {
	program := "pulumi-resource-" + p.Name
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	return program
}

// list is the name of the sums that the release publishes.
func (p Plugin) list() string { return fmt.Sprintf("pulumi-%s_%s_checksums.txt", p.Name, p.Version) }

// MissingError says that a folder lacks a plugin that is not to be fetched.
type MissingError struct {
	Plugin Plugin
	// Dir is the folder that was looked at.
	Dir string
}

// Error names the file and how to put it there.
func (e *MissingError) Error() string {
	return fmt.Sprintf("provider plugin %s is not in %s: want the program %s; unpack %s of release v%s of github.com/pulumi/pulumi-%s into %s",
		e.Plugin, e.Dir, filepath.Join(e.Plugin.Folder(), e.Plugin.Program()),
		e.Plugin.Archive(), e.Plugin.Version, e.Plugin.Name, filepath.Join(e.Dir, e.Plugin.Folder()))
}

// Find gives the path of a plugin's program in a folder of plugins, or a
// *MissingError. An installation that never ended, which Pulumi marks by a file
// beside the folder, does not count.
func Find(dir string, p Plugin) (string, error) {
	if err := p.check(); err != nil {
		return "", err
	}
	folder := filepath.Join(dir, p.Folder())
	program := filepath.Join(folder, p.Program())
	info, err := os.Stat(program)
	if err != nil || !info.Mode().IsRegular() {
		return "", &MissingError{Plugin: p, Dir: dir}
	}
	if _, err := os.Lstat(folder + partialSuffix); err == nil {
		return "", &MissingError{Plugin: p, Dir: dir}
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o111 == 0 {
		return "", fmt.Errorf("provider plugin %s: %s is not executable; chmod +x it", p, program)
	}
	return program, nil
}

// The files that Pulumi keeps beside a plugin's folder while it installs.
const (
	partialSuffix = ".partial"
	lockSuffix    = ".lock"
)
