package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// pilotIn runs pilot in a folder to its end.
func pilotIn(t *testing.T, dir string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "pilot", args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "PILOT_HOME=" + filepath.Join(dir, "home"), "NO_COLOR=1"}
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	return out.String(), errOut.String(), err
}

var simulatedAWS = []string{"--aws", "--offline", "--operator-cidr", "203.0.113.7/32"}

func setupArgs(more ...string) []string {
	return append(append([]string{"setup"}, simulatedAWS...), more...)
}

// TestChangedInBetween has another setup go through while a person thinks about
// a preview: what they said yes to is no longer what would happen, so nothing is
// done.
func TestChangedInBetween(t *testing.T) {
	dir := t.TempDir()
	if _, text, err := pilotIn(t, dir, setupArgs("--yes")...); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	c, cmd := converse(t, dir, []string{"NO_COLOR=1"}, setupArgs("--machine-type", "t3.large")...)
	c.await("t3.large")
	c.await("Apply these changes? [y/N]")
	if _, text, err := pilotIn(t, dir, setupArgs("--machine-type", "t3.xlarge", "--yes")...); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	c.answer("y\n")
	c.await("stopped before the first change")
	c.await("machine-instance")
	if err := cmd.Wait(); err == nil {
		t.Error("setup says that it did what it did not do")
	}
	out, text, err := pilotIn(t, dir, append(append([]string{"preview"}, simulatedAWS...), "--machine-type", "t3.xlarge", "--detailed-exitcode")...)
	if err != nil {
		t.Errorf("the other setup's work was changed: %v\n%s%s", err, out, text)
	}
}

// TestWaitForLock has one process wait for another that holds the stack: it
// says whose lock it is and for how long, and then goes on.
func TestWaitForLock(t *testing.T) {
	dir := t.TempDir()
	first, cmd := converse(t, dir, []string{"NO_COLOR=1", "TERM=dumb", envSimulatedLatency + "=0.01"}, setupArgs("--yes")...)
	// Until the database is there the lock is held for seconds.
	first.await("creating database-instance")
	_, text, err := pilotIn(t, dir, setupArgs("--yes")...)
	if err == nil || !strings.Contains(text, "wait-for-lock") {
		t.Errorf("without waiting: %v\n%s", err, text)
	}
	out, text, err := pilotIn(t, dir, setupArgs("--yes", "--wait-for-lock", "1m")...)
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, text)
	}
	if !strings.Contains(out, "waiting for ") || !strings.Contains(out, "who has had the stack's lock for ") || !strings.Contains(out, "giving up in ") {
		t.Errorf("it does not say whom it waits for:\n%s", out)
	}
	if !strings.Contains(out, "0 changes: the platform is as its spec says") {
		t.Errorf("the second setup did something:\n%s", out)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// TestTwoSetups has two people set one stack up at the same moment, twenty times,
// each with a machine of another type. Their changes never overlap, each is told
// either that it was done or that it was not begun, and what the cloud has in the
// end is what the last one said and what the state says.
func TestTwoSetups(t *testing.T) {
	const rounds = 20
	dir := t.TempDir()
	if _, text, err := pilotIn(t, dir, setupArgs("--yes")...); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	done, refused := 0, 0
	for round := range rounds {
		var both sync.WaitGroup
		var said [2]string
		var errs [2]error
		for i := range 2 {
			typ := []string{"t3.large", "t3.xlarge", "t3.small", "t3.medium"}[2*(round%2)+i]
			both.Go(func() {
				out, text, err := pilotIn(t, dir, setupArgs("--yes", "--wait-for-lock", "1m", "--machine-type", typ)...)
				said[i], errs[i] = out+text, err
			})
		}
		both.Wait()
		fine := 0
		for i, err := range errs {
			switch {
			case err == nil:
				fine++
			case strings.Contains(said[i], "stopped before the first change"):
				refused++
			default:
				t.Fatalf("round %d, setup %d: %v\n%s", round, i, err, said[i])
			}
		}
		if fine == 0 {
			t.Fatalf("round %d: neither setup was done:\n%s\n%s", round, said[0], said[1])
		}
		done += fine
	}
	state := filepath.Join(dir, "home/simulated/state/.pulumi")
	oneAtATime(t, filepath.Join(state, "history/pilot/aws"), done+1)
	noLocks(t, filepath.Join(dir, "home"))
	out, text, err := pilotIn(t, dir, append([]string{"drift", "--json"}, simulatedAWS...)...)
	var drift struct{ Summary infra.Summary }
	if err == nil {
		err = json.Unmarshal([]byte(out), &drift)
	}
	if err != nil || drift.Summary.Changes() != 0 {
		t.Errorf("the state is not what the cloud has: %v\n%s%s", err, out, text)
	}
	agree(t, filepath.Join(dir, "home"))
	t.Logf("%d rounds: %d setups done, %d refused as the other had changed the stack meanwhile", rounds, done, refused)
}

// oneAtATime wants as many updates in a stack's history as were done, and no two
// of them at the same time.
func oneAtATime(t *testing.T, dir string, want int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.history.json"))
	if err != nil {
		t.Fatal(err)
	}
	type update struct{ StartTime, EndTime int64 }
	var all []update
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var u update
		if err := json.Unmarshal(data, &u); err != nil {
			t.Fatal(err)
		}
		all = append(all, u)
	}
	if len(all) != want {
		t.Errorf("%d updates in the history, want %d", len(all), want)
	}
	slices.SortFunc(all, func(a, b update) int { return cmp.Compare(a.EndTime, b.EndTime) })
	for i := 1; i < len(all); i++ {
		// Both are in whole seconds.
		if all[i].StartTime < all[i-1].EndTime-1 {
			t.Errorf("two writers: one from %d to %d, one from %d to %d", all[i-1].StartTime, all[i-1].EndTime, all[i].StartTime, all[i].EndTime)
		}
	}
}

// agree holds the simulated cloud against the state: nothing too many, nothing lost.
func agree(t *testing.T, home string) {
	t.Helper()
	sim, err := cloudsim.Open(filepath.Join(home, "simulated/clouds.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	data, err := os.ReadFile(filepath.Join(home, "simulated/state/.pulumi/stacks/pilot/aws.json"))
	if err != nil {
		t.Fatal(err)
	}
	var chk struct {
		Checkpoint struct {
			Latest json.RawMessage `json:"latest"`
		} `json:"checkpoint"`
	}
	if err := json.Unmarshal(data, &chk); err != nil {
		t.Fatal(err)
	}
	state := apitype.UntypedDeployment{Version: 3, Deployment: chk.Checkpoint.Latest}
	orphans, err := sim.Orphans(state)
	if err != nil || len(orphans) > 0 {
		t.Errorf("orphans: %v, %v", orphans, err)
	}
	lost, err := sim.Lost(state)
	if err != nil || len(lost) > 0 {
		t.Errorf("lost: %v, %v", lost, err)
	}
}
