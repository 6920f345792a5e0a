package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestAFewRounds kills a real pilot a few times. make chaos does more of it.
func TestAFewRounds(t *testing.T) {
	pilot, err := filepath.Abs("../../bin/pilot")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(pilot); err != nil {
		t.Fatalf("run make build first: %v", err)
	}
	c := &chaos{pilot: pilot, home: t.TempDir(), draw: rand.New(rand.NewPCG(1, 0)), stacks: []*victim{{target: "aws"}, {target: "gcp"}}}
	var all tally
	for n := range 8 {
		r, err := c.round(c.stacks[n%2])
		if err != nil {
			t.Fatal(err)
		}
		t.Log(r)
		all.add(r)
	}
	if want := (tally{rounds: 8, converged: 8, locks: all.locks, pending: all.pending}); all != want {
		t.Errorf("got  %s\nwant %s", all, want)
	}
	if all.locks == 0 {
		t.Error("no kill left a lock behind")
	}
}
