package gcp_test

import (
	"fmt"
	"strings"

	"github.com/pilot-framework/pilot/stacks/access"
	"github.com/pilot-framework/pilot/stacks/access/gcp"
)

// A spec says what is wrong with it before anything happens.
func ExampleAccess() {
	spec := &gcp.Access{
		Common:  access.Common{Server: "pilot.example.com:9701", Name: "acme-prod", Key: 1, Targets: []string{"mainframe"}},
		Project: "acme-apps",
	}
	err := spec.Complete()
	fmt.Println(strings.HasPrefix(err.Error(), `targets "mainframe": want one of`))
	// Output: true
}
