package main

// reading is what the page of results says about them.
const reading = `
## How to read this

**Memory** is that of all processes of a side at the same time, as its processor time is. The stock side is two
processes: the program with the Automation API, and the pulumi command. The table below also names the largest process
alone. There the two sides are about even: most of what a process of this kind has in memory are the pages of its own
binary, which its packages touch when they start. The kernel takes these pages back when it needs memory, and has them
once however many such processes run. What is no part of a file is what a run really takes away from others.

**Start-up.** Linking the engine costs a tenth of a second in each process, whatever it does then: its libraries fill
tables as they are initialised. The largest are word lists that guess whether a plain configuration value is a password
(45 ms; ` + "`pulumi config set`" + ` uses them, and preview and up import it), the schema of Pulumi packages (25 ms) and the
rules of a syntax highlighter (8 ms). None can be left out as long as one binary also is the raw command line. So
` + "`version`" + `, ` + "`--help`" + ` of every command and ` + "`completion`" + ` answer before those libraries begin, and a
completion itself starts no process at all: the script holds all words. The other commands pay it.

**Binary size.** The stock pulumi command alone is 122 MB. Ours has most of it, and beside it the resource types of
Pulumi's AWS and GCP SDKs, Waypoint's API and the clients for apps' logs. A little more than two fifths of the file are
the tables that Go needs for garbage collection and stack traces; they grow with the code and can't be stripped.
What could go is only what somebody uses: state in Google's and Azure's storage (gRPC's xds alone is 4 MB of
code), or the raw command line.

**Many stacks in one process** run with GOGC=50, which [scale](scale.md) advises for it: less garbage at the peak, for
some more processor time. One stack at a time does not need it.
`
