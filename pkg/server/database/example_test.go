package database_test

import (
	"fmt"

	"github.com/pilot-framework/pilot/pkg/server/database"
)

func ExampleURL() {
	fmt.Println(database.CheckName("shop"))
	fmt.Println(database.CheckName("no spaces") != nil)
	fmt.Println(database.URL("shop", "p@ss/word", "db.internal:5432", "shop"))
	// Output:
	// <nil>
	// true
	// postgres://shop:p%40ss%2Fword@db.internal:5432/shop
}
