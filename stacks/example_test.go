package stacks_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/stacks"
)

func ExampleSubnet() {
	fmt.Println(stacks.Subnet("10.1.0.0/16", 24, 3))
	fmt.Println(stacks.PlatformName("Acme", "prod"))
	fmt.Println(stacks.CheckRanges([]stacks.Range{
		{Field: "network.cidr", CIDR: "10.1.0.0/16"},
		{Field: "network.public", CIDR: "10.2.0.0/24", Within: "network.cidr"},
	}) != nil)
	// Output:
	// 10.1.3.0/24
	// acme-prod-37c51f
	// true
}
