package access_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/stacks/access"
)

// A platform's access stack has a name that no platform can have.
func ExampleStack() {
	fmt.Println(access.Stack("prod", "aws"))
	// Output: prod.access-aws
}
