package client_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/server/client"
)

// A source never prints its password.
func ExampleSource() {
	source := client.Source{URL: "https://git.example.com/shop.git", Ref: "main", Username: "pilot", Password: "hunter2"}
	fmt.Println(source.Check())
	fmt.Println(source)
	fmt.Println(client.Source{URL: "ftp://git.example.com/shop.git"}.Check() != nil)
	// Output:
	// <nil>
	// https://git.example.com/shop.git at main
	// true
}
