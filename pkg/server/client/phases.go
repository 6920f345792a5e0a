package client

import (
	"regexp"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// operationLine is what the runner prints when it begins an operation, such as
// "Running push build v3".
var operationLine = regexp.MustCompile(`^Running (build|push build|deploy|release|deployment destroy|release destroy) v\d+`)

var operationPhase = map[string]Phase{
	"build":              PhaseBuild,
	"push build":         PhasePush,
	"deploy":             PhaseDeploy,
	"release":            PhaseRelease,
	"deployment destroy": PhaseDestroy,
	"release destroy":    PhaseDestroy,
}

// phases follows a job from phase to phase.
type phases struct {
	sink    func(Event)
	current Phase
	// first is the phase of the job's first operation.
	first Phase
	since time.Time
	times []PhaseTime
}

func newPhases(first Phase, sink func(Event)) *phases {
	p := &phases{sink: sink, first: first}
	p.enter(PhaseQueue, time.Now())
	return p
}

// observe enters the phase that a line of output announces.
func (p *phases) observe(at time.Time, style LogStyle, text string) {
	if style != StyleStep {
		return
	}
	m := operationLine.FindStringSubmatch(text)
	if m == nil {
		return
	}
	next := operationPhase[m[1]]
	// Pruning old deployments is part of the release.
	if next == PhaseDestroy && p.first != PhaseDestroy {
		next = PhaseRelease
	}
	p.enter(next, at)
}

func (p *phases) enter(next Phase, at time.Time) {
	if next == p.current {
		return
	}
	p.leave(at, false)
	p.current, p.since = next, at
	p.sink(&PhaseStarted{Phase: next, At: at})
}

func (p *phases) leave(at time.Time, failed bool) {
	if p.current == "" {
		return
	}
	took := max(at.Sub(p.since), 0)
	p.times = append(p.times, PhaseTime{Phase: p.current, Took: took})
	p.sink(&PhaseDone{Phase: p.current, At: at, Took: took, Failed: failed})
}

// fix moves to the phase that the server's records name as the failed one.
func (p *phases) fix(phase Phase) { p.enter(phase, time.Now()) }

// fail ends the current phase and names it.
func (p *phases) fail() Phase {
	p.leave(time.Now(), true)
	return p.current
}

func (p *phases) end() { p.leave(time.Now(), false) }

func timeOr(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Now()
	}
	return t.AsTime()
}
