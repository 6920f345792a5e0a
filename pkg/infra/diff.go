package infra

import (
	"sort"
	"strings"
)

// Op is what a step does to one resource.
type Op string

// The steps that a diff can hold.
const (
	OpSame    Op = "same"
	OpCreate  Op = "create"
	OpUpdate  Op = "update"
	OpReplace Op = "replace"
	OpDelete  Op = "delete"
	// OpRead looks an existing resource up; it changes nothing.
	OpRead Op = "read"
	// OpImport takes an existing resource into the stack.
	OpImport Op = "import"
	// OpRefresh reads a resource's real state. It is seen in events only: a
	// diff says what the reading found.
	OpRefresh Op = "refresh"
)

// changes tells whether the step alters a resource or the stack's hold on it.
func (o Op) changes() bool { return o != OpSame && o != OpRead && o != OpRefresh && o != "" }

// PropertyKind is how one property changes. The kinds that end in "-replace"
// can't be changed in place: they are why their resource is replaced.
type PropertyKind string

// The kinds of change of a property, named as Pulumi names them.
const (
	KindAdd           PropertyKind = "add"
	KindAddReplace    PropertyKind = "add-replace"
	KindDelete        PropertyKind = "delete"
	KindDeleteReplace PropertyKind = "delete-replace"
	KindUpdate        PropertyKind = "update"
	KindUpdateReplace PropertyKind = "update-replace"
)

// Replaces tells whether this change forces the resource to be replaced.
func (k PropertyKind) Replaces() bool { return strings.HasSuffix(string(k), "-replace") }

// Base is the kind without its "-replace".
func (k PropertyKind) Base() PropertyKind {
	return PropertyKind(strings.TrimSuffix(string(k), "-replace"))
}

// PropertyChange is one property's old and new value. Values are nil, bool,
// float64, string, []any, map[string]any, or a Marker where they can't be shown.
type PropertyChange struct {
	// Path is the property's path, such as tags.owner or rules[0].port.
	Path string       `json:"path"`
	Kind PropertyKind `json:"kind"`
	// Old is nil for an added property, New for a deleted one.
	Old any `json:"old"`
	New any `json:"new"`
	// Unknown says that only the apply will tell all of New; Secret that Old
	// or New hold a secret.
	Unknown bool `json:"-"`
	Secret  bool `json:"-"`
}

// Step is what happens to one resource. The engine's separate steps of a
// replacement are one step here.
type Step struct {
	Op   Op     `json:"op"`
	Type string `json:"type"`
	Name string `json:"name"`
	URN  string `json:"urn"`
	// Parent is the URN of the parent resource, empty for the stack itself.
	Parent string `json:"parent"`
	// Structural marks what is no resource to people: the stack, components
	// and providers. They have their place in the tree and are not counted.
	Structural bool `json:"structural"`
	// Protected says that the resource refuses to be deleted.
	Protected bool `json:"protected"`
	// Inputs are the resource's new inputs (its last ones when it is deleted),
	// secrets and unknown values replaced by markers.
	Inputs map[string]any `json:"inputs"`
	// Properties are the changes of an update or a replacement, sorted by path.
	Properties []PropertyChange `json:"properties"`
	// ReplaceReasons are the paths that can't be changed in place, or a
	// sentence when it is no property that forces the replacement.
	ReplaceReasons []string `json:"replaceReasons"`
}

// key tells steps apart: the old copy that an earlier replacement left behind
// has the URN of the resource that took its place.
func (s Step) key() string {
	if s.Op == OpDelete && len(s.ReplaceReasons) > 0 {
		return s.URN + "#old"
	}
	return s.URN
}

// restore puts the markers and flags back that a file's JSON can't tell apart.
func (d *Diff) restore() {
	restoreChanges(d.Outputs)
	for _, steps := range [][]Step{d.Steps, d.Drift} {
		for i := range steps {
			steps[i].Inputs = plainMap(steps[i].Inputs)
			restoreChanges(steps[i].Properties)
		}
	}
}

func restoreChanges(c []PropertyChange) {
	for i, p := range c {
		c[i] = change(p.Path, p.Kind, plain(p.Old), plain(p.New))
	}
}

// Summary counts resources by what happens to them.
type Summary struct {
	Create  int `json:"create"`
	Update  int `json:"update"`
	Replace int `json:"replace"`
	Delete  int `json:"delete"`
	Same    int `json:"same"`
	// Import counts existing resources that are taken into the stack.
	Import int `json:"import,omitempty"`
}

// Changes is the number of resources that are not left as they are.
func (s Summary) Changes() int { return s.Create + s.Update + s.Replace + s.Delete + s.Import }

func (s *Summary) add(op Op) {
	switch op {
	case OpCreate:
		s.Create++
	case OpUpdate:
		s.Update++
	case OpReplace:
		s.Replace++
	case OpDelete:
		s.Delete++
	case OpImport:
		s.Import++
	case OpSame:
		s.Same++
	}
}

// Diff is what an operation would do, or has done, to a stack.
type Diff struct {
	// Verb is the operation that the diff belongs to.
	Verb Verb `json:"verb"`
	// Ref names the stack.
	Ref Ref `json:"ref"`
	// Done says that the steps were carried out, not only worked out.
	Done bool `json:"done,omitempty"`
	// Steps holds every resource, the unchanged ones too. Parents come before
	// their children, siblings by URN.
	Steps []Step `json:"steps"`
	// Outputs are the changes of the stack's outputs.
	Outputs []PropertyChange `json:"outputs"`
	// Drift is what a reading of the real resources found before the
	// operation proper (WithRefresh).
	Drift []Step `json:"drift"`
	// Summary counts Steps; structural ones are left out.
	Summary Summary `json:"summary"`
}

// Empty tells that there is nothing to do: no step, no output and no drift.
// The registering of components alone is nothing; what is left of them counts
// for a destroy.
func (d *Diff) Empty() bool {
	if len(d.Outputs) > 0 || len(d.Drift) > 0 {
		return false
	}
	for _, s := range d.Steps {
		if s.Op.changes() && (!s.Structural || isProvider(s.Type) || d.Verb == VerbDestroy) {
			return false
		}
	}
	return true
}

// Changes are the steps that change a resource, without structural ones.
func (d *Diff) Changes() []Step {
	var out []Step
	for _, s := range d.Steps {
		if s.Op.changes() && !s.Structural {
			out = append(out, s)
		}
	}
	return out
}

// Step returns the step for a URN.
func (d *Diff) Step(urn string) (Step, bool) {
	for _, s := range d.Steps {
		if s.URN == urn {
			return s, true
		}
	}
	return Step{}, false
}

const stackType = "pulumi:pulumi:Stack"

func isProvider(typ string) bool { return strings.HasPrefix(typ, "pulumi:providers:") }

// urnName is the last part of a URN; it may hold "::" itself.
func urnName(urn string) string {
	parts := strings.SplitN(urn, "::", 4)
	if len(parts) < 4 {
		return urn
	}
	return parts[3]
}

// urnType is the resource's own type, without those of its parents.
func urnType(urn string) string {
	parts := strings.SplitN(urn, "::", 4)
	if len(parts) < 4 {
		return ""
	}
	t := parts[2]
	return t[strings.LastIndex(t, "$")+1:]
}

// inTreeOrder sorts steps so that each parent comes before its children and
// siblings are in the order of their URNs.
func inTreeOrder(steps []Step) []Step {
	known := map[string]bool{}
	for _, s := range steps {
		known[s.URN] = true
	}
	children := map[string][]Step{}
	for _, s := range steps {
		p := s.Parent
		if !known[p] || p == s.URN {
			p = ""
		}
		children[p] = append(children[p], s)
	}
	out := make([]Step, 0, len(steps))
	seen := map[string]bool{}
	var walk func(parent string)
	walk = func(parent string) {
		kids := children[parent]
		sort.SliceStable(kids, func(i, j int) bool { return kids[i].URN < kids[j].URN })
		for _, k := range kids {
			out = append(out, k)
			if !seen[k.URN] {
				seen[k.URN] = true
				walk(k.URN)
			}
		}
	}
	walk("")
	return out
}

func summarize(steps []Step) Summary {
	var sum Summary
	for _, s := range steps {
		if !s.Structural {
			sum.add(s.Op)
		}
	}
	return sum
}
