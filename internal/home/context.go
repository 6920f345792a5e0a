package home

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// Context is what is needed to use one platform: where it is, whom to trust
// there, and the token that says who is asking.
type Context struct {
	// Name is the stack's name, or the name that a teammate gave it.
	Name string `json:"name"`
	// Target is local, aws or gcp.
	Target string `json:"target"`
	// Address is host:port of the server's API.
	Address string `json:"address"`
	// CA is the PEM of the only authority to trust.
	CA string `json:"ca"`
	// Token is the bearer token.
	Token string `json:"token"`
	// UI and Source are the URLs of the web interface and of the source receiver.
	UI     string `json:"ui"`
	Source string `json:"source"`
	// RunnerSource is the source receiver's URL as the runners reach it.
	RunnerSource string `json:"runnerSource"`
}

// ErrNoContext reports that no platform is known under a name.
var ErrNoContext = errors.New("no such platform is known here")

func (h *Home) contextFile(name string) string {
	return filepath.Join(h.dir, "contexts", name+".json")
}

// SaveContext keeps c under its name.
func (h *Home) SaveContext(c Context) error {
	if err := CheckContextName(c.Name); err != nil {
		return err
	}
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if err := WriteFile(h.contextFile(c.Name), append(data, '\n')); err != nil {
		return fmt.Errorf("keep the context %q: %w", c.Name, err)
	}
	return nil
}

// LoadContext returns the context of that name. It fails with ErrNoContext
// when there is none.
func (h *Home) LoadContext(name string) (Context, error) {
	var c Context
	if err := CheckContextName(name); err != nil {
		return c, err
	}
	data, err := os.ReadFile(h.contextFile(name))
	if errors.Is(err, fs.ErrNotExist) {
		known, _ := h.Contexts()
		if len(known) == 0 {
			return c, fmt.Errorf("context %q: %w; run pilot setup, or pilot connect with an invite, first", name, ErrNoContext)
		}
		return c, fmt.Errorf("context %q: %w; known: %s", name, ErrNoContext, strings.Join(known, ", "))
	}
	if err != nil {
		return c, fmt.Errorf("read the context %q: %w", name, err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("context file %s is damaged; run pilot setup again to write it anew: %w", h.contextFile(name), err)
	}
	return c, nil
}

// Contexts lists the names of the known contexts in order.
func (h *Home) Contexts() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(h.dir, "contexts"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".json"); ok && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names, nil
}

// RemoveContext forgets the context of that name, which then is not the current
// one either; it is no error if there is none.
func (h *Home) RemoveContext(name string) error {
	if current, err := h.CurrentContext(); err == nil && current == name {
		if err := os.Remove(h.currentFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Remove(h.contextFile(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return removeIfEmpty(filepath.Join(h.dir, "contexts"))
}

func (h *Home) currentFile() string { return filepath.Join(h.dir, "contexts", "current") }

// CurrentContext is the name of the context that commands use where none is
// named, empty where none was chosen.
func (h *Home) CurrentContext() (string, error) {
	data, err := os.ReadFile(h.currentFile())
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read which context is the current one: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

// UseContext makes a known context the current one. It fails with ErrNoContext
// when there is none of that name.
func (h *Home) UseContext(name string) error {
	if _, err := h.LoadContext(name); err != nil {
		return err
	}
	if err := WriteFile(h.currentFile(), []byte(name+"\n")); err != nil {
		return fmt.Errorf("make %q the current context: %w", name, err)
	}
	return nil
}

// contextForm keeps names to what is a file name everywhere.
var contextForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// CheckContextName says what is wrong with a context's name.
func CheckContextName(name string) error {
	if !contextForm.MatchString(name) {
		return fmt.Errorf("context name %q: want 1 to 63 lower-case letters, digits or hyphens, the first no hyphen", name)
	}
	return nil
}

// StateFile is where the state of a stack of this machine's own lies in the
// default backend.
func (h *Home) StateFile(project, stack string) string {
	return filepath.Join(h.StateDir(false), ".pulumi", "stacks", project, stack+".json")
}
