package home

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	data, err := os.ReadFile(h.contextFile(name))
	if errors.Is(err, fs.ErrNotExist) {
		known, _ := h.Contexts()
		if len(known) == 0 {
			return c, fmt.Errorf("context %q: %w; run pilot setup first", name, ErrNoContext)
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

// RemoveContext forgets the context of that name; it is no error if there is none.
func (h *Home) RemoveContext(name string) error {
	err := os.Remove(h.contextFile(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
