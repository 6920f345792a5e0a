package local_test

import (
	"context"
	"fmt"
	"net"

	"github.com/pilot-framework/pilot/pkg/infra/local"
)

// A port that is taken is told before anything is made, with the setting that changes it.
func ExampleCheckPorts() {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer taken.Close()
	err = local.CheckPorts(context.Background(), &local.FirewallArgs{
		Stack: "acme", DockerHost: "unix:///var/run/docker.sock", Address: local.Loopback,
		Publications: []local.Publication{{
			Port: taken.Addr().(*net.TCPAddr).Port, Purpose: "Docker endpoint", Setting: "ports.docker",
		}},
	})
	fmt.Println("refused:", err != nil)
	// Output: refused: true
}
