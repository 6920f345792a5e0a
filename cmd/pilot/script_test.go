package main

import (
	"flag"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pilot-framework/pilot/internal/testdocker"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
	"github.com/rogpeppe/go-internal/testscript"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write the scripts' golden parts anew")

func TestMain(m *testing.M) {
	commands := map[string]func(){
		"pilot":          func() { os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr)) },
		"sim-plugin-aws": func() { servePlugin((*cloudsim.Sim).AWS) },
		"sim-plugin-gcp": func() { servePlugin((*cloudsim.Sim).GCP) },
	}
	maps.Copy(commands, systemCommands)
	testscript.Main(m, commands)
}

// systemCommands are further commands, of one operating system.
var systemCommands = map[string]func(){}

// TestScripts runs what a person would type, and reads what they would read.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PILOT_HOME", env.WorkDir+"/home")
			env.Setenv("NO_COLOR", "1")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"listen": listen,
			"engine": engineFrom,
			"status": exitStatus,
			"valid":  validOutput,

			"empty-clouds": emptyClouds,
			"mirror":       mirror,
			"account":      account,
			"expand":       expand,
			"age":          age,
			"binaries":     binaries,
			"tamper":       tamper,
			"count":        count,
		},
	})
}

// listen holds a port of this machine until the script ends, and puts its
// number into the named variable.
func listen(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	_, port, err := net.SplitHostPort(l.Addr().String())
	ts.Check(err)
	ts.Setenv(args[0], port)
}

// engineFrom serves a Docker daemon's front at a socket, with API versions from
// the given one on, until the script ends.
func engineFrom(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("unix", ts.MkAbs(args[1]))
	ts.Check(err)
	s := &http.Server{Handler: testdocker.Front(args[0])}
	ts.Defer(func() { s.Close() })
	go func() { _ = s.Serve(l) }()
}

// binaries puts the binaries that images are made of where they are looked for.
func binaries(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(os.MkdirAll(ts.MkAbs("home/bin"), 0o700))
	for _, name := range []string{"waypoint", "pilot-agent"} {
		from := filepath.Join(filepath.Dir(filepath.Dir(sourceDir)), "bin", name)
		if _, err := os.Stat(from); err != nil {
			ts.Fatalf("run make build first: %v", err)
		}
		ts.Check(os.Symlink(from, ts.MkAbs("home/bin/"+name)))
	}
}

// expand puts the variables' values into a file.
func expand(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[0])
	ts.Check(os.WriteFile(file, []byte(os.Expand(ts.ReadFile(file), ts.Getenv)), 0o600))
}

// age makes a file look an hour old.
func age(ts *testscript.TestScript, _ bool, args []string) {
	then := time.Now().Add(-time.Hour)
	ts.Check(os.Chtimes(ts.MkAbs(args[0]), then, then))
}

// exitStatus runs a command and wants this exit code of it.
func exitStatus(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = err.Error()
	}
	if want := args[0]; got != "exit status "+want && !(want == "0" && got == "0") {
		ts.Fatalf("exit: got %s, want %s", got, want)
	}
}

// validOutput holds the last command's standard output against a published
// schema: it must be that JSON and nothing else.
func validOutput(ts *testscript.TestScript, _ bool, args []string) {
	v, err := validator.UnmarshalJSON(strings.NewReader(ts.ReadFile("stdout")))
	ts.Check(err)
	file := filepath.Join(filepath.Dir(filepath.Dir(sourceDir)), "docs", "schema", schemaVersion, args[0]+".json")
	schema, err := validator.NewCompiler().Compile(file)
	ts.Check(err)
	ts.Check(schema.Validate(v))
}

// emptyClouds wants nothing in the simulated clouds.
func emptyClouds(ts *testscript.TestScript, _ bool, _ []string) {
	sim, err := cloudsim.Open(ts.MkAbs("home/simulated/clouds.json"))
	ts.Check(err)
	defer sim.Close()
	left, err := sim.Objects()
	ts.Check(err)
	if len(left) > 0 {
		ts.Fatalf("%d objects are left in the simulated clouds: %v", len(left), left)
	}
}
