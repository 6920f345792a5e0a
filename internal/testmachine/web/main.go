// Command web answers every request on port 8080.
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	err := http.ListenAndServe(":8080", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
