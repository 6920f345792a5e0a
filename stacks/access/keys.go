package access

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// keyForm is the end of the URN of a key, or of the attempt to make it: its
// number.
var keyForm = regexp.MustCompile(`::[^:]*-key-([0-9]+)(-attempt)?$`)

// Attempt is made before the key of a number. A state that has an attempt and
// not its key tells of a key that may be there, and of which nobody knows: the
// clouds give the secret of a key once.
func Attempt(ctx *pulumi.Context, number int) (pulumi.Resource, error) {
	return pilot.NewPassword(ctx, fmt.Sprintf("access-key-%d-attempt", number), nil)
}

// Keys are the keys in a stack's state.
type Keys struct {
	// Newest is the number of the newest one, 0 where there is none.
	Newest int
	// Count is how many there are: more than one after a rotation that was
	// interrupted.
	Count int
	// Lost says that a key may have been made that can't be used. The stack then
	// has to get another name: the old user, or account, goes with all its keys.
	Lost bool
}

// KeysOf reads the state of a stack.
func KeysOf(ctx context.Context, s *infra.Stack) (Keys, error) {
	state, err := s.Export(ctx)
	if err != nil {
		return Keys{}, err
	}
	var deployment struct {
		Resources []struct {
			URN    string `json:"urn"`
			Delete bool   `json:"delete"`
		} `json:"resources"`
	}
	if len(state.Deployment) > 0 {
		if err := json.Unmarshal(state.Deployment, &deployment); err != nil {
			return Keys{}, fmt.Errorf("read the state: %w", err)
		}
	}
	var k Keys
	made, tried := map[int]bool{}, map[int]bool{}
	for _, r := range deployment.Resources {
		m := keyForm.FindStringSubmatch(r.URN)
		if m == nil || r.Delete {
			continue
		}
		n, _ := strconv.Atoi(m[1])
		if m[2] != "" {
			tried[n] = true
			continue
		}
		made[n] = true
		k.Newest = max(k.Newest, n)
		k.Count++
	}
	for n := range tried {
		k.Lost = k.Lost || !made[n]
	}
	return k, nil
}

// Settle finds out what came of the steps that an interrupted run left open. It
// does not look for a key that was being made: see Keys.Lost.
func Settle(ctx context.Context, s *infra.Stack) error {
	pending, err := s.Pending(ctx)
	if err != nil || len(pending) == 0 {
		return err
	}
	var how infra.Repair
	for _, p := range pending {
		if m := keyForm.FindStringSubmatch(p.URN); p.Doing == "creating" && m != nil && m[2] == "" {
			how.Forget = append(how.Forget, p.URN)
		}
	}
	return s.Repair(ctx, how)
}
