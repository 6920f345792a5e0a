package appconfig

import (
	"fmt"
	"slices"
	"strings"

	"github.com/texttheater/golang-levenshtein/levenshtein"
)

// nearest returns the name that is most like got, or "" when none is close
// enough to be what was meant.
func nearest(got string, names []string) string {
	best, least := "", 1+max(2, len(got)/3)
	for _, name := range names {
		// Substitution counts as one edit, as a typing error does.
		d := levenshtein.DistanceForStrings([]rune(strings.ToLower(got)), []rune(name), levenshtein.DefaultOptionsWithSub)
		if d < least {
			best, least = name, d
		}
	}
	if best == "" && len(got) > 2 {
		// A part of the name is a good guess too: "ecs", "lambda".
		i := slices.IndexFunc(names, func(n string) bool { return strings.Contains(n, strings.ToLower(got)) })
		if i >= 0 {
			best = names[i]
		}
	}
	return best
}

// unknown words the problem of a name that is none of names.
func unknown(got string, names []string) string {
	if n := nearest(got, names); n != "" {
		return fmt.Sprintf("unknown; did you mean %q?", n)
	}
	return "unknown; known are " + strings.Join(names, ", ")
}
