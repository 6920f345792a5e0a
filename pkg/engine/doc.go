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
// A panic of the program, of a provider of this process or of the engine itself
// becomes the operation's error. One place is out of reach: the Pulumi SDK runs
// the callbacks of ApplyT in goroutines of its own that don't recover, and Go
// lets nobody else recover for them. A panic there ends the process, like a
// kill; no finished step is lost then either.
//
// Every finished step is written to a journal beside the state before the next
// one that depends on it begins. The journal becomes part of the state when the
// operation ends, or when the stack is next opened after a crash.
//
// The package prints nothing, changes neither the environment nor the working
// directory, and keeps no state of its own between stacks but a cache of
// derived passphrase keys: many stacks may run side by side in one process.
package engine
