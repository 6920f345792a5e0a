package cloudinit_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/server/cloudinit"
)

// How far a machine's boot is can be read from its console, without logging in.
func ExampleParseProgress() {
	progress := cloudinit.ParseProgress(`[   12.3] cloud-init: ...
PILOT-BOOT step=packages state=done
PILOT-BOOT step=certificate state=failed detail="the secret is not there yet"
`)
	fmt.Println(progress.Step, progress.State, progress.Ready())
	fmt.Println(progress.Detail)
	// Output:
	// certificate failed false
	// the secret is not there yet
}
