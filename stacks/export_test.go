package stacks

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// On are the options of all that PilotServer puts on the machine.
func On(e *DockerEndpoint) []pulumi.ResourceOption { return e.with() }
