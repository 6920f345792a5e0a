package client

import (
	"fmt"
	"regexp"
)

// DefaultWorkspace is where an app lives when no workspace is named.
const DefaultWorkspace = "default"

// nameRule is what the server's API, the source receiver's paths and Docker's
// names accept in common.
var nameRule = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// CheckName refuses a name that the server could not keep. what names the field
// in the error, such as "project".
func CheckName(what, name string) error {
	if nameRule.MatchString(name) {
		return nil
	}
	return fmt.Errorf("%s name %q: want 1 to 63 letters, digits, dots, dashes or underscores, the first a letter or digit", what, name)
}

func checkApp(project, app string) error {
	if err := CheckName("project", project); err != nil {
		return err
	}
	return CheckName("app", app)
}

func workspaceOr(name string) string {
	if name == "" {
		return DefaultWorkspace
	}
	return name
}
