package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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

// specNodes are the parts of the file that the spec was read from, to say of
// what is wrong later where it is.
type specNodes struct {
	head     *yaml.Node
	sections map[string]*yaml.Node
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
	head, nodes, err := readSpec(file, data)
	if err != nil {
		return nil, usage(err)
	}
	return buildSpec(c, file, head, nodes)
}

// loadFlags builds a spec from flags alone.
func loadFlags(c *cli.Context) (*spec, error) { return buildSpec(c, "", specHead{}, specNodes{}) }

func buildSpec(c *cli.Context, file string, head specHead, nodes specNodes) (*spec, error) {
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
		return nil, usage(specfile.Locate(file, nodes.head, err))
	}
	if head.Stack == "" {
		head.Stack = target.Name
	}
	if !stackForm.MatchString(head.Stack) {
		err := fmt.Errorf("stack %q: want a lower-case letter, then up to 29 lower-case letters, digits or hyphens", head.Stack)
		return nil, usage(specfile.Locate(file, nodes.head, err))
	}
	if err := checkWaivers(head.Waive); err != nil {
		return nil, usage(specfile.Locate(file, nodes.head, err))
	}
	section := nodes.sections[target.Name]
	platform := target.New()
	if err := specfile.Decode(file, section, platform); err != nil {
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
		return nil, usage(specfile.Locate(file, section, err))
	}
	return &spec{Stack: head.Stack, Target: target, Platform: platform, Waivers: head.Waive}, nil
}

// readSpec splits a spec file into its common head and each target's section.
// All sections are looked at, not only that of the chosen target: a typing error
// in another would show on the day that the target is changed.
func readSpec(file string, data []byte) (specHead, specNodes, error) {
	head, nodes := specHead{}, specNodes{sections: map[string]*yaml.Node{}}
	root, err := parseSpec(file, data)
	if err != nil || root == nil {
		return head, nodes, err
	}
	rest := *root
	nodes.head, rest.Content = &rest, nil
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		target, err := targetNamed(key.Value)
		if err != nil {
			rest.Content = append(rest.Content, key, value)
			continue
		}
		if nodes.sections[target.Name] != nil {
			return head, nodes, misplaced(file, key, fmt.Sprintf("section %q is given twice; want all of it in one place", key.Value))
		}
		nodes.sections[target.Name] = value
		if err := specfile.Decode(file, value, target.New()); err != nil {
			return head, nodes, err
		}
	}
	return head, nodes, specfile.Decode(file, &rest, &head)
}

// parseSpec gives the root of the one document in a file; nil where there is none.
func parseSpec(file string, data []byte) (*yaml.Node, error) {
	var docs []*yaml.Node
	for dec := yaml.NewDecoder(bytes.NewReader(data)); ; {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s", file, strings.TrimPrefix(err.Error(), "yaml: "))
		}
		docs = append(docs, &doc)
	}
	if len(docs) > 1 {
		return nil, misplaced(file, docs[1], "a second document begins here; want one document in the file")
	}
	if len(docs) == 0 || len(docs[0].Content) == 0 {
		return nil, nil
	}
	return docs[0].Content[0], nil
}

func misplaced(file string, at *yaml.Node, message string) error {
	return &specfile.Error{File: file, Line: at.Line, Column: at.Column, Message: message}
}

// yamlOf writes a platform's section of the spec file.
func yamlOf(p stacks.Platform) (string, error) {
	var b strings.Builder
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	err := enc.Encode(p)
	return b.String(), err
}
