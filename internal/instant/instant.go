// Package instant answers "pilot version", "--help" and "completion" before the
// rest of the program begins.
//
// The engine's libraries fill tables as the process starts, which takes about a
// tenth of a second, whatever the command. Go initialises packages in the order
// of their import paths as far as their own imports allow (since Go 1.21), so a
// package that imports next to nothing comes before nearly all others: this
// one's init looks at the command line, and for a question whose answer is
// known it prints the answer and ends the process. Everything else, and
// everything in a form that it does not know exactly, goes on as usual and
// gives the same answer more slowly. It must import nothing beyond os and
// what os imports itself.
//
// The answers are written by "make docs" from the command line itself, and a
// test of the command holds them to it.
package instant

import (
	_ "embed" // the answers
	"os"
	"runtime"
)

// Release is the version that the linker stamps: -X .../internal/instant.Release=v1.2.3. It is empty in a binary that was
// installed as a module, which knows its version from there.
var Release string

// Engine is the version of the engine in the binary, stamped by the linker out of go.mod. The build information, which
// tells it too, can't be read as early as this package begins. Without it "version" goes on as usual and reads that.
var Engine string

// Waypoint is the same of the deploy engine's interface.
var Waypoint string

// EngineMarker is the environment variable that makes the process the engine's own command line. It is restart.Marker of
// pkg/engine, which this package can't import; a test of pkg/engine/cli holds it to that.
const EngineMarker = "PILOT_ENGINE_CLI"

// Mark begins the line that is followed by the answer to the command line that it holds.
const Mark = "\f"

//go:embed answers.txt
var answers string

func init() {
	if os.Getenv(EngineMarker) != "" || len(os.Args) == 0 || base(os.Args[0]) != "pilot" {
		return
	}
	text, ok := Answer(os.Args[1:])
	if !ok {
		return
	}
	if _, err := os.Stdout.WriteString(text); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// Answer is what a command line prints, if that is known beforehand.
func Answer(args []string) (text string, ok bool) {
	if len(args) == 1 && args[0] == "version" && Release != "" && Engine != "" && Waypoint != "" {
		return "pilot " + Release + " (engine " + Engine + ", waypoint " + Waypoint + ", " +
			runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH + ")\n", true
	}
	line := ""
	for _, arg := range args {
		if arg == "-h" {
			arg = "--help"
		}
		line += " " + arg
	}
	if line == "" {
		line = " --help"
	}
	from := after(answers, Mark+line[1:]+"\n")
	if from < 0 {
		return "", false
	}
	text = answers[from:]
	for i := range len(text) {
		if text[i] == Mark[0] {
			return text[:i], true
		}
	}
	return text, true
}

// after is the place right behind the first occurrence of what in text, or -1.
func after(text, what string) int {
	for i := 0; i+len(what) <= len(text); i++ {
		if text[i:i+len(what)] == what {
			return i + len(what)
		}
	}
	return -1
}

// base is the last element of a path. Package path/filepath would be initialised too late.
func base(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if os.IsPathSeparator(path[i]) {
			return path[i+1:]
		}
	}
	return path
}
