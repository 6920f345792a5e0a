package infra

import (
	"sort"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// propertyChanges lists what changes between two states of a resource. The
// provider's own detailed diff says where; without one, the inputs are
// compared. refresh reads the new values from where a refresh puts them.
func propertyChanges(old, new *apitype.StepEventStateMetadata, detailed map[string]apitype.PropertyDiff, refresh bool) []PropertyChange {
	oldIn, newIn := plainMap(old.Inputs), plainMap(new.Inputs)
	oldOut, newOut := plainMap(old.Outputs), plainMap(new.Outputs)
	hide := new.HideDiffs
	if len(detailed) == 0 {
		if refresh {
			return keepShown(compare("", any(oldOut), any(newOut), true, true), hide)
		}
		return keepShown(compare("", any(oldIn), any(newIn), true, true), hide)
	}
	var out []PropertyChange
	for text, d := range detailed {
		path, err := resource.ParsePropertyPath(text)
		if err != nil {
			path = resource.PropertyPath{text}
		}
		from, to := any(oldOut), any(newIn)
		if d.InputDiff {
			from = oldIn
		}
		if refresh && !d.InputDiff {
			to = newOut
		}
		out = append(out, changesAt(path, d.Kind, from, to)...)
	}
	return keepShown(sortChanges(out), hide)
}

// changesAt narrows one entry of a detailed diff down to the leaves that
// differ, and keeps the provider's word on whether they force a replacement.
func changesAt(path resource.PropertyPath, kind apitype.DiffKind, from, to any) []PropertyChange {
	old, hasOld := at(from, path)
	new, hasNew := at(to, path)
	k := PropertyKind(kind)
	switch k.Base() {
	case KindAdd:
		if !hasNew {
			new = UnknownMark
		}
		return []PropertyChange{change(path.String(), k, nil, new)}
	case KindDelete:
		if !hasOld {
			old = UnknownMark
		}
		return []PropertyChange{change(path.String(), k, old, nil)}
	}
	leaves := compare(path.String(), old, new, hasOld, hasNew)
	if len(leaves) == 0 {
		// The provider sees a difference that the values don't show: secrets
		// and unknown values look alike.
		return []PropertyChange{change(path.String(), k, old, new)}
	}
	for i := range leaves {
		if k.Replaces() {
			leaves[i].Kind = leaves[i].Kind + "-replace"
		}
	}
	return leaves
}

func sortChanges(c []PropertyChange) []PropertyChange {
	sort.SliceStable(c, func(i, j int) bool { return c[i].Path < c[j].Path })
	out := c[:0]
	for i, p := range c {
		if i > 0 && p.Path == out[len(out)-1].Path {
			if p.Kind.Replaces() {
				out[len(out)-1] = p
			}
			continue
		}
		out = append(out, p)
	}
	return out
}

// keepShown drops what the program asked not to be shown.
func keepShown(c []PropertyChange, hide []resource.PropertyPath) []PropertyChange {
	if len(hide) == 0 {
		return c
	}
	var out []PropertyChange
	for _, p := range c {
		path, err := resource.ParsePropertyPath(p.Path)
		hidden := false
		for _, h := range hide {
			hidden = hidden || (err == nil && h.Contains(path))
		}
		if !hidden {
			out = append(out, p)
		}
	}
	return out
}
