package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Size is how big a platform's machine and database are. Each cloud has its own
// types for each size; an exact type in the spec goes before.
type Size string

// The sizes.
const (
	// Small is for a few people and a handful of apps.
	Small Size = "small"
	// Medium is for a team that builds all day.
	Medium Size = "medium"
	// Large is for several teams.
	Large Size = "large"
)

// Sizes are all sizes, the smallest first.
func Sizes() []Size { return []Size{Small, Medium, Large} }

// Validate says which sizes there are.
func (s Size) Validate() error {
	if slices.Contains(Sizes(), s) {
		return nil
	}
	return &ChoiceError{Field: "size", Value: string(s), Known: []string{string(Small), string(Medium), string(Large)}}
}

// CheckOneOf refuses a value that is not among known, and names the nearest.
func CheckOneOf(field, value string, known []string) error {
	if slices.Contains(known, value) {
		return nil
	}
	return &ChoiceError{Field: field, Value: value, Known: known}
}

// ChoiceError is a value that is none of those that its field takes.
type ChoiceError struct {
	Field, Value string
	// Known are the values that are taken.
	Known []string
}

// Error names the field, the value, the nearest known one if one is near, and all.
func (e *ChoiceError) Error() string {
	return fmt.Sprintf("%s %q: %s", e.Field, e.Value, oneOf(e.Value, e.Known))
}

// oneOf says what would be right: the nearest where one is near, and all.
func oneOf(value string, known []string) string {
	best, distance := "", 3
	for _, k := range known {
		if d := levenshtein.Distance(value, k, nil); d < distance {
			best, distance = k, d
		}
	}
	all := strings.Join(known, ", ")
	if best != "" {
		return fmt.Sprintf("did you mean %s? want one of %s", best, all)
	}
	return "want one of " + all
}
