package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/pilot-framework/pilot/internal/home"
	"github.com/pilot-framework/pilot/internal/terminal"
	"github.com/pilot-framework/pilot/pkg/engine/plugins"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/urfave/cli/v2"
)

// pluginDir is where a platform's provider plugins are taken from: the folder
// that the person named, or Pilot's own. It is empty where none are needed.
func pluginDir(c *cli.Context, h *home.Home, p stacks.Platform) (string, error) {
	if dir := c.String("plugin-dir"); dir != "" {
		return dir, nil
	}
	if c.Bool("offline") {
		return "", nil
	}
	needed, err := p.Plugins()
	if err != nil || len(needed) == 0 {
		return "", err
	}
	return h.PluginDir()
}

// ensurePlugins has the plugins that an operation needs in place before it
// begins. A folder that the person named is looked at and never written to.
func (s *session) ensurePlugins(c *cli.Context, o *opened) error {
	if o.simulated != nil {
		return nil
	}
	needed, err := o.Platform.Plugins()
	if err != nil {
		return err
	}
	for _, p := range needed {
		if dir := c.String("plugin-dir"); dir != "" {
			if _, err := plugins.Find(dir, p); err != nil {
				return usage(err)
			}
			continue
		}
		if err := s.fetchPlugin(c, o.home, p); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) fetchPlugin(c *cli.Context, h *home.Home, p plugins.Plugin) error {
	dir, err := h.PluginDir()
	if err != nil {
		return err
	}
	bar := terminal.NewBar(s.words(c), fmt.Sprintf("the provider plugin %s", p))
	_, err = plugins.Ensure(c.Context, p, plugins.Options{
		Dir: dir, Sums: h.PluginSums(), Source: c.String("plugin-source"), Progress: bar.Update,
	})
	bar.Close(err)
	return err
}

// pluginChecks say whether the plugins that a platform needs are here. They
// look and fetch nothing.
func pluginChecks(c *cli.Context, p stacks.Platform) []stacks.Check {
	needed, err := p.Plugins()
	if err != nil {
		return []stacks.Check{{Name: "provider plugins", Run: func(context.Context) (string, error) { return "", err }}}
	}
	var checks []stacks.Check
	for _, plugin := range needed {
		checks = append(checks, stacks.Check{Name: "provider plugin " + plugin.Name, Run: func(context.Context) (string, error) {
			return checkPlugin(c, plugin)
		}})
	}
	return checks
}

func checkPlugin(c *cli.Context, plugin plugins.Plugin) (string, error) {
	named := c.String("plugin-dir")
	dir := named
	if dir == "" {
		h, err := home.Open()
		if err != nil {
			return "", err
		}
		if dir, err = h.PluginDir(); err != nil {
			return "", err
		}
	}
	path, err := plugins.Find(dir, plugin)
	var missing *plugins.MissingError
	switch {
	case err == nil:
		return plugin.Version + " at " + path, nil
	case errors.As(err, &missing) && named == "":
		return "", &stacks.Problem{
			Reason: fmt.Sprintf("%s is not here yet", plugin),
			Fix:    "pilot preview fetches it; without internet, name a folder that holds it with --plugin-dir",
		}
	}
	return "", err
}
