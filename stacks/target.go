// Package stacks holds what the ready-made platforms share: how a target is
// registered, the checks it can make of its surroundings, and the names of the
// outputs that every target has. The platforms themselves are the folders
// below it, one for each cloud.
package stacks

import (
	"context"

	"github.com/pilot-framework/pilot/pkg/engine/plugins"
	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Target is a place that a platform can be set up on. The list of all targets
// is the business of whoever builds a tool; an importer of one target compiles
// that one alone.
type Target struct {
	// Name is what people type: local, aws, gcp.
	Name string
	// Summary is one line for help texts.
	Summary string
	// New returns an empty spec to decode a file or flags into.
	New func() Platform
	// Settings are the fields of the spec that also have a flag.
	Settings []Setting
}

// Setting is one field of a spec that people may set by a flag.
type Setting struct {
	// Name is the flag without its hyphens, such as db-image.
	Name string
	// Usage is one line for help texts.
	Usage string
	// Switch is for a flag without a value: Set is called with "true".
	Switch bool
	// Ask is the question that a person is asked when a spec is begun; empty
	// leaves the setting to its default.
	Ask string
	// Options, where given, are the only answers to Ask.
	Options []string
	// Set puts value into the spec; its error says what would be right.
	Set func(p Platform, value string) error
}

// Asked is the setting with a question; options, where given, are the only
// answers.
func (s Setting) Asked(question string, options ...string) Setting {
	s.Ask, s.Options = question, options
	return s
}

// Platform is the spec of one platform on one target. Implementations are
// structs whose fields carry yaml tags.
type Platform interface {
	// Complete fills in the defaults and then validates. Its errors name the
	// field, the value and what would be right.
	Complete() error
	// Program is the inline program. Complete must have been called.
	Program() pulumi.RunFunc
	// Config is the stack configuration that the program's providers need.
	Config() auto.ConfigMap
	// Providers are the resource providers that the program needs and that
	// are served from this process.
	Providers() []infra.Provider
	// Plugins are the provider plugins that the program needs on top. There
	// are none where the clouds are simulated.
	Plugins() ([]plugins.Plugin, error)
	// Preflight looks at what is outside the engine's sight and would make an
	// apply of the stack fail half-way, such as a taken port.
	Preflight(ctx context.Context, stack string) error
	// Checks are what "pilot doctor" runs for this target.
	Checks() []Check
}

// Check is one question about the surroundings.
type Check struct {
	// Name says what is looked at, such as "Docker Engine".
	Name string
	// Run returns a short finding, such as a version, or a *Problem.
	Run func(ctx context.Context) (string, error)
}

// Problem is a failed check together with its mend.
type Problem struct {
	// Reason says what is wrong.
	Reason string
	// Fix is the one command, or the one step, that mends it.
	Fix string
}

// Error gives the reason and the mend.
func (p *Problem) Error() string {
	if p.Fix == "" {
		return p.Reason
	}
	return p.Reason + "; to mend it: " + p.Fix
}

// Simulator is a platform that can also be set up on a simulated cloud, where
// no machine boots and no server is put on it.
type Simulator interface {
	// Simulate says so before Complete.
	Simulate()
}

// Protector is a platform that can be one to be careful with.
type Protector interface {
	// Protected tells whether the spec asks for it.
	Protected() bool
}

// Inspected is a platform whose real resources are so near that every preview
// and every apply may look at them first. Elsewhere looking takes a call of the
// cloud for each, and is done when somebody asks for it.
type Inspected interface {
	// Inspected tells whether it is so.
	Inspected() bool
}

// Finding is a platform whose interrupted creations can be looked for.
type Finding interface {
	// Finders are for infra.WithFinder, by package.
	Finders() map[string]infra.Finder
}
