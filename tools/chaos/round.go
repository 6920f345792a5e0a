package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/pilot-framework/pilot/pkg/infra/cloudsim"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// latency is the share of their typical time that calls take, so that a setup
// lasts about a second.
const latency = "0.002"

// limit is how long a run may take to its end.
const limit = 2 * time.Minute

// victim is one stack.
type victim struct {
	target string
	// up says that the stack has a platform, big which of two machines it has.
	up, big bool
}

type chaos struct {
	pilot, home string
	draw        *rand.Rand
	stacks      []*victim
	// took is how long each kind of action takes when it is left alone.
	took map[string]time.Duration
}

// round does one action on a stack, with kills.
func (c *chaos) round(v *victim) (result, error) {
	action := "setup"
	if v.up {
		action = []string{"change", "change", "destroy"}[c.draw.IntN(3)]
	}
	if action == "change" {
		v.big = !v.big
	}
	args := []string{"setup"}
	if action == "destroy" {
		args = []string{"destroy"}
	}
	size := "small"
	if v.big {
		size = "medium"
	}
	args = append(args, "--"+v.target, "--offline", "--operator-cidr", "203.0.113.7/32", "--size", size, "--yes")

	r := result{what: v.target + " " + action}
	long := c.took[action]
	if long == 0 {
		long = 2 * time.Second
	}
	for range 1 + c.draw.IntN(3) {
		after := time.Duration(c.draw.Float64() * float64(long))
		r.kills = append(r.kills, after)
		out, _, err := c.start(args, after)
		if err != nil {
			return r, err
		}
		r.heard(out)
	}
	began := time.Now()
	out, ok, err := c.start(args, 0)
	if err != nil {
		return r, err
	}
	if c.took == nil {
		c.took = map[string]time.Duration{}
	}
	// The last run may have had little left to do, so the longest counts; but not
	// for ever, as the machine may have been busier then.
	c.took[action] = max(c.took[action]*3/4, time.Since(began))
	r.heard(out)
	r.converged = ok
	if !ok {
		r.problems = append(r.problems, strings.ReplaceAll(strings.TrimSpace(out), "\n", "\n  "))
	}
	v.up = action != "destroy"
	return r, c.check(&r)
}

// start runs pilot, and kills it after a while if that is not 0. It gives what
// pilot said, and whether it ended well.
func (c *chaos) start(args []string, kill time.Duration) (out string, ok bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var said strings.Builder
	cmd := exec.CommandContext(ctx, c.pilot, args...)
	cmd.Env = append(os.Environ(), "PILOT_HOME="+c.home, "PILOT_SIMULATED_LATENCY="+latency, "NO_COLOR=1")
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		return "", false, err
	}
	if kill > 0 {
		t := time.AfterFunc(kill, func() { _ = cmd.Process.Kill() })
		defer t.Stop()
	}
	err = cmd.Wait()
	if ctx.Err() != nil {
		return said.String(), false, fmt.Errorf("pilot %s did not end within %s", strings.Join(args, " "), limit)
	}
	return said.String(), err == nil, nil
}

var (
	lockHealed    = regexp.MustCompile(`(?m)took over the lock of `)
	pendingHealed = regexp.MustCompile(`(?m)^.*(adopted \S+ \S+ \(|cleared the interrupted |removed \S+ \S+ from the state)`)
)

func (r *result) heard(out string) {
	r.locksHealed += len(lockHealed.FindAllString(out, -1))
	r.pendingHealed += len(pendingHealed.FindAllString(out, -1))
}

// check holds the clouds against the states.
func (c *chaos) check(r *result) error {
	sim, err := cloudsim.Open(filepath.Join(c.home, "simulated", "clouds.json"))
	if err != nil {
		return err
	}
	defer sim.Close()
	var states []apitype.UntypedDeployment
	for _, v := range c.stacks {
		state, err := c.state(v)
		if err != nil {
			return err
		}
		var d apitype.DeploymentV3
		if err := json.Unmarshal(state.Deployment, &d); err != nil {
			return err
		}
		for _, op := range d.PendingOperations {
			r.problems, r.converged = append(r.problems, fmt.Sprintf("still open: %s %s", op.Type, op.Resource.URN)), false
		}
		lost, err := sim.Lost(state)
		if err != nil {
			return err
		}
		for _, l := range lost {
			r.problems = append(r.problems, "lost: "+l)
		}
		r.lost += len(lost)
		states = append(states, state)
	}
	orphans, err := sim.Orphans(states...)
	if err != nil {
		return err
	}
	for _, o := range orphans {
		r.problems = append(r.problems, "orphan: "+o.Type+" "+o.ID)
	}
	r.orphans += len(orphans)
	all, err := sim.Objects()
	if err != nil {
		return err
	}
	made := map[string]int{}
	for _, o := range all {
		if made[o.URN]++; made[o.URN] == 2 && o.URN != "" {
			r.problems = append(r.problems, "made twice: "+o.URN)
			r.duplicates++
		}
	}
	return nil
}

// state reads a stack's checkpoint. A stack that was never made has none.
func (c *chaos) state(v *victim) (apitype.UntypedDeployment, error) {
	empty := apitype.UntypedDeployment{Version: 3, Deployment: json.RawMessage(`{}`)}
	file := filepath.Join(c.home, "simulated", "state", ".pulumi", "stacks", "pilot", v.target+".json")
	data, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return empty, nil
	}
	if err != nil {
		return empty, err
	}
	var chk struct {
		Checkpoint struct {
			Latest json.RawMessage `json:"latest"`
		} `json:"checkpoint"`
	}
	if err := json.Unmarshal(data, &chk); err != nil {
		return empty, fmt.Errorf("%s: %w", file, err)
	}
	if len(chk.Checkpoint.Latest) == 0 {
		return empty, nil
	}
	return apitype.UntypedDeployment{Version: 3, Deployment: chk.Checkpoint.Latest}, nil
}
