package cli_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/engine/cli"
)

// The name that a program is started under decides whether it is the raw command line.
func ExampleInvoked() {
	fmt.Println(cli.Invoked("/usr/local/bin/pulumi"))
	fmt.Println(cli.Invoked("/usr/local/bin/pilot"))
	// Output:
	// true
	// false
}
