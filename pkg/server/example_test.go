package server_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/server"
)

// The stock image lacks parts that Pilot's own image has.
func ExampleIsStock() {
	fmt.Println(server.IsStock(server.StockImage))
	fmt.Println(server.IsStock("registry.example.com/mirror/" + server.StockImage))
	fmt.Println(server.IsStock("pilot-server:3f2a9c0d41be"))
	// Output:
	// true
	// true
	// false
}
