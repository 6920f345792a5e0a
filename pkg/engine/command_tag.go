package engine

import (
	"fmt"
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

func (inv *invocation) tagGet(args []string) error {
	f := newFlags()
	return inv.on(f, args, 1, 1, func(s *stack) error {
		v, ok := s.handle.Tags()[f.Arg(0)]
		if !ok {
			return fmt.Errorf("stack tag '%s' not found for stack '%s'", f.Arg(0), s.spec.Ref.Stack)
		}
		_, err := fmt.Fprintln(inv.out, v)
		return err
	})
}

func (inv *invocation) tagSet(args []string) error {
	f := newFlags()
	return inv.on(f, args, 2, 2, func(s *stack) error {
		tags := maps.Clone(s.handle.Tags())
		if tags == nil {
			tags = map[apitype.StackTagName]string{}
		}
		tags[f.Arg(0)] = f.Arg(1)
		return s.backend.UpdateStackTags(inv.ctx, s.handle, tags)
	})
}

func (inv *invocation) tagRemove(args []string) error {
	f := newFlags()
	return inv.on(f, args, 1, 1, func(s *stack) error {
		tags := maps.Clone(s.handle.Tags())
		delete(tags, f.Arg(0))
		return s.backend.UpdateStackTags(inv.ctx, s.handle, tags)
	})
}

func (inv *invocation) tagList(args []string) error {
	f := newFlags()
	asJSON := f.BoolP("json", "j", false, "")
	return inv.on(f, args, 0, 0, func(s *stack) error {
		if !*asJSON {
			return errNotServed
		}
		return inv.json(s.handle.Tags())
	})
}
