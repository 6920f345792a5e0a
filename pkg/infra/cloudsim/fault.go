package cloudsim

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Op is what a call does to a thing.
type Op string

// The operations of a provider.
const (
	OpCreate Op = "create"
	OpRead   Op = "read"
	OpUpdate Op = "update"
	OpDelete Op = "delete"
	OpInvoke Op = "invoke"
)

// Call is one call that reached a simulated cloud. Previews make none, but for
// the functions they invoke.
type Call struct {
	// Cloud is "aws" or "gcp".
	Cloud string
	// Type is the resource type's or the function's token.
	Type string
	// Op is what was asked for.
	Op Op
	// URN is the resource; empty for a function.
	URN string
	// Typical is how long the real cloud typically takes; zero when it is quick.
	Typical time.Duration
	// Fault is the fault that was injected into it, or "".
	Fault FaultKind
}

// FaultKind is a way for a call to fail.
type FaultKind string

// The kinds of fault.
const (
	// Throttle: the call is refused for coming too often; nothing happened.
	Throttle FaultKind = "throttle"
	// ServerError: the cloud answers 500; nothing happened.
	ServerError FaultKind = "server error"
	// AccessDenied: the caller may not do this; nothing happened.
	AccessDenied FaultKind = "access denied"
	// ExpiredCredentials: the caller's session has ended; nothing happened.
	ExpiredCredentials FaultKind = "expired credentials"
	// QuotaExceeded: the account has reached a limit; nothing happened.
	QuotaExceeded FaultKind = "quota exceeded"
	// ClockSkew: the caller's clock is off, so its signature or token is not
	// taken; nothing happened.
	ClockSkew FaultKind = "clock skew"
	// RegionOff: the account has not turned the region on; nothing happened.
	RegionOff FaultKind = "region off"
	// NoRoom: the subnet or the zone is full; nothing happened.
	NoRoom FaultKind = "no room"
	// TimeoutBefore: no answer came, and nothing happened.
	TimeoutBefore FaultKind = "timeout before"
	// TimeoutAfter: it happened, but waiting for it to be ready ran out. As
	// the real providers do, a creation reports what it made along with the
	// error, so that the engine knows of it.
	TimeoutAfter FaultKind = "timeout after"
	// AnswerLost: it happened, but the answer never came: a creation leaves a
	// thing that no state knows of.
	AnswerLost FaultKind = "answer lost"
)

// Fault says which calls fail, and how.
type Fault struct {
	// Type is the token that it is about; empty is every type.
	Type string
	// Op is the operation; empty is every one.
	Op Op
	// URN limits it to one resource; empty is every one.
	URN string
	// Nth is the first call to fail, counted from 1 among those that match; 0 is 1.
	Nth int
	// Times is how many calls in a row fail; 0 is 1, and -1 is all that follow.
	Times int
	// Kind is how it fails.
	Kind FaultKind
}

type armed struct {
	Fault
	seen int
}

// Inject adds a fault. It returns an error when the fault can never happen.
func (s *Sim) Inject(f Fault) error {
	kinds := []FaultKind{Throttle, ServerError, AccessDenied, ExpiredCredentials, QuotaExceeded, ClockSkew, RegionOff, NoRoom,
		TimeoutBefore, TimeoutAfter, AnswerLost}
	if !slices.Contains(kinds, f.Kind) {
		return fmt.Errorf("fault kind %q: want one of %q", f.Kind, kinds)
	}
	ops := []Op{"", OpCreate, OpRead, OpUpdate, OpDelete, OpInvoke}
	if !slices.Contains(ops, f.Op) {
		return fmt.Errorf("fault operation %q: want one of %q", f.Op, ops[1:])
	}
	if f.Type != "" && !known(f.Type) {
		return fmt.Errorf("fault type %q is not simulated", f.Type)
	}
	f.Nth = max(f.Nth, 1)
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &armed{Fault: f})
	return nil
}

// ClearFaults removes all faults.
func (s *Sim) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// SetQuota limits how many things of a type may exist: in a region, or in an
// account for types that are not regional. -1 lifts the limit. Some types have
// a limit by default, which is the cloud's own.
func (s *Sim) SetQuota(typ string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quotas[typ] = n
}

func (s *Sim) quota(r *row) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, ok := s.quotas[r.token]; ok {
		return n
	}
	if r.quota == 0 {
		return -1
	}
	return r.quota
}

// Calls returns all calls since the Sim was opened, in order of arrival.
func (s *Sim) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// strike notes a call and returns the fault that hits it, or "".
func (s *Sim) strike(c Call) FaultKind {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Type != "" && f.Type != c.Type || f.Op != "" && f.Op != c.Op || f.URN != "" && f.URN != c.URN {
			continue
		}
		f.seen++
		if c.Fault == "" && f.seen >= f.Nth && (f.Times < 0 || f.seen < f.Nth+f.Times) {
			c.Fault = f.Kind
		}
	}
	s.calls = append(s.calls, c)
	return c.Fault
}

// wait takes half of a call's time.
func (s *Sim) wait(ctx context.Context, c Call) error {
	if s.latency == nil {
		return ctx.Err()
	}
	return s.clock.Sleep(ctx, s.latency(c)/2)
}

// Types lists the resource types and functions that are simulated, sorted.
func Types() []string {
	var all []string
	for _, c := range []*cloud{awsCloud, gcpCloud} {
		for token := range c.rows {
			all = append(all, token)
		}
		for token := range c.functions {
			all = append(all, token)
		}
	}
	slices.Sort(all)
	return all
}

func known(token string) bool {
	for _, c := range []*cloud{awsCloud, gcpCloud} {
		if c.rows[token] != nil || c.functions[token] != nil {
			return true
		}
	}
	return false
}
