package infra

import "regexp"

// Ref names one stack of one project.
type Ref struct {
	// Project and Stack are each 1 to 100 letters, digits, hyphens,
	// underscores and dots, the set that Pulumi's own backends accept.
	Project, Stack string
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)

const nameWant = "1 to 100 letters, digits, hyphens, underscores or dots, not dots alone"

// Validate returns a *FieldError for the first of the two names that is wrong.
func (r Ref) Validate() error {
	if !validName(r.Project) {
		return &FieldError{Field: "project", Value: r.Project, Want: nameWant}
	}
	if !validName(r.Stack) {
		return &FieldError{Field: "stack", Value: r.Stack, Want: nameWant}
	}
	return nil
}

func validName(s string) bool {
	return nameForm.MatchString(s) && s != "." && s != ".."
}

// String gives "project/stack".
func (r Ref) String() string { return r.Project + "/" + r.Stack }
