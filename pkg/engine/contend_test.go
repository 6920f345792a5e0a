package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/pilot-framework/pilot/internal/testprovider"
	"github.com/pilot-framework/pilot/pkg/engine"
	"github.com/pilot-framework/pilot/pkg/infra"
)

// contendState tells the test binary, started again, to be one of two writers.
const contendState = "ENGINE_TEST_CONTEND_STATE"

// contend makes one resource more than the stack has, and fails if another
// writer is at work meanwhile.
func contend(state string) error {
	dir := strings.TrimPrefix(state, "file://")
	count, busy := filepath.Join(dir, "count"), filepath.Join(dir, "busy")
	program := func(ctx *pulumi.Context) error {
		f, err := os.OpenFile(busy, os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("two writers: %w", err)
		}
		defer os.Remove(busy)
		defer f.Close()
		data, err := os.ReadFile(count)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		n, _ := strconv.Atoi(string(data))
		if err := os.WriteFile(count, []byte(strconv.Itoa(n+1)), 0o600); err != nil {
			return err
		}
		return testprovider.Many(n+1, "x")(ctx)
	}
	s, err := engine.New().Open(context.Background(), specOn(state, &testprovider.Provider{}, program))
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(rand.N(20 * time.Millisecond)) {
		_, err := s.Run(context.Background(), infra.Operation{Verb: infra.VerbUp})
		if !errors.Is(err, infra.ErrLocked) || time.Now().After(deadline) {
			return err
		}
	}
}

// TestTwoAtOnce sets two processes on one stack twenty times: there is never
// more than one writer, and what each of them did is there at the end.
func TestTwoAtOnce(t *testing.T) {
	const rounds = 20
	s := spec(t, &testprovider.Provider{}, nil)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for round := range rounds {
		var both [2]*exec.Cmd
		var said [2]strings.Builder
		for i := range both {
			both[i] = exec.Command(exe)
			both[i].Env = append(os.Environ(), contendState+"="+s.State)
			both[i].Stderr = &said[i]
			if err := both[i].Start(); err != nil {
				t.Fatal(err)
			}
		}
		for i := range both {
			if err := both[i].Wait(); err != nil {
				t.Fatalf("round %d, process %d: %v: %s", round, i, err, said[i].String())
			}
		}
	}
	urns, pending := stateURNs(t, open(t, s))
	want(t, "resources after two writers for each round", len(urns), 2*rounds)
	want(t, "pending operations", pending, 0)
	locks, err := open(t, s).(infra.LockKeeper).Locks(t.Context())
	if err != nil || len(locks) != 0 {
		t.Errorf("locks left: %v, %v", locks, err)
	}
}
