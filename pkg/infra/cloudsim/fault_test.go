package cloudsim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var everyKind = []FaultKind{Throttle, ServerError, AccessDenied, ExpiredCredentials, QuotaExceeded, TimeoutBefore, TimeoutAfter}

// TestEveryCallFailsOnce: whichever call of whichever resource fails, in
// whichever way, the next run gets to the end, and nothing is left over.
func TestEveryCallFailsOnce(t *testing.T) {
	gcp := newGCPSpec()
	for cloudName, program := range map[string]pulumi.RunFunc{"aws": newAWSSpec().program, "gcp": gcp.program} {
		sim := newSim(t)
		stack := openStack(t, sim, "", program)
		up(t, stack)
		destroy(t, stack)
		var types []string
		for _, call := range sim.Calls() {
			if call.Op == OpCreate && !slices.Contains(types, call.Type) {
				types = append(types, call.Type)
			}
		}
		if len(types) < 15 {
			t.Fatalf("%s: the program makes only %d types", cloudName, len(types))
		}
		for i, typ := range types {
			kind := everyKind[i%len(everyKind)]
			t.Run(typ+" "+string(kind), func(t *testing.T) {
				gcp.dbName = fmt.Sprint("acme-", cloudName, i) // a deleted one's name stays taken
				if err := sim.Inject(Fault{Type: typ, Op: OpCreate, Kind: kind}); err != nil {
					t.Fatal(err)
				}
				if _, err := stack.Up(t.Context()); err == nil {
					t.Fatal("the fault was not seen")
				}
				up(t, stack)
				noOrphans(t, sim, stack)
				if err := sim.Inject(Fault{Type: typ, Op: OpDelete, Kind: kind}); err != nil {
					t.Fatal(err)
				}
				if _, err := stack.Destroy(t.Context()); err == nil {
					t.Fatal("the fault was not seen")
				}
				destroy(t, stack)
				if n := count(t, sim); n != 0 {
					t.Errorf("%d things are left", n)
				}
			})
		}
	}
}

// TestFaultWords: each fault speaks as the cloud does.
func TestFaultWords(t *testing.T) {
	words := map[string]map[FaultKind]string{
		"aws": {
			Throttle: "api error RequestLimitExceeded", ServerError: "StatusCode: 500", AccessDenied: "not authorized to perform: ec2:CreateVpc",
			ExpiredCredentials: "ExpiredToken", QuotaExceeded: "VpcLimitExceeded", TimeoutBefore: "context deadline exceeded",
			TimeoutAfter: "timeout while waiting for state", AnswerLost: "connection reset",
		},
		"gcp": {
			Throttle: "rateLimitExceeded", ServerError: "Error 503", AccessDenied: "'compute.networks.create' permission", ExpiredCredentials: "Error 401",
			QuotaExceeded: "Quota 'NETWORKS' exceeded", TimeoutBefore: "Client.Timeout exceeded", TimeoutAfter: "timeout while waiting for state", AnswerLost: "connection reset",
		},
	}
	thing := map[string]struct {
		typ string
		in  Props
	}{"aws": {tokenVPC, Props{"cidrBlock": "10.0.0.0/16"}}, "gcp": {tokenNetwork, Props{"name": "net"}}}
	for cloudName, kinds := range words {
		for kind, want := range kinds {
			r := newRig(t, cloudName)
			if err := r.sim.Inject(Fault{Kind: kind, Op: OpCreate}); err != nil {
				t.Fatal(err)
			}
			_, _, err := r.create(thing[cloudName].typ, "x", thing[cloudName].in)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s %s: want %q, got: %v", cloudName, kind, want, err)
			}
			made := 0
			if kind == TimeoutAfter || kind == AnswerLost {
				made = 1
			}
			if n := count(t, r.sim); n != made {
				t.Errorf("%s %s: %d things exist, want %d", cloudName, kind, n, made)
			}
		}
	}
}

// TestLostAnswerLeavesAnOrphan: the one fault that state can't know of is what
// the orphan finder finds.
func TestLostAnswerLeavesAnOrphan(t *testing.T) {
	sim := newSim(t)
	stack := openStack(t, sim, "", newAWSSpec().program)
	if err := sim.Inject(Fault{Type: tokenEIP, Op: OpCreate, Kind: AnswerLost}); err != nil {
		t.Fatal(err)
	}
	if _, err := stack.Up(t.Context()); err == nil {
		t.Fatal("the fault was not seen")
	}
	up(t, stack)
	state, err := stack.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	orphans, err := sim.Orphans(state)
	if err != nil || len(orphans) != 1 || orphans[0].Type != tokenEIP {
		t.Fatalf("want one orphan, the address: %v %v", orphans, err)
	}
	if twins, err := sim.FindByURN(orphans[0].URN); err != nil || len(twins) != 2 {
		t.Errorf("the resource made two things: %v %v", twins, err)
	}
}

// TestNthCall: a fault hits the calls it is meant for and no other.
func TestNthCall(t *testing.T) {
	r := newRig(t, "aws")
	if err := r.sim.Inject(Fault{Type: tokenVPC, Op: OpCreate, Nth: 2, Times: 2, Kind: Throttle}); err != nil {
		t.Fatal(err)
	}
	got := ""
	for range 5 {
		r.must(tokenUser, "other"+got, Props{})
		if _, _, err := r.create(tokenVPC, "net", Props{"cidrBlock": "10.0.0.0/16"}); err != nil {
			got += "x"
		} else {
			got += "."
		}
	}
	if got != ".xx.." {
		t.Errorf("got %s, want .xx..", got)
	}
	for _, bad := range []Fault{{Kind: "sulk"}, {Kind: Throttle, Op: "jump"}, {Kind: Throttle, Type: "aws:x/y:Z"}} {
		if err := r.sim.Inject(bad); err == nil {
			t.Errorf("fault %v can never happen and was taken", bad)
		}
	}
}

// TestQuota: an account's limits hold, and a test may move them.
func TestQuota(t *testing.T) {
	r := newRig(t, "aws")
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		r.must(tokenVPC, name, Props{"cidrBlock": "10.0.0.0/16"})
	}
	if _, _, err := r.create(tokenVPC, "f", Props{"cidrBlock": "10.0.0.0/16"}); err == nil || !strings.Contains(err.Error(), "VpcLimitExceeded") {
		t.Errorf("five VPCs a region, got: %v", err)
	}
	r.sim.SetQuota(tokenVPC, -1)
	r.must(tokenVPC, "f", Props{"cidrBlock": "10.0.0.0/16"})
	r.sim.SetQuota(tokenUser, 0)
	if _, _, err := r.create(tokenUser, "u", Props{}); err == nil || !strings.Contains(err.Error(), "UsersPerAccount") {
		t.Errorf("no users, got: %v", err)
	}
}

// handClock is a clock that a test moves.
type handClock struct {
	now   atomic.Int64
	slept atomic.Int64
}

func (c *handClock) Now() time.Time { return time.Unix(c.now.Load(), 0) }

func (c *handClock) Sleep(ctx context.Context, d time.Duration) error {
	c.slept.Add(int64(d))
	return ctx.Err()
}

func (c *handClock) move(d time.Duration) { c.now.Add(int64(d / time.Second)) }

// TestLatencyIsTheClocks: a call takes its typical time, on the clock that the
// test gives.
func TestLatencyIsTheClocks(t *testing.T) {
	clock := &handClock{}
	r := newRig(t, "aws", WithClock(clock), WithTypicalLatency(0.5))
	r.must(tokenVPC, "net", Props{"cidrBlock": "10.0.0.0/16"})
	if got := time.Duration(clock.slept.Load()); got != time.Second {
		t.Errorf("half of two seconds, got %s", got)
	}
}

// TestNamesOfTheDeleted: what a cloud keeps reserved after deletion is free
// again when its time has passed.
func TestNamesOfTheDeleted(t *testing.T) {
	for _, c := range []struct {
		cloud, typ string
		in         Props
		want       string
		days       int
	}{
		{"aws", tokenSecret, Props{"name": "s", "recoveryWindowInDays": 7}, "scheduled for deletion", 7},
		{"aws", tokenSecret, Props{"name": "s", "recoveryWindowInDays": 0}, "", 0},
		{"gcp", tokenSQL, Props{"name": "db", "databaseVersion": "POSTGRES_16", "deletionProtection": false, "settings": Props{"tier": "db-f1-micro"}}, "until one week", 7},
		{"gcp", tokenRoleGCP, Props{"roleId": "deploy", "title": "d", "permissions": []any{"a.b.c"}}, "", 0},
	} {
		clock := &handClock{}
		r := newRig(t, c.cloud, WithClock(clock))
		id := r.must(c.typ, "x", c.in)
		if err := r.delete(c.typ, "x", id, c.in); err != nil {
			t.Fatal(err)
		}
		if n := count(t, r.sim); n != 0 {
			t.Errorf("%s: %d things are left", c.typ, n)
		}
		_, _, err := r.create(c.typ, "x", c.in)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: the name is free, got: %v", c.typ, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want %q, got: %v", c.typ, c.want, err)
		}
		clock.move(time.Duration(c.days)*24*time.Hour + time.Hour)
		r.must(c.typ, "x", c.in)
	}
}
