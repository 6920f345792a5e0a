package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/pilot-framework/pilot/stacks"
	"github.com/pilot-framework/pilot/stacks/specfile"
	"github.com/urfave/cli/v2"
	"gopkg.in/yaml.v3"
)

// specFileName is where a platform's spec is looked for.
const specFileName = "pilot.yaml"

// spec is a platform as the file and the flags together describe it.
type spec struct {
	// Stack names the stack; the target's name unless given.
	Stack string
	// Target is one of the list.
	Target stacks.Target
	// Platform is the target's own part, complete and valid.
	Platform stacks.Platform
	// Waivers are policy rules that this platform may break, with the reason.
	Waivers map[string]string
}

// specHead is the part of the file that is the same for all targets.
type specHead struct {
	Target string            `yaml:"target"`
	Stack  string            `yaml:"stack"`
	State  string            `yaml:"state"`
	Waive  map[string]string `yaml:"waive"`
}

var stackForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,29}$`)

// loadSpec reads the spec file, where there is one, and lets flags win over it.
func loadSpec(c *cli.Context) (*spec, error) {
	file := c.String("file")
	data, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !c.IsSet("file"):
	case err != nil:
		return nil, usagef("--file: %w", err)
	}
	head, sections, err := readSpec(file, data)
	if err != nil {
		return nil, usage(err)
	}
	return buildSpec(c, file, head, sections)
}

// loadFlags builds a spec from flags alone.
func loadFlags(c *cli.Context) (*spec, error) { return buildSpec(c, "", specHead{}, nil) }

func buildSpec(c *cli.Context, file string, head specHead, sections map[string]*yaml.Node) (*spec, error) {
	for _, t := range targets {
		if !c.Bool(t.Name) {
			continue
		}
		if head.Target != t.Name {
			// The file's stack is another target's: it keeps its name to itself.
			head.Target, head.Stack = t.Name, ""
		}
	}
	if head.Target == "" {
		head.Target = targets[0].Name
	}
	if name := c.String("stack"); name != "" {
		head.Stack = name
	}
	target, err := targetNamed(head.Target)
	if err != nil {
		return nil, usage(err)
	}
	if head.Stack == "" {
		head.Stack = target.Name
	}
	if !stackForm.MatchString(head.Stack) {
		return nil, usagef("stack %q: want a lower-case letter, then up to 29 lower-case letters, digits or hyphens", head.Stack)
	}
	platform := target.New()
	if err := specfile.Decode(file, sections[target.Name], platform); err != nil {
		return nil, usage(err)
	}
	if err := flagsInto(c, target, platform); err != nil {
		return nil, usage(err)
	}
	if c.Bool("offline") {
		sim, ok := platform.(stacks.Simulator)
		if !ok {
			return nil, usagef("--offline: the %s target is real and needs no simulation; say --aws or --gcp", target.Name)
		}
		sim.Simulate()
	}
	if err := platform.Complete(); err != nil {
		return nil, usage(specfile.Locate(file, sections[target.Name], err))
	}
	return &spec{Stack: head.Stack, Target: target, Platform: platform, Waivers: head.Waive}, nil
}

// readSpec splits a spec file into its common head and each target's section.
func readSpec(file string, data []byte) (specHead, map[string]*yaml.Node, error) {
	var head specHead
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return head, nil, fmt.Errorf("%s: %s", file, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	sections := map[string]*yaml.Node{}
	if len(doc.Content) == 0 {
		return head, sections, nil
	}
	root := doc.Content[0]
	rest := *root
	rest.Content = nil
	for i := 0; i+1 < len(root.Content); i += 2 {
		key := root.Content[i]
		if _, err := targetNamed(key.Value); err == nil {
			sections[key.Value] = root.Content[i+1]
			continue
		}
		rest.Content = append(rest.Content, key, root.Content[i+1])
	}
	return head, sections, specfile.Decode(file, &rest, &head)
}

// yamlOf writes a platform's section of the spec file.
func yamlOf(p stacks.Platform) (string, error) {
	var b strings.Builder
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	err := enc.Encode(p)
	return b.String(), err
}
