package cloudfront_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/plugins/cloudfront"
)

// The policy is for named buckets of one account.
func ExamplePolicy() {
	policy, err := cloudfront.Policy("123456789012", "acme-site-*")
	fmt.Println(len(policy) > 0, err)
	_, err = cloudfront.Policy("12", "acme-site-*")
	fmt.Println(err != nil)
	// Output:
	// true <nil>
	// true
}
