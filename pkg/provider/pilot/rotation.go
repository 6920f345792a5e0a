package pilot

import (
	"fmt"
	"slices"
	"strings"
)

// The stages of a rotation. A new authority is introduced, so that both are
// trusted everywhere; then it signs all certificates; then the old one is
// retired, so that only the new one is trusted.
//
// Where the authority stays, only that of the clients is replaced, in the same
// way: nothing else would have the clients' old certificates refused, since a
// Docker daemon knows no revocation. To renew is to issue the servers'
// certificates anew and to introduce it; then clients adopt it; then what the
// old one signed is refused. Teammates, who trust the servers' authority, notice
// nothing.
//
// Settling ends either. Each stage has to be applied wholly before the next:
// that is what keeps both sides of every connection agreed.
const (
	StageIntroduce = "introduce"
	StageSwitch    = "switch"
	StageRetire    = "retire"
	StageRenew     = "renew"
	StageAdopt     = "adopt"
	StageRefuse    = "refuse"
	StageSettle    = "settle"
)

// Rotation is one stage of one rotation.
type Rotation struct {
	// Stage is one of the stages; empty means that nothing is asked for, which
	// leaves an unfinished rotation where it is.
	Stage string
	// ID tells one rotation from another: 1 to 40 lower-case letters, digits or
	// hyphens.
	ID string
}

// ParseRotation reads STAGE/ID, or nothing.
func ParseRotation(text string) (Rotation, error) {
	if text == "" {
		return Rotation{}, nil
	}
	stage, id, _ := strings.Cut(text, "/")
	stages := []string{StageIntroduce, StageSwitch, StageRetire, StageRenew, StageAdopt, StageRefuse, StageSettle}
	if !slices.Contains(stages, stage) || len(id) < 1 || len(id) > 40 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return Rotation{}, fmt.Errorf("%q: want one of %s, a slash and a word of lower-case letters, digits and hyphens", text, strings.Join(stages, ", "))
	}
	return Rotation{Stage: stage, ID: id}, nil
}

// String is STAGE/ID.
func (r Rotation) String() string {
	if r.Stage == "" {
		return ""
	}
	return r.Stage + "/" + r.ID
}

// Authority tells whether the stage is one of a rotation that replaces the
// servers' authority too.
func (r Rotation) Authority() bool {
	return r.Stage == StageIntroduce || r.Stage == StageSwitch || r.Stage == StageRetire
}

// Next is the stage after this one; after settling there is none.
func (r Rotation) Next() (Rotation, bool) {
	after := map[string]string{
		StageIntroduce: StageSwitch, StageSwitch: StageRetire, StageRetire: StageSettle,
		StageRenew: StageAdopt, StageAdopt: StageRefuse, StageRefuse: StageSettle,
	}
	next, ok := after[r.Stage]
	return Rotation{Stage: next, ID: r.ID}, ok
}

// Moves tells whether this stage is a step from the recorded one, which is
// empty where no rotation is under way. It fails where a stage would be left
// out: that would part the two sides of a connection.
func (r Rotation) Moves(recorded string) (bool, error) {
	if r.Stage == "" || r.String() == recorded {
		return false, nil
	}
	at, err := ParseRotation(recorded)
	if err != nil {
		return false, fmt.Errorf("the recorded stage of the rotation: %w", err)
	}
	if at.Stage == "" {
		switch r.Stage {
		case StageIntroduce, StageRenew:
			return true, nil
		case StageSettle:
			return false, nil
		}
		return false, fmt.Errorf("rotation %s: none is under way, which begins with %s or %s", r, StageIntroduce, StageRenew)
	}
	if next, ok := at.Next(); ok && next == r {
		return true, nil
	}
	return false, fmt.Errorf("rotation %s: the one under way is at %s and has to be finished first", r, at)
}
