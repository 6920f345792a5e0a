package engine_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
)

// quietState tells the test binary, started again, to run a whole life.
const quietState = "ENGINE_TEST_QUIET_STATE"

func quietLife(state string) error {
	ctx := context.Background()
	s, err := engine.New().Open(ctx, specOn(state, &testprovider.Provider{}, testprovider.Many(5, "x")))
	if err != nil {
		return err
	}
	for _, verb := range []infra.Verb{infra.VerbPreview, infra.VerbUp, infra.VerbRefresh, infra.VerbUp, infra.VerbDestroy} {
		if _, err := s.Run(ctx, infra.Operation{Verb: verb}); err != nil {
			return err
		}
	}
	return s.Remove(ctx)
}

// TestNothingOutside traces a stack's whole life: nothing is printed, no other
// program is executed, the working directory stays, and no connection leaves
// the machine.
func TestNothingOutside(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatalf("this test needs strace: %v", err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	trace := filepath.Join(t.TempDir(), "trace")
	cmd := exec.Command(strace, "-f", "-qq", "-e", "trace=execve,chdir,connect", "-o", trace, exe)
	cmd.Env = append(os.Environ(), quietState+"=file://"+filepath.Join(t.TempDir(), "state"))
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v, printed %q", err, out)
	}
	data, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "programs executed", strings.Count(string(data), "execve("), 1)
	want(t, "changes of directory", strings.Count(string(data), "chdir("), 0)
	inside := regexp.MustCompile(`AF_UNIX|inet_addr\("127\.0\.0\.1"\)|"::1"|resumed`)
	for line := range strings.Lines(string(data)) {
		if strings.Contains(line, "connect(") && !inside.MatchString(line) {
			t.Errorf("connects outside: %s", line)
		}
	}
}
