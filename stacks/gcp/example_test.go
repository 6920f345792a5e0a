package gcp_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/stacks/gcp"
)

func ExamplePlatform() {
	platform := &gcp.Platform{Project: "acme-pilot", Region: "europe-west1", OperatorCIDRs: []string{"203.0.113.7/32"}}
	if err := platform.Complete(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(platform.Config()["gcp:project"].Value, platform.Config()["gcp:region"].Value)
	// Output: acme-pilot europe-west1
}
