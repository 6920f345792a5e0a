package aws_test

import (
	"fmt"
	"strings"

	"github.com/pilot-framework/pilot/stacks/access"
	"github.com/pilot-framework/pilot/stacks/access/aws"
)

// A spec says what is wrong with it before anything happens.
func ExampleAccess() {
	spec := &aws.Access{
		Common: access.Common{Server: "pilot.example.com:9701", Name: "acme-prod", Key: 1, Targets: []string{"mainframe"}},
		Region: "eu-west-1",
	}
	err := spec.Complete()
	fmt.Println(strings.HasPrefix(err.Error(), `targets "mainframe": want one of`))
	// Output: true
}
