package stacks_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
)

// faultTable is the kinds of fault that each call meets once.
var faultTable = []cloudsim.FaultKind{cloudsim.Throttle, cloudsim.ServerError, cloudsim.TimeoutBefore, cloudsim.TimeoutAfter, cloudsim.AnswerLost}

// mostRuns is how often an operation may have to be started again: no resource
// fails twice, so each run gets past one more layer of them.
const mostRuns = 40

// TestFaultTable has every call of every resource of each cloud's stack fail
// once, in each way: creation, reading, update and deletion. Started again
// often enough, each operation comes to its end, and nothing is left over.
func TestFaultTable(t *testing.T) {
	for _, c := range clouds {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var table strings.Builder
			total := map[string]int{}
			for _, kind := range faultTable {
				sim := simulated(t)
				dir := t.TempDir()
				s := interruptible(t, sim, dir, c.spec(), &cut{}, nil)
				other := c.spec()
				c.size(other)
				bigger := interruptible(t, sim, dir, other, &cut{}, nil)
				var urns []string
				plan, err := s.Preview(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, step := range plan.Steps {
					if strings.HasPrefix(step.Type, c.name+":") {
						urns = append(urns, step.URN)
					}
				}
				for _, row := range []struct {
					op cloudsim.Op
					do func(context.Context, ...infra.OpOption) (*infra.Result, error)
				}{{cloudsim.OpCreate, s.Up}, {cloudsim.OpRead, s.Refresh}, {cloudsim.OpUpdate, bigger.Up}, {cloudsim.OpDelete, s.Destroy}} {
					before := len(sim.Calls())
					hit := urns
					if row.op == cloudsim.OpUpdate {
						hit = updated(t, bigger)
					}
					for _, urn := range hit {
						if err := sim.Inject(cloudsim.Fault{URN: urn, Op: row.op, Kind: kind}); err != nil {
							t.Fatal(err)
						}
					}
					runs := 1
					for ; runs <= mostRuns; runs++ {
						if _, err = row.do(t.Context()); err == nil {
							break
						}
					}
					if err != nil {
						t.Fatalf("%s, %s: not at its end after %d runs: %v", kind, row.op, mostRuns, err)
					}
					failed, reached := 0, map[string]bool{}
					for _, call := range sim.Calls()[before:] {
						if call.Op == row.op && call.Fault != "" {
							failed++
							reached[call.URN] = true
						}
					}
					if len(reached) != len(hit) || failed != len(hit) {
						t.Errorf("%s, %s: %d calls of %d resources failed, want one of each of %d", kind, row.op, failed, len(reached), len(hit))
					}
					consistent(t, sim, s)
					fmt.Fprintf(&table, "%-4s %-15s %-7s %3d calls failed once, %2d runs to the end, 0 orphans, 0 lost\n", c.name, kind, row.op, failed, runs)
					total["calls"] += failed
					total["runs"] += runs
					sim.ClearFaults()
				}
			}
			t.Logf("\n%s%s: %d calls failed once, all converged in %d runs", table.String(), c.name, total["calls"], total["runs"])
		})
	}
}

// updated are the resources that a stack's next up changes in place.
func updated(t *testing.T, s *infra.Stack) (urns []string) {
	t.Helper()
	plan, err := s.Preview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range plan.Steps {
		if step.Op == infra.OpUpdate && !step.Structural {
			urns = append(urns, step.URN)
		}
	}
	return urns
}
