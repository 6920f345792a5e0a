package infra

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Plan is a preview to be applied later, perhaps by somebody else. It holds no
// secret: secrets are markers in a diff.
type Plan struct {
	// Ref names the stack that the plan is for.
	Ref Ref `json:"ref"`
	// Created is when the preview was made.
	Created time.Time `json:"created"`
	// Diff is what was agreed to.
	Diff *Diff `json:"diff"`
	// Targets, TargetDependents, Replace and Refresh are the options of the
	// preview, which the apply takes over.
	Targets          []string `json:"targets,omitempty"`
	TargetDependents bool     `json:"targetDependents,omitempty"`
	Replace          []string `json:"replace,omitempty"`
	Refresh          bool     `json:"refresh,omitempty"`
}

const (
	planFormat  = "pilot-plan"
	planVersion = 1
)

// planFile is the file's form. The checksum is over the plan's compact JSON:
// it finds damage and careless edits, and is no signature.
type planFile struct {
	Format  string          `json:"format"`
	Version int             `json:"version"`
	SHA256  string          `json:"sha256"`
	Plan    json.RawMessage `json:"plan"`
}

// NewPlan makes a plan of a diff that Preview or PreviewDestroy returned. opts
// are the options that the preview was given.
func NewPlan(d *Diff, opts ...OpOption) (*Plan, error) {
	if d == nil {
		return nil, &FieldError{Field: "diff", Value: "nil", Want: "the diff that Preview returned"}
	}
	if d.Verb != VerbPreview && d.Verb != VerbDestroy {
		return nil, &FieldError{Field: "diff", Value: "a diff of " + string(d.Verb), Want: "a diff of Preview or PreviewDestroy"}
	}
	var o opSettings
	for _, f := range opts {
		if err := f(&o); err != nil {
			return nil, err
		}
	}
	return &Plan{
		Ref: d.Ref, Created: time.Now().UTC().Truncate(time.Second), Diff: d,
		Targets: o.op.Targets, TargetDependents: o.op.TargetDependents, Replace: o.op.Replace, Refresh: o.op.Refresh,
	}, nil
}

// Save writes the plan to a file that only its owner may read. The file is
// whole or not there at all, whatever happens while it is written.
func (p *Plan) Save(path string) (err error) {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	sum := sha256.Sum256(body)
	file, err := json.MarshalIndent(planFile{Format: planFormat, Version: planVersion, SHA256: hex.EncodeToString(sum[:]), Plan: body}, "", "  ")
	if err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".plan-*") // created with mode 0600
	if err != nil {
		return fmt.Errorf("save plan: %w", err)
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(append(file, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("save plan: %w", err)
	}
	return nil
}

// maxPlanSize bounds what LoadPlan reads: a plan of 10,000 resources has about 20 MB.
const maxPlanSize = 256 << 20

// LoadPlan reads a plan that Save wrote, and refuses one that was cut off or changed.
func LoadPlan(path string) (*Plan, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("load plan: %w", err)
	}
	if info.Size() > maxPlanSize {
		return nil, fmt.Errorf("load plan %s: it has %d bytes, which no plan has", path, info.Size())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("load plan: %w", err)
	}
	p, err := parsePlan(raw)
	if err != nil {
		return nil, fmt.Errorf("load plan %s: %w; make a new one", path, err)
	}
	return p, nil
}

func parsePlan(raw []byte) (*Plan, error) {
	var f planFile
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, fmt.Errorf("it is not whole: %w", err)
	}
	if f.Format != planFormat {
		return nil, fmt.Errorf("its format is %q, not %q", f.Format, planFormat)
	}
	if f.Version != planVersion {
		return nil, fmt.Errorf("its version is %d, and this program reads version %d", f.Version, planVersion)
	}
	var body bytes.Buffer
	if err := json.Compact(&body, f.Plan); err != nil {
		return nil, fmt.Errorf("it is not whole: %w", err)
	}
	sum := sha256.Sum256(body.Bytes())
	if hex.EncodeToString(sum[:]) != f.SHA256 {
		return nil, errors.New("it was changed after it was saved: the checksum does not fit")
	}
	var p Plan
	if err := json.Unmarshal(body.Bytes(), &p); err != nil {
		return nil, fmt.Errorf("its content is not a plan: %w", err)
	}
	if p.Diff == nil {
		return nil, errors.New("it holds no diff")
	}
	if err := p.Ref.Validate(); err != nil {
		return nil, err
	}
	p.Diff.restore()
	return &p, nil
}
