// Package rotate replaces the certificates of a running platform, and its
// authority too, while everything goes on. A rotation is a few stages, each an
// apply of the stack with one more instruction to the authority; how far it is
// stands in the stack's state, so that a rotation that was interrupted
// anywhere is finished by the next run.
package rotate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pilot-framework/pilot/pkg/infra"
	"github.com/pilot-framework/pilot/pkg/provider/pilot"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Control hands a stage to the program of a stack: the stack has to be opened
// with its Option.
type Control struct {
	mu sync.Mutex
	at pilot.Rotation
}

// Option makes the stack's authority and certificates listen to the control.
func (c *Control) Option() infra.Option { return infra.WithTransform(c.transform) }

func (c *Control) set(r pilot.Rotation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = r
}

func (c *Control) transform(_ context.Context, a *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
	c.mu.Lock()
	at := c.at
	c.mu.Unlock()
	switch {
	case at.Stage == "":
		return nil
	case a.Type == pilot.TypeCertificateAuthority:
	case a.Type == pilot.TypeCertificate && at.Stage == pilot.StageRenew:
	default:
		return nil
	}
	props := pulumi.Map{}
	for name, value := range a.Props {
		props[name] = value
	}
	props["rotation"] = pulumi.String(at.String())
	return &pulumi.ResourceTransformResult{Props: props, Opts: a.Opts}
}

// Options say what to rotate.
type Options struct {
	// Authority replaces the servers' authority too, so that everybody has to be
	// told whom to trust. Otherwise it stays, all certificates are issued anew,
	// and those that clients had before are refused at the end.
	Authority bool
	// Stage is told each stage before it is applied. May be nil.
	Stage func(stage pilot.Rotation, resumed bool)
	// Applied gets the stack's outputs after each stage, to keep the means of
	// access up to date: after the last stage those from before are refused.
	// An error ends the run, as it does the others'. May be nil.
	Applied func(auto.OutputMap) error
}

// ErrNothing reports a stack without an authority.
var ErrNothing = errors.New("there are no certificates yet; run pilot setup")

// Run finishes a rotation that was interrupted; where there is none, or where
// that one left the authority and Options ask for another, it does a whole one.
func Run(ctx context.Context, stack *infra.Stack, control *Control, o Options) error {
	defer control.set(pilot.Rotation{})
	at, err := Recorded(ctx, stack)
	if err != nil {
		return err
	}
	if at.Stage != "" {
		renewed := !at.Authority()
		if err := o.run(ctx, stack, control, at, true); err != nil {
			return err
		}
		if !renewed || !o.Authority {
			return nil
		}
	}
	first := pilot.Rotation{Stage: pilot.StageRenew, ID: time.Now().UTC().Format("20060102-150405")}
	if o.Authority {
		first.Stage = pilot.StageIntroduce
	}
	return o.run(ctx, stack, control, first, false)
}

// run applies a stage and those after it. A stage that is recorded may not have
// been applied wholly, so that it is applied again.
func (o Options) run(ctx context.Context, stack *infra.Stack, control *Control, at pilot.Rotation, resumed bool) error {
	for {
		if o.Stage != nil {
			o.Stage(at, resumed)
		}
		control.set(at)
		result, err := stack.Up(ctx, infra.Message("rotate certificates: "+at.String()))
		if err != nil {
			return fmt.Errorf("rotation of the certificates, stage %s (the next run goes on there): %w", at.Stage, err)
		}
		if o.Applied != nil {
			if err := o.Applied(result.Outputs); err != nil {
				return err
			}
		}
		next, more := at.Next()
		if !more {
			return nil
		}
		at, resumed = next, false
	}
}

// Recorded is the stage that the rotation under way has reached; its zero value
// means that there is none.
func Recorded(ctx context.Context, stack *infra.Stack) (pilot.Rotation, error) {
	state, err := stack.Export(ctx)
	if err != nil {
		return pilot.Rotation{}, err
	}
	var deployment struct {
		Resources []struct {
			Type    string `json:"type"`
			Delete  bool   `json:"delete"`
			Outputs struct {
				Stage string `json:"stage"`
			} `json:"outputs"`
		} `json:"resources"`
	}
	if len(state.Deployment) > 0 {
		if err := json.Unmarshal(state.Deployment, &deployment); err != nil {
			return pilot.Rotation{}, fmt.Errorf("read the stack's state: %w", err)
		}
	}
	found := false
	for _, r := range deployment.Resources {
		if r.Type != pilot.TypeCertificateAuthority || r.Delete {
			continue
		}
		found = true
		if r.Outputs.Stage != "" {
			return pilot.ParseRotation(r.Outputs.Stage)
		}
	}
	if !found {
		return pilot.Rotation{}, ErrNothing
	}
	return pilot.Rotation{}, nil
}
