package appconfig

import (
	_ "embed"
	"strings"
)

//go:embed template.hcl
var template string

// Template returns a starter file for people who write it themselves: one app
// on the platform's Docker, and comments that say what else there is. Waypoint
// accepts it as it is.
func Template(project, app string) (*File, error) {
	if err := CheckProjectName(project); err != nil {
		return nil, err
	}
	target, err := TargetByName("docker")
	if err != nil {
		return nil, err
	}
	if err := target.CheckName(app); err != nil {
		return nil, err
	}
	text := strings.NewReplacer("PROJECT", project, "NAME", app, "IMAGE", LocalImage(project, app)).Replace(template)
	return Parse([]byte(text), FileName)
}
