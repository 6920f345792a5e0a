// Package home keeps the files that Pilot has on a person's machine: the state
// of stacks, the passphrase that encrypts it, and what is needed to reach a
// platform. Folders are 0700 and everything secret is 0600.
package home

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// EnvDir is the environment variable that moves the folder from ~/.pilot.
const EnvDir = "PILOT_HOME"

// Home is one such folder.
type Home struct {
	dir string
}

// Open finds $PILOT_HOME or ~/.pilot and makes it if it is missing. A folder
// that others can read is closed to them.
func Open() (*Home, error) {
	dir := os.Getenv(EnvDir)
	if dir == "" {
		user, err := os.UserHomeDir()
		if err != nil {
			return nil, fmt.Errorf("no home folder for Pilot's files; set %s to a folder: %w", EnvDir, err)
		}
		dir = filepath.Join(user, ".pilot")
	}
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("%s %q: want an absolute path", EnvDir, dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make Pilot's folder: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("close Pilot's folder to others: %w", err)
	}
	return &Home{dir: dir}, nil
}

// Dir is the folder's absolute path.
func (h *Home) Dir() string { return h.dir }

// StateURL is the URL of the state backend in this folder. Simulated clouds
// have one of their own, so that they are never taken for real ones.
func (h *Home) StateURL(simulated bool) (string, error) {
	dir := h.StateDir(simulated)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the state folder: %w", err)
	}
	return "file://" + filepath.ToSlash(dir), nil
}

// StateDir is where the state of StateURL lies.
func (h *Home) StateDir(simulated bool) string {
	if simulated {
		return filepath.Join(h.dir, "simulated", "state")
	}
	return filepath.Join(h.dir, "state")
}

// SimulatedCloud is the file that holds the simulated clouds.
func (h *Home) SimulatedCloud() string { return filepath.Join(h.dir, "simulated", "clouds.json") }

// LogDir is the folder of log files; it is made if it is missing.
func (h *Home) LogDir() (string, error) {
	dir := filepath.Join(h.dir, "logs")
	return dir, os.MkdirAll(dir, 0o700)
}

// PluginDir is the folder of provider plugins; it is made if it is missing.
func (h *Home) PluginDir() (string, error) {
	dir := filepath.Join(h.dir, "plugins")
	return dir, os.MkdirAll(dir, 0o700)
}

// PluginSums is the file that records the sums of provider plugins.
func (h *Home) PluginSums() string { return filepath.Join(h.dir, "plugins.sum") }

// Passphrase returns the passphrase that encrypts secrets in this folder's
// state. It is made at random on first use.
func (h *Home) Passphrase() (string, error) {
	file := filepath.Join(h.dir, "state", "passphrase")
	data, err := os.ReadFile(file)
	switch {
	case err == nil:
		phrase := strings.TrimSpace(string(data))
		if phrase == "" {
			return "", fmt.Errorf("passphrase file %s is empty: put back the passphrase that the state was encrypted with", file)
		}
		return phrase, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("read the state's passphrase: %w", err)
	}
	raw := make([]byte, 32)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("make a passphrase: %w", err)
	}
	phrase := base64.RawURLEncoding.EncodeToString(raw)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", fmt.Errorf("make the state folder: %w", err)
	}
	// Two first runs may race: the link is made by one of them alone, and only
	// when its content is on disk; the other reads it.
	tmp := filepath.Join(filepath.Dir(file), fmt.Sprintf(".passphrase-%d-%s", os.Getpid(), phrase[:8]))
	if err := WriteFile(tmp, []byte(phrase+"\n")); err != nil {
		return "", fmt.Errorf("keep the state's passphrase: %w", err)
	}
	defer os.Remove(tmp)
	err = os.Link(tmp, file)
	if errors.Is(err, fs.ErrExist) {
		return h.Passphrase()
	}
	if err != nil {
		return "", fmt.Errorf("keep the state's passphrase: %w", err)
	}
	return phrase, nil
}

// KeyDir is where the keys that are derived from Passphrase are kept: it is
// guarded just as the passphrase is.
func (h *Home) KeyDir() string { return filepath.Join(h.dir, "state", "keys") }

// DockerCerts writes the credentials of a stack's Docker endpoint in the
// layout that DOCKER_CERT_PATH wants, and returns the folder.
func (h *Home) DockerCerts(stack, ca, cert, key string) (string, error) {
	dir := filepath.Join(h.dir, "docker", stack)
	for name, content := range map[string]string{"ca.pem": ca, "cert.pem": cert, "key.pem": key} {
		if err := WriteFile(filepath.Join(dir, name), []byte(content)); err != nil {
			return "", fmt.Errorf("write the Docker endpoint's %s: %w", name, err)
		}
	}
	return dir, nil
}

// CacheDir is where things are remembered that a stack's commands can do
// without. It may be missing.
func (h *Home) CacheDir(stack string) string { return filepath.Join(h.dir, "cache", stack) }

// Forget removes what was kept of a stack that is gone: its context, its Docker
// credentials, its cache and its logs. State and history stay.
func (h *Home) Forget(stack string) error {
	logs, err := filepath.Glob(filepath.Join(h.dir, "logs", stack+"-[0-9]*.jsonl"))
	for _, file := range logs {
		err = errors.Join(err, os.Remove(file))
	}
	return errors.Join(err,
		removeIfEmpty(filepath.Join(h.dir, "logs")),
		os.RemoveAll(filepath.Join(h.dir, "docker", stack)),
		os.RemoveAll(h.CacheDir(stack)),
		h.RemoveContext(stack),
		removeIfEmpty(filepath.Join(h.dir, "docker")),
		removeIfEmpty(filepath.Join(h.dir, "cache")),
		removeIfEmpty(filepath.Join(h.dir, "contexts")),
	)
}

func removeIfEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		return nil
	}
	return os.Remove(dir)
}

// WriteFile writes a secret file so that a crash leaves the old content or the
// new, never a part. Missing folders are made 0700, the file is 0600.
func WriteFile(file string, content []byte) error {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(file)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if _, err = tmp.Write(content); err == nil {
		err = tmp.Sync()
	}
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}
