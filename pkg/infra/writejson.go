package infra

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
)

// ReportSchema is the JSON Schema of Report.
//
//go:embed report.schema.json
var ReportSchema string

// Header is what a written diff says about itself and the diff does not know.
type Header struct {
	// Stack is the stack's name as people call it.
	Stack string
	// Target is where it lives: local, aws, gcp.
	Target string
	// Simulated says that no real cloud is behind it.
	Simulated bool
}

// Report is the JSON form of a diff, the contract of "pilot preview --json".
// Steps holds what changes; unchanged and structural resources are left out.
type Report struct {
	Stack     string       `json:"stack"`
	Target    string       `json:"target"`
	Simulated bool         `json:"simulated"`
	Summary   Summary      `json:"summary"`
	Steps     []ReportStep `json:"steps"`
}

// ReportStep is one step of a Report.
type ReportStep struct {
	Op     Op               `json:"op"`
	Type   string           `json:"type"`
	Name   string           `json:"name"`
	URN    string           `json:"urn"`
	Inputs map[string]any   `json:"inputs"`
	Diff   []PropertyChange `json:"diff"`
}

// Report gives the diff's JSON form. No slice or map in it is nil, so that a
// reader never meets null where the contract says array or object.
func (d *Diff) Report(h Header) Report {
	r := Report{Stack: h.Stack, Target: h.Target, Simulated: h.Simulated, Summary: d.Summary, Steps: []ReportStep{}}
	for _, s := range d.Changes() {
		step := ReportStep{Op: s.Op, Type: s.Type, Name: s.Name, URN: s.URN, Inputs: s.Inputs, Diff: s.Properties}
		if step.Inputs == nil {
			step.Inputs = map[string]any{}
		}
		if step.Diff == nil {
			step.Diff = []PropertyChange{}
		}
		r.Steps = append(r.Steps, step)
	}
	return r
}

// WriteJSON writes the diff's Report, indented.
func (d *Diff) WriteJSON(w io.Writer, h Header) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(d.Report(h)); err != nil {
		return fmt.Errorf("write diff as JSON: %w", err)
	}
	return nil
}
