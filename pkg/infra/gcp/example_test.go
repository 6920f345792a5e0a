package gcp_test

import (
	"fmt"
	"slices"

	"github.com/pilot-framework/pilot/pkg/infra/gcp"
)

// What a deploy may do is a list that the platform's role is made of.
func ExampleDeployPermissions() {
	fmt.Println(slices.Contains(gcp.DeployPermissions(gcp.TargetCloudRun), "run.services.create"))
	fmt.Println(gcp.MachineTag("acme"))
	// Output:
	// true
	// acme-machine
}
