package gcp

import (
	"github.com/pilot-framework/pilot/pkg/infra"
	components "github.com/pilot-framework/pilot/pkg/infra/gcp"
)

// Finders look for what interrupted creations may have made.
func (*Platform) Finders() map[string]infra.Finder {
	return map[string]infra.Finder{"gcp": components.Find}
}
