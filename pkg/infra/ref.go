package infra

import (
	"fmt"
	"regexp"
)

// Ref names one stack of one project.
type Ref struct {
	// Project and Stack are each 1 to 100 letters, digits, hyphens,
	// underscores and dots, the set that Pulumi's own backends accept.
	Project, Stack string
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)

// Validate tells which of the two names is wrong, and how.
func (r Ref) Validate() error {
	if !nameForm.MatchString(r.Project) {
		return fmt.Errorf("project %q: want 1 to 100 letters, digits, hyphens, underscores or dots", r.Project)
	}
	if !nameForm.MatchString(r.Stack) {
		return fmt.Errorf("stack %q: want 1 to 100 letters, digits, hyphens, underscores or dots", r.Stack)
	}
	return nil
}

// String gives "project/stack".
func (r Ref) String() string { return r.Project + "/" + r.Stack }
