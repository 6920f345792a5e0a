package infra

import (
	"fmt"
	"io"
	"strings"
)

// markdownWidth keeps a property's line readable in a pull request.
const markdownWidth = 120

// markdownSigns begin a line in the way that a "diff" block is coloured by.
var markdownSigns = map[Op]string{OpCreate: "+", OpUpdate: "!", OpReplace: "!", OpDelete: "-", OpImport: "+"}

// WriteMarkdown writes the diff for a pull request: a heading, the summary and
// a block of the changes.
func (d *Diff) WriteMarkdown(w io.Writer, h Header) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s of `%s`", title(d.Verb), strings.ReplaceAll(h.Stack, "`", "'"))
	if h.Target != "" {
		fmt.Fprintf(&b, " on %s", h.Target)
	}
	if h.Simulated {
		b.WriteString(" (simulated)")
	}
	fmt.Fprintf(&b, "\n\n%s\n", d.SummaryLine())
	if block := d.markdownBlock(); block != "" {
		fence := strings.Repeat("`", longestRun(block, '`')+1)
		if len(fence) < 3 {
			fence = "```"
		}
		fmt.Fprintf(&b, "\n%sdiff\n%s%s\n", fence, block, fence)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write diff as Markdown: %w", err)
	}
	return nil
}

func title(v Verb) string {
	switch v {
	case VerbRefresh:
		return "Drift"
	case VerbUp:
		return "Apply"
	}
	return strings.ToUpper(string(v[:1])) + string(v[1:])
}

func (d *Diff) markdownBlock() string {
	var b strings.Builder
	list := func(steps []Step) {
		for _, s := range steps {
			fmt.Fprintf(&b, "%s %s %s %s\n", markdownSigns[s.Op], s.Op, s.Type, printable(s.Name))
			markdownChanges(&b, s.Properties)
			if s.Op == OpReplace {
				fmt.Fprintf(&b, "!     replaced because of: %s\n", strings.Join(s.ReplaceReasons, ", "))
			}
		}
	}
	if len(d.Drift) > 0 {
		b.WriteString("# changed outside of this program\n")
		list(d.Drift)
	}
	list(d.Changes())
	if len(d.Outputs) > 0 {
		b.WriteString("# outputs\n")
		markdownChanges(&b, d.Outputs)
	}
	return b.String()
}

func markdownChanges(b *strings.Builder, changes []PropertyChange) {
	for _, p := range changes {
		sign := map[PropertyKind]string{KindAdd: "+", KindDelete: "-", KindUpdate: "!"}[p.Kind.Base()]
		fmt.Fprintf(b, "%s     %s: %s\n", sign, p.Path, changeText(p, markdownWidth-runes(p.Path)))
	}
}

func longestRun(s string, c rune) int {
	longest, run := 0, 0
	for _, r := range s {
		if r == c {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return longest
}
