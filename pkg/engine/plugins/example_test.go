package plugins_test

import (
	"errors"
	"fmt"
	"os"

	"github.com/pilot-framework/pilot/pkg/engine/plugins"
)

// A folder that lacks a plugin says which.
func ExampleFind() {
	dir, err := os.MkdirTemp("", "plugins-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	_, err = plugins.Find(dir, plugins.Plugin{Name: "aws", Version: "6.83.4"})
	var missing *plugins.MissingError
	fmt.Println(errors.As(err, &missing), missing.Plugin)
	// Output: true aws 6.83.4
}
