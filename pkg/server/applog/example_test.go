package applog_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/docker/docker/client"
	"github.com/pilot-framework/pilot/pkg/server/applog"
)

func ExampleFind() {
	docker, err := client.NewClientWithOpts(client.WithHost("unix:///var/run/docker.sock"), client.WithVersion("1.41"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer docker.Close()
	_, err = applog.Find(context.Background(), docker, "no-such-app", "01JD8V0000000000000000000")
	fmt.Println(errors.Is(err, applog.ErrNoContainer))
	// Output: true
}
