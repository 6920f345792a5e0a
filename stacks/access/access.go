// Package access holds what the access stacks share. An access stack is small
// and stands beside a platform: it lets the platform's runners deploy to a
// cloud that the platform is not on. The stacks themselves are the folders
// below it, one for each cloud. A platform needs none for the cloud that it is
// on: there the machine has an identity, and no key is made.
package access

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Dir is where the runners have the files with credentials: in memory, so that
// they end with the container.
const Dir = "/dev/shm"

// Common is the part of the spec that is the same for every cloud.
type Common struct {
	// Server is the host:port of the server whose runners get access.
	Server string
	// Name begins the names of all that is made; NewName makes one.
	Name string
	// Key is the number of the one key that there is to be, at least 1.
	Key int
	// Targets are the app targets that deploys are allowed for.
	Targets []string
	// Dir is where the runners get their files. Default: [Dir].
	Dir string
	// Runners configures the runners. On a simulated cloud nil will do.
	Runners provider.RunnerConfigurer
	// Simulated says that the cloud is, and that there are no runners.
	Simulated bool
}

// Spec is an access stack on one cloud.
type Spec interface {
	stacks.Platform
	stacks.Simulator
	// Shared is the common part.
	Shared() *Common
	// Recall takes over what was recorded the last time, where the spec itself
	// says nothing.
	Recall(outputs auto.OutputMap)
}

// Shared is the common part.
func (c *Common) Shared() *Common { return c }

// Simulate has no runner told of anything.
func (c *Common) Simulate() {
	c.Simulated = true
	if c.Server == "" {
		c.Server = "simulated:9701"
	}
	if c.Runners == nil {
		c.Runners = nobody{}
	}
}

// Validate tells what is wrong with the common part.
func (c *Common) Validate(known []string) error {
	if len(c.Targets) == 0 {
		return fmt.Errorf("targets: want at least one of %s", strings.Join(known, ", "))
	}
	for _, t := range c.Targets {
		if err := stacks.CheckOneOf("targets", t, known); err != nil {
			return err
		}
	}
	switch {
	case c.Name == "":
		return errors.New("name: is empty: want the beginning of the names of all that is made")
	case c.Key < 1:
		return fmt.Errorf("key %d: want 1 or more", c.Key)
	case c.Runners == nil:
		return errors.New("runners: is nil: want what configures the server's runners")
	}
	if c.Dir == "" {
		c.Dir = Dir
	}
	return nil
}

// Stack is the name of the access stack of a platform's stack: no platform can
// have it, for the dot in it.
func Stack(platform, cloud string) string { return platform + ".access-" + cloud }

// NewName makes a name for what a platform's access stack makes: it differs from
// that of every other platform of the same name, on whatever machine.
func NewName(platform string) (string, error) {
	b := make([]byte, 3)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("draw a name: %w", err)
	}
	// Service accounts have at most 30 characters, with their endings.
	return strings.TrimRight(platform[:min(len(platform), 13)], "-") + "-" + hex.EncodeToString(b), nil
}

// Outputs that every access stack has.
const (
	outputName    = "name"
	outputKeyID   = "keyId"
	outputTargets = "targets"
)

// Export writes down what the next run has to know.
func (c *Common) Export(ctx *pulumi.Context, keyID pulumi.StringInput) {
	ctx.Export(outputName, pulumi.String(c.Name))
	ctx.Export(outputKeyID, keyID)
	ctx.Export(outputTargets, pulumi.ToStringArray(c.Targets))
}

// RecallCommon takes over name and targets that were recorded.
func (c *Common) RecallCommon(outputs auto.OutputMap) {
	if name := Text(outputs, outputName); c.Name == "" {
		c.Name = name
	}
	if list, ok := outputs[outputTargets].Value.([]any); ok && len(c.Targets) == 0 {
		for _, t := range list {
			c.Targets = append(c.Targets, fmt.Sprint(t))
		}
	}
}

// Text is an output as text, empty where there is none.
func Text(outputs auto.OutputMap, name string) string {
	if v, ok := outputs[name]; ok && v.Value != nil {
		return fmt.Sprint(v.Value)
	}
	return ""
}

// KeyID names the key that the outputs tell of.
func KeyID(outputs auto.OutputMap) string { return Text(outputs, outputKeyID) }

// nobody are the runners of a simulated platform.
type nobody struct{}

func (nobody) Configure(context.Context, provider.RunnerSettings, []string) error { return nil }

func (nobody) Configured(context.Context) (provider.RunnerSettings, error) {
	return provider.RunnerSettings{}, nil
}
