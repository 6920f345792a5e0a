package infra

import (
	"fmt"
	"strings"
)

// SummaryLine says in one line what the diff amounts to.
func (d *Diff) SummaryLine() string {
	s := d.Summary
	if d.Verb == VerbRefresh {
		return d.driftLine()
	}
	parts := []struct {
		n                  int
		planned, completed string
	}{
		{s.Create, "to create", "created"}, {s.Update, "to update", "updated"},
		{s.Replace, "to replace", "replaced"}, {s.Delete, "to delete", "deleted"},
		{s.Import, "to import", "imported"},
	}
	var words []string
	for _, p := range parts {
		switch {
		case p.n == 0:
		case d.Done:
			words = append(words, fmt.Sprintf("%d %s", p.n, p.completed))
		default:
			words = append(words, fmt.Sprintf("%d %s", p.n, p.planned))
		}
	}
	if len(d.Drift) > 0 {
		words = append(words, fmt.Sprintf("%d drifted", len(d.Drift)))
	}
	if len(words) == 0 && len(d.Outputs) > 0 {
		words = append(words, count(len(d.Outputs), "output")+" changed")
	}
	if len(words) == 0 && d.Verb == VerbDestroy {
		return fmt.Sprintf("%s: no resources to delete", d.Ref)
	}
	if len(words) == 0 {
		return fmt.Sprintf("%s: no changes, %s unchanged", d.Ref, count(s.Same, "resource"))
	}
	return fmt.Sprintf("%s: %s, %d unchanged", d.Ref, strings.Join(words, ", "), s.Same)
}

func (d *Diff) driftLine() string {
	s := d.Summary
	if s.Changes() == 0 {
		return fmt.Sprintf("%s: no drift, %s as recorded", d.Ref, count(s.Same, "resource"))
	}
	var words []string
	if s.Update > 0 {
		words = append(words, fmt.Sprintf("%d changed", s.Update))
	}
	if s.Delete > 0 {
		words = append(words, fmt.Sprintf("%d gone", s.Delete))
	}
	what := "drift"
	if d.Done {
		what = "taken over"
	}
	return fmt.Sprintf("%s: %s: %s, %d as recorded", d.Ref, what, strings.Join(words, ", "), s.Same)
}
