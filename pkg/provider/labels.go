package provider

import (
	"context"
	"maps"
	"regexp"
)

// Labels that the provider adds to the objects that it makes.
const (
	// labelURN names the resource, so that what an interrupted run left
	// behind is recognised by the next.
	labelURN = "io.pilot.urn"
	// labelInstance tells volumes of the same name apart.
	labelInstance = "io.pilot.instance"
)

// objectName is the form that Docker gives the names of its objects.
var objectName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$`)

const objectNameForm = "2 to 128 letters, digits, underscores, dots and hyphens, starting with a letter or digit"

func withURN(ctx context.Context, labels map[string]string) map[string]string {
	out := maps.Clone(labels)
	if out == nil {
		out = map[string]string{}
	}
	out[labelURN] = urnOf(ctx)
	return out
}

// isOurs tells whether labels are those of the resource being created.
func isOurs(ctx context.Context, labels map[string]string) bool {
	urn := urnOf(ctx)
	return urn != "" && labels[labelURN] == urn
}
