package infra

import (
	"sort"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// collector turns the engine's events into a diff, typed events and errors.
type collector struct {
	ref  Ref
	verb Verb
	emit func(Event)

	mu        sync.Mutex
	records   map[string]*record
	running   map[string]running
	leftovers map[string]*record // old copies that an earlier replacement left
	drift     map[string]Step
	outputs   []PropertyChange
	fail      failures
}

// record is all that is known of one resource's step.
type record struct {
	op       Op
	typ      string
	old, new *apitype.StepEventStateMetadata
	keys     []string
	detailed map[string]apitype.PropertyDiff
	failed   bool
}

func newCollector(ref Ref, verb Verb, emit func(Event)) *collector {
	return &collector{
		ref: ref, verb: verb, emit: emit,
		records: map[string]*record{}, leftovers: map[string]*record{}, running: map[string]running{},
		drift: map[string]Step{}, fail: newFailures(),
	}
}

// handle takes one engine event. It does not block.
func (c *collector) handle(e apitype.EngineEvent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case e.ResourcePreEvent != nil:
		c.pre(e.ResourcePreEvent.Metadata, e.ResourcePreEvent.Planning)
	case e.ResOutputsEvent != nil:
		c.post(e.ResOutputsEvent.Metadata)
	case e.ResOpFailedEvent != nil:
		c.failed(e.ResOpFailedEvent.Metadata)
	case e.DiagnosticEvent != nil:
		c.diagnostic(e.DiagnosticEvent)
	case e.StdoutEvent != nil:
		c.emit(Diagnostic{Severity: "info", Message: cleanText(e.StdoutEvent.Message)})
	case e.ErrorEvent != nil:
		c.fail.other(cleanText(e.ErrorEvent.Error))
	case e.ProgressEvent != nil:
		p := e.ProgressEvent
		c.emit(Download{Name: p.ID, Message: p.Message, Completed: p.Completed, Total: p.Total, Done: p.Done})
	}
}

// hidden are the providers that the engine makes by itself.
func hidden(m apitype.StepEventMetadata) bool {
	return isProvider(m.Type) && strings.HasPrefix(urnName(m.URN), "default")
}

func (c *collector) pre(m apitype.StepEventMetadata, planning bool) {
	if hidden(m) {
		return
	}
	if m.Op == apitype.OpRefresh {
		c.start(m, planning)
		return
	}
	if now, ok := c.running[m.URN]; ok && now.Op == OpRefresh {
		delete(c.running, m.URN) // a refresh that had nothing to tell
	}
	if c.merge(m) != nil {
		c.start(m, planning)
	}
}

// merge adds one engine step to the resource's record.
func (c *collector) merge(m apitype.StepEventMetadata) *record {
	op := normalOp(m.Op)
	if op == "" {
		return nil
	}
	into := c.records
	if prev, ok := c.records[m.URN]; op == OpDelete || m.Op == apitype.OpDeleteReplaced {
		// The old copy of a finished replacement; its own resource may be unchanged.
		if m.Old != nil && m.Old.Delete && (!ok || prev.op != OpReplace) {
			into, op = c.leftovers, OpDelete
		}
	}
	r := into[m.URN]
	if r == nil {
		r = &record{op: op, typ: m.Type}
		into[m.URN] = r
	}
	// "replace" wins over its parts; otherwise the last step stands.
	if r.op != OpReplace {
		r.op = op
	}
	if m.Op != apitype.OpDeleteReplaced || r.old == nil {
		if m.Old != nil {
			r.old = m.Old
		}
		if m.New != nil {
			r.new = m.New
		}
	}
	if len(m.Keys) > 0 {
		r.keys = m.Keys
	}
	if len(m.DetailedDiff) > 0 {
		r.detailed = m.DetailedDiff
	}
	return r
}

func normalOp(op apitype.OpType) Op {
	switch op {
	case apitype.OpReplace, apitype.OpCreateReplacement, apitype.OpDeleteReplaced, apitype.OpImportReplacement:
		return OpReplace
	case apitype.OpRead, apitype.OpReadReplacement:
		return OpRead
	case apitype.OpSame, apitype.OpCreate, apitype.OpUpdate, apitype.OpDelete, apitype.OpImport:
		return Op(op)
	}
	return "" // bookkeeping of the engine's: discards and the like
}

func (c *collector) post(m apitype.StepEventMetadata) {
	if hidden(m) {
		return
	}
	if now, ok := c.running[m.URN]; ok && now.Op == OpRefresh {
		c.refreshed(m)
		m.Op = apitype.OpRefresh // a refresh ends under the name of what it found
		c.end(m)
		return
	}
	if m.Type == stackType {
		c.stackOutputs(m)
	}
	if c.merge(m) != nil {
		c.end(m)
	}
}

// refreshed notes what the reading of a real resource found.
func (c *collector) refreshed(m apitype.StepEventMetadata) {
	s := Step{
		Op: OpSame, Type: m.Type, Name: urnName(m.URN), URN: m.URN,
		Structural: !custom(m) || isProvider(m.Type),
	}
	state := m.New
	if state == nil {
		state = m.Old
	}
	if state != nil {
		s.Parent, s.Protected, s.Inputs = state.Parent, state.Protect, plainMap(state.Inputs)
	}
	switch {
	case s.Structural:
	case m.New == nil || m.Op == apitype.OpDelete:
		s.Op = OpDelete
	case m.Old != nil && m.Op != apitype.OpSame:
		s.Properties = propertyChanges(m.Old, m.New, m.DetailedDiff, true)
		if len(s.Properties) == 0 && m.Op == apitype.OpUpdate {
			s.Properties = compare("", plainAny(m.Old.Outputs), plainAny(m.New.Outputs), true, true)
		}
		if len(s.Properties) > 0 {
			s.Op = OpUpdate
		}
	}
	c.drift[m.URN] = s
}

func plainAny(m map[string]any) any { return plainMap(m) }

func custom(m apitype.StepEventMetadata) bool {
	return (m.New != nil && m.New.Custom) || (m.Old != nil && m.Old.Custom)
}

func (c *collector) stackOutputs(m apitype.StepEventMetadata) {
	var old, new map[string]any
	if m.Old != nil {
		old = plainMap(m.Old.Outputs)
	}
	if m.New != nil {
		new = plainMap(m.New.Outputs)
	}
	if m.Op == apitype.OpDelete {
		new = nil
	}
	c.outputs = compare("", any(old), any(new), true, true)
}

// diff is what the events add up to. With done, what was begun and has not
// come to its end is left out.
func (c *collector) diff(done bool) *Diff {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := &Diff{Verb: c.verb, Ref: c.ref, Done: done}
	if c.verb == VerbPreview || c.verb == VerbUp {
		d.Outputs = c.outputs
	}
	if c.verb == VerbRefresh {
		for _, s := range c.drift {
			d.Steps = append(d.Steps, s)
		}
	} else {
		for _, s := range c.drift {
			if s.Op.changes() {
				d.Drift = append(d.Drift, s)
			}
		}
		for urn, r := range c.records {
			now, begun := c.running[urn]
			if !r.failed && !(done && begun && !now.Structural) {
				d.Steps = append(d.Steps, r.step(urn))
			}
		}
		for urn, r := range c.leftovers {
			// Where the old copy goes first, it was no leftover after all.
			if main := c.records[urn]; !r.failed && (main == nil || main.op != OpReplace) {
				s := r.step(urn)
				s.ReplaceReasons = []string{"left over from an earlier replacement"}
				d.Steps = append(d.Steps, s)
			}
		}
	}
	d.Steps = inTreeOrder(d.Steps)
	d.Drift = inTreeOrder(d.Drift)
	d.Summary = summarize(d.Steps)
	return d
}

func (r *record) step(urn string) Step {
	s := Step{Op: r.op, Type: r.typ, Name: urnName(urn), URN: urn}
	state := r.new
	if state == nil || r.op == OpDelete {
		state = r.old
	}
	if state != nil {
		s.Parent, s.Protected, s.Inputs = state.Parent, state.Protect, plainMap(state.Inputs)
		s.Structural = !state.Custom || isProvider(r.typ)
	}
	if (r.op == OpUpdate || r.op == OpReplace || r.op == OpImport) && r.old != nil && r.new != nil {
		s.Properties = propertyChanges(r.old, r.new, r.detailed, false)
	}
	if r.op == OpReplace {
		s.ReplaceReasons = replaceReasons(r, s.Properties)
	}
	return s
}

func replaceReasons(r *record, changes []PropertyChange) []string {
	seen := map[string]bool{}
	var out []string
	add := func(path string) {
		if !seen[path] {
			seen[path] = true
			out = append(out, path)
		}
	}
	for _, p := range changes {
		if p.Kind.Replaces() {
			add(p.Path)
		}
	}
	for _, k := range r.keys {
		covered := false
		for _, have := range out {
			if path, err := resource.ParsePropertyPath(have); err == nil && len(path) > 0 && path[0] == k {
				covered = true
			}
		}
		if !covered {
			add(k)
		}
	}
	sort.Strings(out)
	if len(out) == 0 {
		return []string{"no property forces it: requested, or its provider or a dependency is replaced"}
	}
	return out
}
