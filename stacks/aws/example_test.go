package aws_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/stacks/aws"
)

func ExamplePlatform() {
	platform := &aws.Platform{Region: "eu-west-1", Size: "medium", OperatorCIDRs: []string{"203.0.113.7/32"}}
	if err := platform.Complete(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(platform.Machine.Type, platform.Database.Class, platform.Network.CIDR)

	platform = &aws.Platform{Region: "eu-west-1", Size: "huge"}
	fmt.Println(platform.Complete())
	// Output:
	// t3.large db.t4g.medium 10.1.0.0/16
	// size "huge": want one of small, medium, large
}
