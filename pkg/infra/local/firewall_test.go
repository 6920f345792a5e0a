package local_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/pilot-framework/pilot/internal/testports"
	"github.com/pilot-framework/pilot/pkg/infra/local"
)

func TestCheckPorts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ports := testports.Free(t, 2)
	busy, free, published := l.Addr().(*net.TCPAddr).Port, ports[0], ports[1]
	const name = platformName + "-ports"
	docker(t, "run", "-d", "--name", name, "--label", local.LabelStack+"=another", "--entrypoint", "sleep",
		"-p", fmt.Sprintf("127.0.0.1:%d:5432", published), databaseImage, "infinity")
	t.Cleanup(func() { docker(t, "rm", "-f", name) })

	port := func(n int) local.Publication {
		return local.Publication{Port: n, Purpose: "database", Setting: "ports.database"}
	}
	other := local.Publication{Port: free, Purpose: "web interface", Setting: "ports.ui"}
	for what, c := range map[string]struct {
		args local.FirewallArgs
		want string // empty: fine
	}{
		"free":               {local.FirewallArgs{Publications: []local.Publication{port(free)}}, ""},
		"held by a program":  {local.FirewallArgs{Publications: []local.Publication{port(busy)}}, fmt.Sprintf("port %d for the database is taken (bind: address already in use): stop what listens on 127.0.0.1:%d, or choose another port (ports.database)", busy, busy)},
		"held by a stranger": {local.FirewallArgs{Stack: "mine", Publications: []local.Publication{port(published)}}, fmt.Sprintf("port %d for the database is taken by the container %s: stop it (docker stop %s), or choose another port (ports.database)", published, name, name)},
		"held by ourselves":  {local.FirewallArgs{Stack: "another", Publications: []local.Publication{port(published)}}, ""},
		"twice":              {local.FirewallArgs{Publications: []local.Publication{other, port(free)}}, fmt.Sprintf("ports.database %d: ports.ui has the same; want different ports", free)},
		"no port":            {local.FirewallArgs{Publications: []local.Publication{port(70000)}}, "ports.database 70000: want a port from 1 to 65535"},
		"open to all":        {local.FirewallArgs{Address: "0.0.0.0"}, `address "0.0.0.0": want a loopback address`},
		"no Docker":          {local.FirewallArgs{DockerHost: "unix:///nowhere/docker.sock"}, "ask Docker at unix:///nowhere/docker.sock"},
	} {
		t.Run(what, func(t *testing.T) {
			if c.args.DockerHost == "" {
				c.args.DockerHost = dockerHost
			}
			err := local.CheckPorts(t.Context(), &c.args)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
