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
		if anagram(strings.ToLower(got), name) {
			d = 1 // letters in another order are one slip too
		}
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

// anagram reports whether a and b have the same letters.
func anagram(a, b string) bool {
	x, y := []rune(a), []rune(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// unknown words the problem of a name that is none of names.
func unknown(got string, names []string) string {
	if n := nearest(got, names); n != "" {
		return fmt.Sprintf("unknown; did you mean %q?", n)
	}
	return "unknown; known are " + strings.Join(names, ", ")
}
