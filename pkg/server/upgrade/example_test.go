package upgrade_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/docker/docker/client"
	"github.com/pilot-framework/pilot/pkg/server/upgrade"
)

// An upgrade is guarded from before it begins. Where no server runs there is nothing to upgrade.
func ExampleOpen() {
	docker, err := client.NewClientWithOpts(client.WithHost("unix:///var/run/docker.sock"), client.WithVersion("1.41"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer docker.Close()
	dir, err := os.MkdirTemp("", "copy-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	_, err = upgrade.Open(context.Background(), docker, "pilot-example-nobody", dir)
	fmt.Println(errors.Is(err, upgrade.ErrNotRunning))
	// Output: true
}
