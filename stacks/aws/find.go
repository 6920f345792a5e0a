package aws

import (
	"github.com/pilot-framework/pilot/pkg/infra"
	components "github.com/pilot-framework/pilot/pkg/infra/aws"
)

// Finders look for what interrupted creations may have made.
func (*Platform) Finders() map[string]infra.Finder {
	return map[string]infra.Finder{"aws": components.Find}
}
