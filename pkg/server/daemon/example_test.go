package daemon_test

import (
	"context"
	"fmt"
	"time"

	"github.com/pilot-framework/pilot/pkg/server/daemon"
)

// A look says how far it came, and why no further.
func ExampleLook() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	seen, err := daemon.Look(ctx, daemon.Endpoint{Host: "tcp://127.0.0.1:1"})
	fmt.Println(seen.Reach == daemon.Nothing, err != nil)
	// Output: true true
}
