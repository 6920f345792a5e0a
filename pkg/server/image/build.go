package image

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Options say what goes into an image. The zero value takes the binaries from where "make build" and a release put
// them.
type Options struct {
	// BinDir is the folder that holds waypoint and pilot-agent. When empty they are looked for beside the running
	// executable, then in $PILOT_HOME/bin (~/.pilot/bin when PILOT_HOME is not set).
	BinDir string
	// Plugins are paths of plugin binaries for the server image, named waypoint-plugin-NAME. They must be static Linux
	// binaries of the same architecture as the others; what several of them share as one program is in the image once. When nil, those beside waypoint are taken whose name starts with
	// waypoint-plugin-pilot-: an image without a plugin needs an empty, non-nil list.
	Plugins []string
}

const (
	waypointBinary = "waypoint"
	agentBinary    = "pilot-agent"
)

var pluginFormat = regexp.MustCompile(`^waypoint-plugin-[a-z0-9-]+$`)

// Server assembles the image of the server, the runner and the source receiver.
func Server(opts Options) (*Image, error) {
	waypoint, err := find(opts.BinDir, waypointBinary)
	if err != nil {
		return nil, err
	}
	agent, err := find(opts.BinDir, agentBinary)
	if err != nil {
		return nil, err
	}
	if opts.Plugins == nil {
		opts.Plugins, err = filepath.Glob(filepath.Join(filepath.Dir(waypoint), "waypoint-plugin-pilot-*"))
		if err != nil {
			return nil, fmt.Errorf("look for plugins: %w", err)
		}
	}
	arch, err := sameArchitecture(append([]string{waypoint, agent}, opts.Plugins...))
	if err != nil {
		return nil, err
	}
	layers := []layer{
		{comment: "users, certificates and folders", entries: []entry{
			folder("data", 0o700, UID),
			folder("etc", 0o755, 0),
			text("etc/group", fmt.Sprintf("root:x:0:\npilot:x:%d:\n", UID)),
			text("etc/passwd", fmt.Sprintf("root:x:0:0:root:/:/\npilot:x:%d:%d:pilot:%s:/\n", UID, UID, DataDir)),
			folder(ConfigDir[1:], 0o755, UID),
			folder(DockerDir[1:], 0o755, UID),
			folder(path.Dir(PluginDir)[1:], 0o755, UID),
			folder(ContextDir[1:], 0o755, UID),
			folder(PluginDir[1:], 0o755, UID),
			folder("etc/ssl", 0o755, 0),
			folder("etc/ssl/certs", 0o755, 0),
			text("etc/ssl/certs/ca-certificates.crt", mozillaCertificates()),
			folder("tmp", 0o1777, 0),
			folder("usr", 0o755, 0),
			folder("usr/bin", 0o755, 0),
		}},
		{comment: "deploy engine", entries: []entry{{name: WaypointPath[1:], mode: 0o755, path: waypoint}}},
		{comment: "pilot-agent", entries: []entry{{name: AgentPath[1:], mode: 0o755, path: agent}}},
	}
	if len(opts.Plugins) > 0 {
		plugins := slices.Clone(opts.Plugins)
		slices.SortFunc(plugins, func(a, b string) int { return strings.Compare(filepath.Base(a), filepath.Base(b)) })
		l := layer{comment: "plugins"}
		if l.entries, err = pluginEntries(plugins); err != nil {
			return nil, err
		}
		layers = append(layers, l)
	}
	return assemble("pilot-server", arch, runConfig{
		User:       fmt.Sprintf("%d:%d", UID, UID),
		Env:        []string{"PATH=/usr/bin", "HOME=" + DataDir, "XDG_CONFIG_HOME=" + ConfigDir, "SSL_CERT_FILE=" + CAFile},
		Cmd:        []string{WaypointPath, "version"},
		WorkingDir: DataDir,
		Labels: map[string]string{
			"org.opencontainers.image.title": "Pilot server",
			"io.pilot.version.waypoint":      moduleVersion(waypoint, "github.com/hashicorp/waypoint"),
			"io.pilot.version.pilot-agent":   moduleVersion(agent, "github.com/pilot-framework/pilot"),
		},
	}, layers)
}

// pluginEntries has each content once: plugins that are one program under several
// names are hard links to the first of them.
func pluginEntries(plugins []string) ([]entry, error) {
	var entries []entry
	names := map[string]string{} // by the digest of the content
	for _, plugin := range plugins {
		base := filepath.Base(plugin)
		if !pluginFormat.MatchString(base) {
			return nil, fmt.Errorf("plugin %s: the file's name must be waypoint-plugin-NAME, with lower-case letters, digits and '-'", plugin)
		}
		sum, err := digest(plugin)
		if err != nil {
			return nil, fmt.Errorf("plugin %s: %w", plugin, err)
		}
		e := entry{name: PluginDir[1:] + "/" + base, mode: 0o755}
		if first, ok := names[sum]; ok {
			e.link = first
		} else {
			e.path, names[sum] = plugin, e.name
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func digest(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Gateway assembles the image of the TLS gateway in front of a local Docker socket.
func Gateway(opts Options) (*Image, error) {
	agent, err := find(opts.BinDir, agentBinary)
	if err != nil {
		return nil, err
	}
	arch, err := sameArchitecture([]string{agent})
	if err != nil {
		return nil, err
	}
	return assemble("pilot-gateway", arch, runConfig{
		User:       "0:0",
		Env:        []string{"PATH=/usr/bin"},
		Cmd:        []string{AgentPath, "version"},
		WorkingDir: "/",
		Labels: map[string]string{
			"org.opencontainers.image.title": "Pilot Docker gateway",
			"io.pilot.version.pilot-agent":   moduleVersion(agent, "github.com/pilot-framework/pilot"),
		},
	}, []layer{
		{comment: "folders", entries: []entry{
			folder("etc", 0o755, 0), folder(ConfigDir[1:], 0o700, 0), folder("tmp", 0o1777, 0),
			folder("usr", 0o755, 0), folder("usr/bin", 0o755, 0),
		}},
		{comment: "pilot-agent", entries: []entry{{name: AgentPath[1:], mode: 0o755, path: agent}}},
	})
}

// find returns the path of a binary.
func find(binDir, name string) (string, error) {
	dirs := []string{binDir}
	if binDir == "" {
		dirs = nil
		if self, err := os.Executable(); err == nil {
			if resolved, err := filepath.EvalSymlinks(self); err == nil {
				self = resolved
			}
			dirs = append(dirs, filepath.Dir(self))
		}
		home := os.Getenv("PILOT_HOME")
		if home == "" {
			if user, err := os.UserHomeDir(); err == nil {
				home = filepath.Join(user, ".pilot")
			}
		}
		if home != "" {
			dirs = append(dirs, filepath.Join(home, "bin"))
		}
	}
	for _, dir := range dirs {
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			return file, nil
		}
	}
	return "", fmt.Errorf(`binary %s is not in %s: run "make build" in Pilot's source, or copy it to one of these folders`,
		name, strings.Join(dirs, " or "))
}

// moduleVersion reads the version of a module out of a Go binary; "unknown" when it can't be told.
func moduleVersion(file, module string) string {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return "unknown"
	}
	if info.Main.Path == module && info.Main.Version != "" {
		return info.Main.Version
	}
	for _, dep := range info.Deps {
		if dep.Path == module {
			return dep.Version
		}
	}
	return "unknown"
}

// mozillaCertificates returns the roots that Mozilla trusts without conditions, as PEM. A PEM file can't express
// conditions, so the few roots with one are left out.
func mozillaCertificates() string {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue
		}
		// Writing to a buffer does not fail.
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})
	}
	return out.String()
}
