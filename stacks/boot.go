package stacks

import (
	"github.com/pilot-framework/pilot/pkg/provider"
	"github.com/pilot-framework/pilot/pkg/server/cloudinit"
)

// Boot is what a machine's console says of its boot, for those who wait for it.
func Boot(p cloudinit.Progress) provider.Boot {
	if p.Step == "" {
		return provider.Boot{}
	}
	return provider.Boot{Step: p.String(), Failed: p.State == cloudinit.Failed}
}
