package aws_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/server/cloud/aws"
)

func ExampleExecutionRole() {
	fmt.Println(aws.ExecutionRole("web"))
	// Output: ecr-web
}
