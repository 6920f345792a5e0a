// Package engine runs the Pulumi engine inside the caller's own process.
//
// New returns an infra.Engine: stacks are opened, previewed, updated,
// refreshed and destroyed with no child process and no pulumi command. Command
// returns the same engine as an auto.PulumiCommand, for programs that are
// written against Pulumi's Automation API.
//
// State, history, locks and secrets keep Pulumi's own format, so the pulumi
// command of the same version can read, preview and repair what this package
// wrote, and the reverse.
//
// The package prints nothing, changes neither the environment nor the working
// directory, and keeps no state of its own between stacks but a cache of
// derived passphrase keys: many stacks may run side by side in one process.
package engine
