package main

import (
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/pilot-framework/pilot/stacks"
	"github.com/pilot-framework/pilot/stacks/aws"
	"github.com/pilot-framework/pilot/stacks/gcp"
	"github.com/pilot-framework/pilot/stacks/local"
)

// targets is the list of all places that a platform can be set up on. The
// first is the default. A new cloud is one line here.
var targets = []stacks.Target{
	local.Target(),
	aws.Target(),
	gcp.Target(),
}

// targetNamed finds a target; its error proposes the nearest name.
func targetNamed(name string) (stacks.Target, error) {
	best, names := "", make([]string, 0, len(targets))
	for _, t := range targets {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
		if levenshtein.Distance(name, t.Name, nil) <= 2 && best == "" {
			best = t.Name
		}
	}
	hint := ""
	if best != "" {
		hint = fmt.Sprintf("; did you mean %q?", best)
	}
	return stacks.Target{}, fmt.Errorf("target %q: want one of %s%s", name, strings.Join(names, ", "), hint)
}
