package infra

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"
)

const vpcType, vpcURN = "aws:ec2/vpc:Vpc", "urn:pulumi:dev::acme::aws:ec2/vpc:Vpc::vpc"

func state(inputs map[string]any) *apitype.StepEventStateMetadata {
	return &apitype.StepEventStateMetadata{Type: vpcType, URN: vpcURN, Custom: true, Inputs: inputs, Outputs: inputs}
}

func preEvent(m apitype.StepEventMetadata) apitype.EngineEvent {
	m.URN, m.Type = vpcURN, vpcType
	return apitype.EngineEvent{ResourcePreEvent: &apitype.ResourcePreEvent{Metadata: m}}
}

func postEvent(m apitype.StepEventMetadata) apitype.EngineEvent {
	m.URN, m.Type = vpcURN, vpcType
	return apitype.EngineEvent{ResOutputsEvent: &apitype.ResOutputsEvent{Metadata: m}}
}

func secret(v string) map[string]any {
	return map[string]any{sig.Key: sig.Secret, "plaintext": v, "ciphertext": v}
}

// TestMasking has an engine that leaves secrets readable in its events.
func TestMasking(t *testing.T) {
	in := map[string]any{
		"top":    secret("hush-1"),
		"nested": map[string]any{"list": []any{"open", secret("hush-2")}},
		"output": map[string]any{sig.Key: sig.OutputValue, "secret": true, "value": "hush-3"},
		"later":  sig.UnknownStringValue,
		"ref":    map[string]any{sig.Key: sig.ResourceReference, "urn": "urn:x", "id": "1"},
		"file":   map[string]any{sig.Key: sig.AssetSig, "hash": "0123456789abcdef", "text": "hush-4"},
		"count":  3,
	}
	want := map[string]any{
		"top": SecretMark, "nested": map[string]any{"list": []any{"open", SecretMark}}, "output": SecretMark,
		"later": UnknownMark, "ref": "urn:x", "file": "asset:0123456789ab", "count": 3.0,
	}
	c := newCollector(Ref{"acme", "dev"}, VerbPreview, func(Event) {})
	c.handle(preEvent(apitype.StepEventMetadata{Op: apitype.OpUpdate, Old: state(map[string]any{"top": secret("hush-0")}), New: state(in),
		DetailedDiff: map[string]apitype.PropertyDiff{"top": {Kind: apitype.DiffUpdate, InputDiff: true}, "nested.list[1]": {Kind: apitype.DiffAdd, InputDiff: true}}}))
	d := c.diff(false)
	if got := d.Steps[0].Inputs; !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v", got)
	}
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(raw), "hush") {
		t.Errorf("a secret gets through: %s", raw)
	}
	for _, p := range d.Steps[0].Properties {
		if !p.Secret {
			t.Errorf("%s is not marked as secret", p.Path)
		}
	}
}

// TestReplacement sends the engine's three steps in both orders.
func TestReplacement(t *testing.T) {
	old, new := state(map[string]any{"cidr": "a", "name": "x"}), state(map[string]any{"cidr": "b", "name": "x"})
	detail := map[string]apitype.PropertyDiff{"cidr": {Kind: apitype.DiffUpdateReplace, InputDiff: true}}
	create := apitype.StepEventMetadata{Op: apitype.OpCreateReplacement, Old: old, New: new, Keys: []string{"cidr"}, DetailedDiff: detail}
	replace := apitype.StepEventMetadata{Op: apitype.OpReplace, Old: old, New: new, Keys: []string{"cidr"}, DetailedDiff: detail}
	gone := *old
	gone.Delete = true
	remove := apitype.StepEventMetadata{Op: apitype.OpDeleteReplaced, Old: &gone}
	for name, order := range map[string][]apitype.StepEventMetadata{
		"create first": {create, replace, remove},
		"delete first": {remove, replace, create},
	} {
		c := newCollector(Ref{"acme", "dev"}, VerbUp, func(Event) {})
		for _, m := range order {
			c.handle(preEvent(m))
			c.handle(postEvent(m))
		}
		d := c.diff(false)
		live := 0
		for _, s := range d.Steps {
			if s.Op == OpReplace {
				live++
				if !reflect.DeepEqual(s.ReplaceReasons, []string{"cidr"}) || len(s.Properties) != 1 || s.Properties[0].New != "b" {
					t.Errorf("%s: %+v", name, s)
				}
			}
		}
		if live != 1 || d.Summary.Replace != 1 || (d.Summary != Summary{Replace: 1}) {
			t.Errorf("%s: %+v", name, d.Summary)
		}
	}
}

// TestUnfinished: what an abort cut short is not among what was done.
func TestUnfinished(t *testing.T) {
	c := newCollector(Ref{"acme", "dev"}, VerbUp, func(Event) {})
	m := apitype.StepEventMetadata{Op: apitype.OpCreate, New: state(nil)}
	c.handle(preEvent(m))
	if d := c.diff(true); d.Summary.Create != 0 {
		t.Errorf("unfinished: %+v", d.Summary)
	}
	c.handle(postEvent(m))
	if d := c.diff(true); d.Summary.Create != 1 {
		t.Errorf("finished: %+v", d.Summary)
	}
}

// TestLeftover: the old copy of an earlier replacement goes, and its resource
// stays as it is.
func TestLeftover(t *testing.T) {
	gone := state(nil)
	gone.Delete = true
	c := newCollector(Ref{"acme", "dev"}, VerbPreview, func(Event) {})
	c.handle(preEvent(apitype.StepEventMetadata{Op: apitype.OpSame, Old: state(nil), New: state(nil)}))
	c.handle(preEvent(apitype.StepEventMetadata{Op: apitype.OpDeleteReplaced, Old: gone}))
	d := c.diff(false)
	if (d.Summary != Summary{Same: 1, Delete: 1}) || d.Empty() {
		t.Errorf("got %+v", d.Summary)
	}
	if err := d.deviation(d); err != nil {
		t.Errorf("it differs from itself: %v", err)
	}
}

// TestWithoutDetail: a provider that gives no detailed diff.
func TestWithoutDetail(t *testing.T) {
	c := newCollector(Ref{"acme", "dev"}, VerbPreview, func(Event) {})
	c.handle(preEvent(apitype.StepEventMetadata{Op: apitype.OpUpdate,
		Old: state(map[string]any{"tags": map[string]any{"a": "1", "b": "2"}, "list": []any{1.0, 2.0}}),
		New: state(map[string]any{"tags": map[string]any{"a": "1", "c.d": "3"}, "list": []any{1.0}, "__defaults": []any{}})}))
	var got []string
	for _, p := range c.diff(false).Steps[0].Properties {
		got = append(got, string(p.Kind)+" "+p.Path)
	}
	want := []string{"delete list[1]", "delete tags.b", `add tags["c.d"]`}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFailure(t *testing.T) {
	diagnostic := func(urn, severity, msg string) apitype.EngineEvent {
		return apitype.EngineEvent{DiagnosticEvent: &apitype.DiagnosticEvent{URN: urn, Severity: severity, Message: msg}}
	}
	fails := apitype.EngineEvent{ResOpFailedEvent: &apitype.ResOpFailedEvent{
		Metadata: apitype.StepEventMetadata{Op: apitype.OpCreate, URN: vpcURN, Type: vpcType, New: state(nil)}}}
	boom := errors.New("update failed")
	tests := []struct {
		name    string
		events  []apitype.EngineEvent
		runErr  error
		program error
		want    string
	}{
		{"nothing failed", nil, nil, nil, ""},
		{"a resource", []apitype.EngineEvent{preEvent(apitype.StepEventMetadata{Op: apitype.OpCreate, New: state(nil)}),
			diagnostic(vpcURN, "error", "<{%reset%}>VpcLimitExceeded<{%reset%}>\n"), fails, diagnostic("", "error", "update failed")}, boom, nil,
			`create aws:ec2/vpc:Vpc "vpc": VpcLimitExceeded`},
		{"a warning is none", []apitype.EngineEvent{diagnostic(vpcURN, "warning", "old")}, boom, nil, "update failed"},
		{"the engine", []apitype.EngineEvent{diagnostic("", "error", "no resource plugin 'aws'")}, boom, nil, "no resource plugin 'aws'"},
		{"the program", nil, boom, errors.New("bad spec"), "program: bad spec"},
		{"a lock", nil, &LockedError{Stack: "acme/dev", User: "ann", Host: "box", PID: 7}, nil, "ann@box (process 7)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCollector(Ref{"acme", "dev"}, VerbUp, func(Event) {})
			for _, e := range tt.events {
				c.handle(e)
			}
			err := c.failure(t.Context(), Operation{Verb: VerbUp}, tt.runErr, tt.program)
			if tt.want == "" {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "<{%") {
				t.Errorf("got %v", err)
			}
		})
	}
	c := newCollector(Ref{"acme", "dev"}, VerbUp, func(Event) {})
	if err := c.failure(t.Context(), Operation{Verb: VerbUp}, context.Canceled, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// FuzzEvents feeds the collector whatever an engine's stream may hold.
func FuzzEvents(f *testing.F) {
	for _, e := range []apitype.EngineEvent{
		preEvent(apitype.StepEventMetadata{Op: apitype.OpUpdate, Old: state(map[string]any{"a": secret("x")}), New: state(map[string]any{"a": []any{1.0}}),
			DetailedDiff: map[string]apitype.PropertyDiff{"a[0].b": {Kind: apitype.DiffUpdateReplace}}}),
		postEvent(apitype.StepEventMetadata{Op: apitype.OpRefresh}),
		{ResOpFailedEvent: &apitype.ResOpFailedEvent{}},
	} {
		raw, err := json.Marshal(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var e apitype.EngineEvent
		if json.Unmarshal(raw, &e) != nil {
			return
		}
		for _, verb := range []Verb{VerbPreview, VerbRefresh} {
			c := newCollector(Ref{"acme", "dev"}, verb, func(Event) {})
			c.handle(e)
			c.handle(e)
			d := c.diff(false)
			var b strings.Builder
			if err := errors.Join(d.WriteText(&b, WithColor(ColorNever)), d.WriteJSON(&b, Header{}), d.WriteMarkdown(&b, Header{})); err != nil {
				t.Fatal(err)
			}
			if err := d.deviation(d); err != nil {
				t.Errorf("it differs from itself: %v", err)
			}
		}
	})
}

// FuzzPlan reads whatever a plan file may hold.
func FuzzPlan(f *testing.F) {
	f.Add([]byte(`{"format":"pilot-plan","version":1,"sha256":"","plan":{}}`))
	f.Add([]byte(`{"format":"pilot-plan","version":1,"plan":{"diff":{"steps":[{"properties":[{}]}]}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if p, err := parsePlan(raw); err == nil && p.Diff == nil {
			t.Error("a plan without a diff was accepted")
		}
	})
}
