package infra

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Existing is a real resource that the program declares but the stack does
// not manage yet.
type Existing struct {
	// Type and Name are those of the resource in the program, such as
	// aws:ec2/vpc:Vpc and "network".
	Type, Name string
	// ID is the real resource's id, as its provider's import documentation gives it.
	ID string
}

func (e Existing) key() string { return e.Type + "::" + e.Name }

// adoption gives the named resources their import option, and remembers which
// of them the program declared.
type adoption struct {
	ids map[string]string

	mu   sync.Mutex
	seen map[string]bool
}

func (a *adoption) transform(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
	key := args.Type + "::" + args.Name
	id, ok := a.ids[key]
	if !ok {
		return nil
	}
	a.mu.Lock()
	a.seen[key] = true
	a.mu.Unlock()
	return &pulumi.ResourceTransformationResult{
		Props: args.Props, Opts: append(args.Opts, pulumi.Import(pulumi.ID(id))),
	}
}

// Import takes existing real resources into the stack. The program must
// declare them with inputs that fit what is there; nothing else is touched,
// and the real resources stay as they are. With an error nothing was imported
// but what the result holds.
func (s *Stack) Import(ctx context.Context, resources []Existing, opts ...OpOption) (*Result, error) {
	a, err := newAdoption(resources)
	if err != nil {
		return nil, fmt.Errorf("import into %s: %w", s.ref, err)
	}
	o, err := s.operation(VerbUp, false, opts)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	look := o.op
	look.Verb = VerbPreview
	res, err := s.runLocked(ctx, look, a)
	if err != nil {
		return nil, err
	}
	for _, e := range resources {
		if !a.seen[e.key()] {
			return nil, &FieldError{Field: "import", Value: e.key(), Want: "a resource that the program declares" + sameType(res.Diff, e)}
		}
	}
	o.op.Targets = nil
	for _, st := range res.Diff.Steps {
		if _, ok := a.ids[st.Type+"::"+st.Name]; !ok {
			continue
		}
		if st.Op != OpImport {
			return nil, &FieldError{Field: "import", Value: st.Type + "::" + st.Name, Want: "a resource that the stack does not manage yet; this one would be: " + string(st.Op)}
		}
		o.op.Targets = append(o.op.Targets, st.URN)
	}
	return s.runLocked(ctx, o.op, a)
}

func newAdoption(resources []Existing) (*adoption, error) {
	if len(resources) == 0 {
		return nil, &FieldError{Field: "resources", Value: "none", Want: "at least one resource to import"}
	}
	a := &adoption{ids: map[string]string{}, seen: map[string]bool{}}
	for _, e := range resources {
		switch {
		case strings.Count(e.Type, ":") != 2:
			return nil, &FieldError{Field: "type", Value: e.Type, Want: "a Pulumi resource type, such as aws:ec2/vpc:Vpc"}
		case e.Name == "":
			return nil, &FieldError{Field: "name of " + e.Type, Value: "", Want: "the resource's name in the program"}
		case e.ID == "":
			return nil, &FieldError{Field: "id of " + e.key(), Value: "", Want: "the real resource's id"}
		case a.ids[e.key()] != "":
			return nil, &FieldError{Field: "import", Value: e.key(), Want: "each resource once"}
		}
		a.ids[e.key()] = e.ID
	}
	return a, nil
}

// sameType names what the program does declare of a type, to help with a slip
// of the pen.
func sameType(d *Diff, e Existing) string {
	var names []string
	for _, st := range d.Steps {
		if st.Type == e.Type && st.Op != OpDelete {
			names = append(names, st.Name)
		}
	}
	if len(names) == 0 {
		return "; it declares none of this type"
	}
	return "; of this type it declares " + strings.Join(names, ", ")
}
