package local_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/stacks/local"
)

func ExamplePlatform() {
	platform := &local.Platform{}
	if err := platform.Complete(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(platform.Ports.Docker, platform.Ports.Server, platform.Database.Image)
	// Output: 2376 9701 postgres:17
}
