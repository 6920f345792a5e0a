package infra

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Pending is a step that an interrupted operation began and of which nobody
// knows what came.
type Pending struct {
	// URN and Type name the resource.
	URN, Type string
	// Doing is creating, updating, deleting, reading or importing.
	Doing string
}

// Unfinished is a creation that was interrupted: its inputs are known, but not
// whether anything was made of them.
type Unfinished struct {
	// URN, Type and Name are those of the resource.
	URN, Type, Name string
	// Inputs are what the creation was given, names made by the engine
	// included. Secrets are in the clear: they must not be written anywhere.
	Inputs map[string]any
	// Config is the configuration of the resource's provider.
	Config map[string]any
}

// Candidate is a real thing that an unfinished creation may have made.
type Candidate struct {
	// ID is the thing's id.
	ID string
	// Import says that ID is in the form that the provider imports by, which
	// for some types is not the id that the state holds.
	Import bool
}

// Invoke calls a function of the provider, such as aws:ec2/getElasticIp:getElasticIp.
type Invoke func(ctx context.Context, token string, args map[string]any) (map[string]any, error)

// Finder looks for what an unfinished creation may have made. It returns
// nothing when there can be nothing to find, or when making it once more does
// no harm. Things that the state knows already, and things that aren't there,
// may be among the candidates: they are sorted out by the caller.
type Finder func(ctx context.Context, u Unfinished, call Invoke) ([]Candidate, error)

// WithFinder gives the finder for the resources of one package, such as aws.
// Without one, an interrupted creation of the package is made once more.
func WithFinder(pkg string, f Finder) Option {
	return func(s *settings) error {
		if !nameForm.MatchString(pkg) || f == nil {
			return &FieldError{Field: "finder", Value: pkg, Want: "the name of a Pulumi package, such as aws, and a function"}
		}
		s.finders[pkg] = f
		return nil
	}
}

// Outcome is what came of a pending step.
type Outcome string

// The outcomes of a pending step.
const (
	// Adopted: the thing had been made, and the state knows it now.
	Adopted Outcome = "adopted"
	// Cleared: nothing came of it, or what came of it is done again without
	// harm by the next operation.
	Cleared Outcome = "cleared"
	// Removed: the thing had been deleted, and the state knows it no more.
	Removed Outcome = "removed"
)

// PendingResolved says what came of a step that an interrupted operation left
// open.
type PendingResolved struct {
	Pending
	Outcome Outcome
	// ID is the real thing's id, where there is one.
	ID string
	// Searched says that the provider was asked; otherwise there was nothing
	// to ask it.
	Searched bool
}

func (PendingResolved) isEvent() {}

// String is the line for people.
func (e PendingResolved) String() string {
	what := fmt.Sprintf("%s %s", e.Type, urnName(e.URN))
	switch {
	case e.Outcome == Adopted:
		return fmt.Sprintf("adopted %s (%s): its creation was interrupted after it had been made", what, e.ID)
	case e.Outcome == Removed:
		return fmt.Sprintf("removed %s from the state: its deletion was interrupted after it was gone", what)
	case e.Doing == "creating" && e.Searched:
		return fmt.Sprintf("cleared the interrupted creation of %s: nothing had been made", what)
	}
	return fmt.Sprintf("cleared the interrupted step (%s) of %s", e.Doing, what)
}

// Repair says how to resolve the steps that can't be resolved without help.
type Repair struct {
	// Adopt gives the ids of real things, by URN, that interrupted creations made.
	Adopt map[string]string
	// Forget names URNs whose interrupted step is to be struck off without
	// looking.
	Forget []string
}

// UnresolvedError reports a pending step whose outcome could not be found out.
type UnresolvedError struct {
	Pending
	// IDs are the real things that it may have made, if there are several.
	IDs []string
	// Err is why, if it is not that there are several.
	Err error
}

// Error says what is not known and how to help.
func (e *UnresolvedError) Error() string {
	why := fmt.Sprint(e.Err)
	if e.Err == nil {
		why = "it may have made any of " + strings.Join(e.IDs, ", ")
	}
	return fmt.Sprintf("an earlier operation was interrupted while %s %s, and what came of it is not clear: %s; "+
		"pilot repair (infra.Stack.Repair) takes the answer: --adopt %s=ID or --forget %s", e.Doing, e.URN, why, e.URN, e.URN)
}

// Unwrap gives the reason.
func (e *UnresolvedError) Unwrap() error { return e.Err }

// Repairer is an EngineStack that can resolve pending steps.
type Repairer interface {
	// Repair resolves all pending steps and tells of each. Operations that
	// change something do so first, with an empty Repair.
	Repair(ctx context.Context, how Repair, tell func(Event)) error
}

// Pending lists the steps that an interrupted operation left open.
func (s *Stack) Pending(ctx context.Context) ([]Pending, error) {
	state, err := s.Export(ctx)
	if err != nil || len(state.Deployment) == 0 {
		return nil, err
	}
	var d apitype.DeploymentV3
	if err := json.Unmarshal(state.Deployment, &d); err != nil {
		return nil, fmt.Errorf("read the state of %s: %w", s.ref, err)
	}
	var all []Pending
	for _, op := range d.PendingOperations {
		all = append(all, Pending{URN: string(op.Resource.URN), Type: string(op.Resource.Type), Doing: string(op.Type)})
	}
	return all, nil
}

// Repair finds out from the providers what came of the steps that an
// interrupted operation left open, and brings the state in line. Up, Refresh
// and Destroy do this by themselves; to call it before a preview makes the
// preview true. Nothing real is changed. Errors: *LockedError,
// *UnresolvedError for each step that it can't answer without help.
func (s *Stack) Repair(ctx context.Context, how Repair) error {
	pending, err := s.Pending(ctx)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, p := range pending {
		known[p.URN] = true
	}
	for _, urn := range append(slices.Sorted(maps.Keys(how.Adopt)), how.Forget...) {
		if !known[urn] {
			return &FieldError{Field: "repair", Value: urn, Want: "the URN of a pending step, as pilot repair lists them"}
		}
	}
	if len(pending) == 0 {
		return nil
	}
	p := newProgress(s.set.progress)
	err = s.locked("repair", func(e EngineStack) error {
		r, ok := e.(Repairer)
		if !ok {
			return fmt.Errorf("the stack's engine (%T) can't resolve pending steps: use its own refresh", e)
		}
		return s.whileLocked(ctx, p, func() error { return r.Repair(ctx, how, p.send) })
	})
	if perr := p.close(); err == nil {
		err = perr
	}
	return err
}
