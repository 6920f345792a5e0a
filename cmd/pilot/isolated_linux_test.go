package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/sys/unix"
)

func init() { systemCommands["isolated"] = isolated }

// isolated brings up the loopback interface of an empty network namespace and
// becomes the command that its arguments are.
func isolated() {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	fail(err)
	lo, err := unix.NewIfreq("lo")
	fail(err)
	lo.SetUint16(unix.IFF_UP)
	fail(unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, lo))
	program, err := exec.LookPath(os.Args[1])
	fail(err)
	fail(syscall.Exec(program, os.Args[1:], os.Environ()))
}

// alone runs pilot with nothing in its environment but an empty home folder and
// an empty PATH, by way of the programs before it.
func alone(t *testing.T, before []string, args ...string) string {
	t.Helper()
	pilot, err := exec.LookPath("pilot")
	if err != nil {
		t.Fatal(err)
	}
	first, err := exec.LookPath(before[0])
	if err != nil {
		t.Fatalf("the test needs %s: %v", before[0], err)
	}
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(t.Context(), first, append(append(before[1:len(before):len(before)], pilot), args...)...)
	cmd.Env, cmd.Dir = []string{"HOME=" + t.TempDir()}, t.TempDir()
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v %v: %v\n%s", before, args, err, errOut.String())
	}
	return out.String()
}

// TestNoNetwork previews the clouds where there is neither a network nor a
// credential nor a pulumi: in a network namespace that has a loopback alone.
func TestNoNetwork(t *testing.T) {
	inside, err := exec.LookPath("isolated")
	if err != nil {
		t.Fatal(err)
	}
	unshare := []string{"unshare", "--net", inside}
	if os.Geteuid() != 0 {
		unshare = []string{"unshare", "--map-root-user", "--net", inside}
	}
	for target, atLeast := range map[string]int{"aws": 25, "gcp": 18} {
		text := alone(t, unshare, "preview", "--"+target, "--offline", "--json")
		v, err := validator.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := compile(t, "preview").Validate(v); err != nil {
			t.Error(err)
		}
		var report struct {
			Simulated bool
			Steps     []struct{ Type string }
		}
		if err := json.Unmarshal([]byte(text), &report); err != nil {
			t.Fatal(err)
		}
		own := 0
		for _, s := range report.Steps {
			if strings.HasPrefix(s.Type, target+":") {
				own++
			}
		}
		if own < atLeast || !report.Simulated {
			t.Errorf("%s: %d resources, simulated %v; want at least %d", target, own, report.Simulated, atLeast)
		}
	}
}

var (
	connectCall = regexp.MustCompile(`connect\(\d+, \{sa_family=(AF_\w+)(.*)`)
	sendCall    = regexp.MustCompile(`(sendto|sendmsg|sendmmsg)\(`)
)

// TestNoCalls watches a preview's system calls: where there is a network, it
// is not even tried, and no other program is started.
func TestNoCalls(t *testing.T) {
	for _, target := range []string{"aws", "gcp"} {
		trace := filepath.Join(t.TempDir(), "trace")
		alone(t, []string{"strace", "-f", "-qq", "-e", "trace=connect,execve,sendto,sendmsg,sendmmsg", "-o", trace}, "preview", "--"+target, "--offline")
		text, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		execs, loopbacks := 0, 0
		for line := range strings.Lines(string(text)) {
			call := connectCall.FindStringSubmatch(line)
			switch {
			case call != nil && call[1] == "AF_UNIX":
			case call != nil && (strings.Contains(call[2], `"127.0.0.1"`) || strings.Contains(call[2], `"::1"`)):
				loopbacks++
			case call != nil:
				t.Errorf("%s: calls out: %s", target, line)
			case strings.Contains(line, "execve("):
				execs++
			case sendCall.MatchString(line):
				t.Errorf("%s: sends: %s", target, line)
			}
		}
		// The engine's own connection shows that something was watched.
		if execs != 1 || loopbacks == 0 {
			t.Errorf("%s: %d programs started, %d connections within the process", target, execs, loopbacks)
		}
	}
}
