// Command chaos kills pilot at random moments, on simulated clouds, and wants
// every stack to come to its end all the same.
//
// Each round is one of setup, change and destroy. A real pilot process is
// started for it and killed with SIGKILL at a random moment, up to three times;
// then it is run once more, to the end. A moment is drawn as a fraction of the time
// that the action was measured to take, so a seed gives the same actions and
// fractions again, but not the same moments. After that the simulated cloud is held
// against the state: nothing may be in one and not in the other, no resource
// may have made two things, and no step may be left open.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"
)

func main() {
	pilot := flag.String("pilot", "bin/pilot", "the pilot binary")
	rounds := flag.Int("rounds", 50, "how many rounds")
	seed := flag.Uint64("seed", 0, "what the actions, and the fractions of their time to kill after, are drawn from; 0 draws one")
	flag.Parse()
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	if err := run(*pilot, *rounds, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func run(pilot string, rounds int, seed uint64) error {
	home, err := os.MkdirTemp("", "pilot-chaos-")
	if err != nil {
		return err
	}
	fmt.Printf("seed=%d (SEED=%d draws the same actions, and kills after the same fractions of the time they take here)\n", seed, seed)
	c := &chaos{pilot: pilot, home: home, draw: rand.New(rand.NewPCG(seed, 0))}
	for _, target := range []string{"aws", "gcp"} {
		c.stacks = append(c.stacks, &victim{target: target})
	}
	var t tally
	for n := range rounds {
		r, err := c.round(c.stacks[n%len(c.stacks)])
		if err != nil {
			return fmt.Errorf("round %d: %w", n+1, err)
		}
		t.add(r)
		fmt.Printf("round %d: %s\n", n+1, r)
		if !r.converged || r.orphans+r.duplicates+r.lost > 0 {
			fmt.Println(t)
			return fmt.Errorf("round %d did not come to its end; its files are in %s", n+1, home)
		}
	}
	fmt.Println(t)
	return os.RemoveAll(home)
}

// result is what came of one round.
type result struct {
	what                       string
	kills                      []time.Duration
	converged                  bool
	orphans, duplicates, lost  int
	locksHealed, pendingHealed int
	problems                   []string
}

func (r result) String() string {
	var moments []string
	for _, k := range r.kills {
		moments = append(moments, k.Round(time.Millisecond).String())
	}
	s := fmt.Sprintf("%s, killed after %s; %d locks and %d open steps healed", r.what, strings.Join(moments, " and "), r.locksHealed, r.pendingHealed)
	for _, p := range r.problems {
		s += "\n  " + p
	}
	return s
}

// tally sums the rounds up.
type tally struct {
	rounds, converged, orphans, duplicates, lost, locks, pending int
}

func (t *tally) add(r result) {
	t.rounds++
	if r.converged {
		t.converged++
	}
	t.orphans += r.orphans
	t.duplicates += r.duplicates
	t.lost += r.lost
	t.locks += r.locksHealed
	t.pending += r.pendingHealed
}

func (t tally) String() string {
	return fmt.Sprintf("rounds=%d converged=%d orphans=%d duplicates=%d lost=%d lock_healed=%d pending_healed=%d",
		t.rounds, t.converged, t.orphans, t.duplicates, t.lost, t.locks, t.pending)
}
