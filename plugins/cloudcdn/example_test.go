package cloudcdn_test

import (
	"fmt"
	"slices"

	"github.com/pilot-framework/pilot/plugins/cloudcdn"
)

// What the plugin needs in a project is a list to make a custom role of.
func ExamplePermissions() {
	fmt.Println(slices.Contains(cloudcdn.Permissions(), "storage.objects.create"))
	// Output: true
}
